//! Names for voices: list, add, rename, remove.

use axum::Json;
use axum::extract::State;
use diesel_async::AsyncConnection;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::shapes::ParticipantOut;
use super::transcripts::{ParticipantIn, short};
use super::{Done, ok};
use crate::app::App;
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
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
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Vec<ParticipantOut>)))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<ParticipantOut>>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    Ok(Json(participant::list(&conn, id).await?.into_iter().map(Into::into).collect()))
}

/// A new participant.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct CreateParticipant {
    #[schema(minimum = 0, maximum = 9999)]
    speaker: Option<i32>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Gives a voice a name, or notes who was there
#[utoipa::path(post, path = "/transcripts/{id}/participants", operation_id = "create_participant", tag = "speakers",
    params(("id" = TranscriptId, Path)), request_body = CreateParticipant,
    responses((status = 200, body = ParticipantOut), Fails<400>))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<CreateParticipant>,
) -> Result<Json<ParticipantOut>, ApiError> {
    let name = checked(body.name, body.speaker)?;
    let mut conn = read::connect(&app).await?;
    let made: Result<Participant, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write).await?;
            participant::create(conn, id, &name, body.speaker).await.map_err(refused)
        })
        .await;
    Ok(Json(made?.into()))
}

/// One participant
#[utoipa::path(get, path = "/transcripts/{id}/participants/{participant}", operation_id = "get_participant",
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path)),
    responses((status = 200, body = ParticipantOut)))]
pub(in crate::web) async fn get(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
) -> Result<Json<ParticipantOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    let found = participant::get(&mut conn, id, participant).await?;
    Ok(Json(found.ok_or(Error::NotFound("Participant"))?.into()))
}

/// What changes; a speaker of `null` takes the voice away.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct UpdateParticipant {
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
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path)),
    request_body = UpdateParticipant, responses((status = 200, body = ParticipantOut), Fails<400>))]
pub(in crate::web) async fn update(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
    ApiJson(body): ApiJson<UpdateParticipant>,
) -> Result<Json<ParticipantOut>, ApiError> {
    let speaker = body.speaker.flatten();
    if let Some(speaker) = speaker {
        super::speaker::in_range("speaker", speaker)?;
    }
    let name = body.name.map(|name| checked(name, speaker)).transpose()?;
    let mut conn = read::connect(&app).await?;
    let change = Change { name, speaker: body.speaker };
    let changed: Result<Participant, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write).await?;
            participant::update(conn, id, participant, &change).await.map_err(refused)
        })
        .await;
    Ok(Json(changed?.into()))
}

/// Takes a name away
#[utoipa::path(delete, path = "/transcripts/{id}/participants/{participant}", operation_id = "delete_participant",
    tag = "speakers", params(("id" = TranscriptId, Path), ("participant" = ParticipantId, Path)),
    responses((status = 200, body = Done)))]
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let removed: Result<(), Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write).await?;
            participant::delete(conn, id, participant).await.map_err(refused)
        })
        .await;
    removed?;
    Ok(ok())
}
