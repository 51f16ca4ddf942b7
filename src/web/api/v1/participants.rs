//! Names for voices: list, add, rename, remove.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use diesel_async::AsyncConnection;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::edits::named::{MAY_NAME, may_name};
use super::edits::names::{Seen, shown, tagged};
use super::edits::shapes::{NameClash, NameConflict};
use super::edits::{self, tell_names};
use super::shapes::ParticipantOut;
use super::transcripts::{ParticipantIn, short};
use super::{Done, ok};
use crate::app::App;
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
use crate::model::edit::Called;
use crate::model::participant::{self, Change, PARTICIPANTS_MAX, Participant, ParticipantError, Wanted};
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

pub(in crate::web) fn refused(error: ParticipantError) -> Error {
    match error {
        ParticipantError::SpeakerTaken => Error::BadRequest("Speaker already assigned".into()),
        ParticipantError::Unknown => Error::NotFound("Participant"),
        ParticipantError::TooMany => too_many(),
        ParticipantError::LogFull => edits::too_many(),
        ParticipantError::Database(diesel::result::Error::NotFound) => Error::NotFound("Transcript"),
        ParticipantError::Database(error) => error.into(),
    }
}

fn checked(name: String, speaker: Option<i32>) -> Result<String, Error> {
    if let Some(speaker) = speaker {
        super::speaker::in_range("speaker", speaker)?;
    }
    let name = short("name", name)?;
    if name.is_empty() {
        return Err(Error::Invalid { field: "name", message: "is empty".into() });
    }
    Ok(name)
}

fn too_many() -> Error {
    let message = format!("a transcript has at most {PARTICIPANTS_MAX} of them");
    Error::Invalid { field: "participants", message }
}

/// The list of a body, as it is kept.
///
/// # Errors
/// There are too many, or one of them is not right.
pub(super) fn wanted(list: Vec<ParticipantIn>) -> Result<Vec<Wanted>, Error> {
    if list.len() > PARTICIPANTS_MAX {
        return Err(too_many());
    }
    let one = |one: ParticipantIn| {
        let name = checked(one.name, one.speaker)?;
        Ok(Wanted { id: one.id, name, speaker: one.speaker })
    };
    list.into_iter().map(one).collect()
}

/// Names of voices
#[utoipa::path(get, path = "/transcripts/{id}/participants", operation_id = "list_participants", tag = "speakers",
    params(("id" = TranscriptId, Path)),
    responses((status = 200, body = Vec<ParticipantOut>)))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    let people: Vec<ParticipantOut> =
        participant::list(&conn, id).await?.into_iter().map(Into::into).collect();
    Ok(shown(&mut conn, id, &headers, Json(people)).await?)
}

/// A new participant.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct CreateParticipant {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    #[schema(minimum = 0, maximum = 9999)]
    speaker: Option<i32>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Gives a voice a name, or notes who was there
#[utoipa::path(post, path = "/transcripts/{id}/participants", operation_id = "create_participant", tag = "speakers",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = MAY_NAME)), request_body = CreateParticipant,
    responses((status = 200, body = ParticipantOut, headers(("ETag" = String))), (status = 409, body = NameConflict), Fails<400>))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<CreateParticipant>,
) -> Result<Response, ApiError> {
    let asked = may_name(&headers, body.revision.as_deref())?;
    let yours = Called { name: checked(body.name, body.speaker)?, speaker: body.speaker };
    let mut conn = read::connect(&app).await?;
    let made: Result<Result<Participant, Box<NameClash>>, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && (may.read || asked.is_none())).await?;
            if let Some(clash) = Seen::of(conn, id, asked).await?.and_then(|seen| seen.taken(&yours)) {
                return Ok(Err(clash));
            }
            let made = participant::create(conn, id, &yours.name, yours.speaker, viewer.user()).await;
            made.map(Ok).map_err(refused)
        })
        .await;
    match made? {
        Ok(made) => {
            tell_names(&app, &mut conn, id).await?;
            Ok(tagged(&mut conn, id, Json(ParticipantOut::from(made))).await?)
        }
        Err(clash) => Ok((StatusCode::CONFLICT, Json(clash)).into_response()),
    }
}

/// One participant
#[utoipa::path(get, path = "/transcripts/{id}/participants/{participant}", operation_id = "get_participant",
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path)),
    responses((status = 200, body = ParticipantOut)))]
pub(in crate::web) async fn get(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    let found = participant::get(&mut conn, id, participant).await?;
    let found = ParticipantOut::from(found.ok_or(Error::NotFound("Participant"))?);
    Ok(shown(&mut conn, id, &headers, Json(found)).await?)
}

/// What changes; a speaker of `null` takes the voice away.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct UpdateParticipant {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(minimum = 0, maximum = 9999)]
    speaker: Option<Option<i32>>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<i32>>, D::Error> {
    Option::<i32>::deserialize(value).map(Some)
}

/// Renames a participant, or gives them another voice
#[utoipa::path(patch, path = "/transcripts/{id}/participants/{participant}", operation_id = "update_participant",
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = MAY_NAME)),
    request_body = UpdateParticipant,
    responses((status = 200, body = ParticipantOut, headers(("ETag" = String))), (status = 409, body = NameConflict), Fails<400>))]
pub(in crate::web) async fn update(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<UpdateParticipant>,
) -> Result<Response, ApiError> {
    let asked = may_name(&headers, body.revision.as_deref())?;
    let speaker = body.speaker.flatten();
    if let Some(speaker) = speaker {
        super::speaker::in_range("speaker", speaker)?;
    }
    let name = body.name.map(|name| checked(name, speaker)).transpose()?;
    let mut conn = read::connect(&app).await?;
    let change = Change { name, speaker: body.speaker };
    let yours = |one: &Called| {
        let name = change.name.clone().unwrap_or_else(|| one.name.clone());
        Some(Called { name, speaker: change.speaker.unwrap_or(one.speaker) })
    };
    let changed: Result<Result<Participant, Box<NameClash>>, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && (may.read || asked.is_none())).await?;
            let seen = Seen::of(conn, id, asked).await?;
            if let Some(clash) = seen.and_then(|seen| seen.clash(participant, yours)) {
                return Ok(Err(clash));
            }
            let changed = participant::update(conn, id, participant, &change, viewer.user()).await;
            changed.map(Ok).map_err(refused)
        })
        .await;
    match changed? {
        Ok(changed) => {
            tell_names(&app, &mut conn, id).await?;
            Ok(tagged(&mut conn, id, Json(ParticipantOut::from(changed))).await?)
        }
        Err(clash) => Ok((StatusCode::CONFLICT, Json(clash)).into_response()),
    }
}

/// Takes a name away
#[utoipa::path(delete, path = "/transcripts/{id}/participants/{participant}", operation_id = "delete_participant",
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = MAY_NAME)),
    responses((status = 200, body = Done, headers(("ETag" = String))), (status = 409, body = NameConflict)))]
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let asked = may_name(&headers, None)?;
    let mut conn = read::connect(&app).await?;
    let removed: Result<Result<(), Box<NameClash>>, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && (may.read || asked.is_none())).await?;
            let seen = Seen::of(conn, id, asked).await?;
            if let Some(clash) = seen.and_then(|seen| seen.clash(participant, |_| None)) {
                return Ok(Err(clash));
            }
            participant::delete(conn, id, participant, viewer.user()).await.map(Ok).map_err(refused)
        })
        .await;
    match removed? {
        Ok(()) => {
            tell_names(&app, &mut conn, id).await?;
            Ok(tagged(&mut conn, id, ok()).await?)
        }
        Err(clash) => Ok((StatusCode::CONFLICT, Json(clash)).into_response()),
    }
}
