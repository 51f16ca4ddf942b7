//! `PATCH …/speaker/assign` and `…/speaker/merge`: who says what, corrected by a person.

use axum::Json;
use axum::extract::State;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, ok};
use crate::app::App;
use crate::bus::Event;
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
use crate::jobs;
use crate::model::participant::{self, Change, Participant};
use crate::model::speaker_edit::{self, EDIT_WORDS_MAX, EDITS_MAX, EditKind, Said, SpeakerEdit};
use crate::model::{TranscriptView, search, transcript};
use crate::policy::Viewer;
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Highest number that a speaker may have.
pub(super) const MAX_SPEAKER: i32 = 9999;

/// These words are said by this one: a speaker or a participant.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Assignment {
    /// This one, or a participant.
    #[schema(minimum = 0, maximum = 9999)]
    speaker: Option<i32>,
    participant: Option<String>,
    /// Seconds; a word that begins then is one of them.
    timestamp_from: f64,
    /// Seconds; so is one that begins then.
    timestamp_to: f64,
}

/// Who is meant.
enum Who {
    Speaker(i32),
    Participant(ParticipantId),
}

impl Assignment {
    fn who(&self) -> Result<Who, Error> {
        match (self.speaker, &self.participant) {
            (Some(speaker), None) => Ok(Who::Speaker(in_range("speaker", speaker)?)),
            // No participant has an id that is none.
            (None, Some(id)) => id.parse().map(Who::Participant).map_err(|_| Error::NotFound("Participant")),
            _ => {
                Err(Error::BadRequest("Either speaker or participant must be provided, and not both".into()))
            }
        }
    }

    fn range(&self) -> Result<(f64, f64), Error> {
        if self.timestamp_to < self.timestamp_from {
            let message = "must not be before timestamp_from".into();
            return Err(Error::Invalid { field: "timestamp_to", message });
        }
        Ok((self.timestamp_from, self.timestamp_to))
    }
}

/// Checks the number of a speaker.
///
/// # Errors
/// There is no such number.
pub(in crate::web) fn in_range(field: &'static str, speaker: i32) -> Result<i32, Error> {
    if (0..=MAX_SPEAKER).contains(&speaker) {
        return Ok(speaker);
    }
    Err(Error::Invalid { field, message: format!("must be from 0 to {MAX_SPEAKER}") })
}

/// Says whose the words in between are
///
/// A participant who has no voice gets the lowest number that nobody has. 409 until the text is assembled.
#[utoipa::path(patch, path = "/transcripts/{id}/speaker/assign", operation_id = "assign_speaker", tag = "speakers",
    params(("id" = TranscriptId, Path)), request_body = Assignment,
    responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn assign(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<Assignment>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    let (who, (from, to)) = (body.who()?, body.range()?);
    let done: Result<TranscriptView, Error> = conn
        .transaction(async |conn| {
            let words = words(conn, id).await?;
            let speaker = match who {
                Who::Speaker(speaker) => speaker,
                Who::Participant(one) => voice(conn, id, one, &words).await?,
            };
            let meant = words.iter().filter(|word| (from..=to).contains(&word.start));
            correct(conn, viewer, id, EditKind::Assign, speaker, meant).await
        })
        .await;
    tell(&app, &mut conn, id, &done?).await?;
    Ok(ok())
}

/// One voice that was taken for two.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Merge {
    #[schema(minimum = 0, maximum = 9999)]
    speaker_from: i32,
    #[schema(minimum = 0, maximum = 9999)]
    speaker_to: i32,
}

/// Says that two voices are one
///
/// The name, if one of the two has one, stays with the voice that is left; 400 when both have.
#[utoipa::path(patch, path = "/transcripts/{id}/speaker/merge", operation_id = "merge_speakers", tag = "speakers",
    params(("id" = TranscriptId, Path)), request_body = Merge,
    responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn merge(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<Merge>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    let from = in_range("speaker_from", body.speaker_from)?;
    let to = in_range("speaker_to", body.speaker_to)?;
    let done: Result<TranscriptView, Error> = conn
        .transaction(async |conn| {
            let words = words(conn, id).await?;
            let people = participant::list(conn, id).await?;
            let named = |speaker: i32| people.iter().find(|one: &&Participant| one.speaker == Some(speaker));
            match (named(from), named(to)) {
                (Some(_), Some(_)) => {
                    let message = "Speakers are both assigned to participants".into();
                    return Err(Error::BadRequest(message));
                }
                (Some(one), None) => {
                    let moved = Change { name: None, speaker: Some(Some(to)) };
                    participant::update(conn, id, one.id, &moved)
                        .await
                        .map_err(super::participants::refused)?;
                }
                _ => {}
            }
            // Both voices by their words: a later run may give either another number.
            let one_of = |word: &&Said| word.speaker == Some(from) || word.speaker == Some(to);
            let speaks = from != to && words.iter().any(|word| word.speaker == Some(from));
            let meant = words.iter().filter(|word| speaks && one_of(word));
            correct(conn, viewer, id, EditKind::Merge, to, meant).await
        })
        .await;
    tell(&app, &mut conn, id, &done?).await?;
    Ok(ok())
}

/// The words that are shown, held still until the caller's transaction ends.
async fn words(conn: &mut AsyncPgConnection, id: TranscriptId) -> Result<Vec<Said>, Error> {
    transcript::get_locked(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let view = TranscriptView::load(conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    if view.text.as_ref().is_none_or(|shown| shown.provisional) {
        return Err(Error::Conflict("The text has no speakers yet: wait until it is assembled".into()));
    }
    Ok(speaker_edit::said(&view.segments(conn).await?))
}

/// The voice of a participant; one who has none gets the lowest number that nobody has.
async fn voice(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    participant: ParticipantId,
    words: &[Said],
) -> Result<i32, Error> {
    let people = participant::list(conn, id).await?;
    let one = people.iter().find(|one| one.id == participant).ok_or(Error::NotFound("Participant"))?;
    if let Some(speaker) = one.speaker {
        return Ok(speaker);
    }
    let taken = |speaker: &i32| {
        words.iter().any(|word| word.speaker == Some(*speaker))
            || people.iter().any(|one| one.speaker == Some(*speaker))
    };
    let free = (0..=MAX_SPEAKER).find(|speaker| !taken(speaker));
    let free = free.ok_or_else(|| Error::Conflict("There are too many speakers".into()))?;
    let change = Change { name: None, speaker: Some(Some(free)) };
    participant::update(conn, id, participant, &change).await.map_err(super::participants::refused)?;
    Ok(free)
}

/// Writes a correction down; what is shown from now on.
async fn correct(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
    kind: EditKind,
    speaker: i32,
    words: impl Iterator<Item = &Said>,
) -> Result<TranscriptView, Error> {
    let (word_text, word_start): (Vec<_>, Vec<_>) = words.map(|word| (word.text.clone(), word.start)).unzip();
    if !word_text.is_empty() {
        if !speaker_edit::has_room(conn, id, word_text.len()).await? {
            return Err(Error::Conflict(format!(
                "A transcript may have {EDITS_MAX} corrections of speakers, of {EDIT_WORDS_MAX} words together"
            )));
        }
        let edit = SpeakerEdit { kind, speaker, word_text, word_start };
        speaker_edit::add(conn, id, &edit, viewer.user()).await?;
        transcript::touch(conn, id).await?;
        search::refresh_words(conn, id).await?;
    }
    TranscriptView::load(conn, id).await?.ok_or(Error::NotFound("Transcript"))
}

/// Tells those who watch: the text, and the topics with it.
async fn tell(
    app: &App,
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    view: &TranscriptView,
) -> Result<(), Error> {
    let segments = view.segments(conn).await?;
    app.bus().publish(id, &jobs::segments_event(&segments)).await;
    for topic in &view.topics {
        app.bus().publish(id, &Event::Topic(jobs::topic_event(topic, &segments))).await;
    }
    Ok(())
}
