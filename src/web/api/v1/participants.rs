//! Names for voices: list, add, rename, remove.

use axum::Json;
use axum::extract::State;
use diesel_async::AsyncPgConnection;
use serde::{Deserialize, Deserializer};

use super::ok;
use super::shapes::ParticipantOut;
use super::transcripts::{ParticipantIn, short};
use crate::app::App;
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
use crate::model::participant::{self, Change, ParticipantError};
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

pub(super) fn refused(error: ParticipantError) -> Error {
    match error {
        ParticipantError::SpeakerTaken => Error::BadRequest("Speaker already assigned".into()),
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

/// Makes the list what it should be, in the caller's transaction: who is not on it goes.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    wanted: &[ParticipantIn],
) -> Result<(), Error> {
    let old = participant::list(conn, id).await?;
    for gone in old.iter().filter(|old| !wanted.iter().any(|new| new.id == Some(old.id))) {
        participant::delete(conn, id, gone.id).await?;
    }
    // First nobody has a voice, so that two may swap theirs.
    let kept = |new: &&ParticipantIn| new.id.is_some_and(|id| old.iter().any(|old| old.id == id));
    for one in wanted.iter().filter(kept) {
        if let Some(known) = one.id {
            let silent = Change { name: None, speaker: Some(None) };
            participant::update(conn, id, known, &silent).await.map_err(refused)?;
        }
    }
    for one in wanted {
        let name = checked(one.name.clone(), one.speaker)?;
        match one.id.filter(|_| kept(&one)) {
            Some(known) => {
                let change = Change { name: Some(name), speaker: Some(one.speaker) };
                participant::update(conn, id, known, &change).await.map_err(refused)?;
            }
            None => {
                participant::create(conn, id, &name, one.speaker).await.map_err(refused)?;
            }
        }
    }
    Ok(())
}

/// `GET …/participants`.
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<ParticipantOut>>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    Ok(Json(participant::list(&mut conn, id).await?.into_iter().map(Into::into).collect()))
}

/// A new participant.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct CreateParticipant {
    speaker: Option<i32>,
    name: String,
}

/// `POST …/participants`.
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<CreateParticipant>,
) -> Result<Json<ParticipantOut>, ApiError> {
    let name = checked(body.name, body.speaker)?;
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    let made = participant::create(&mut conn, id, &name, body.speaker).await.map_err(refused)?;
    Ok(Json(made.into()))
}

/// `GET …/participants/{participant}`.
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
#[derive(Debug, Deserialize)]
pub(in crate::web) struct UpdateParticipant {
    #[serde(default, deserialize_with = "given")]
    speaker: Option<Option<i32>>,
    name: Option<String>,
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<i32>>, D::Error> {
    Option::<i32>::deserialize(value).map(Some)
}

/// `PATCH …/participants/{participant}`.
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
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    let change = Change { name, speaker: body.speaker };
    let changed = participant::update(&mut conn, id, participant, &change).await.map_err(refused)?;
    Ok(Json(changed.ok_or(Error::NotFound("Participant"))?.into()))
}

/// `DELETE …/participants/{participant}`.
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, participant)): ApiPath<(TranscriptId, ParticipantId)>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    if !participant::delete(&mut conn, id, participant).await? {
        return Err(Error::NotFound("Participant").into());
    }
    Ok(ok())
}
