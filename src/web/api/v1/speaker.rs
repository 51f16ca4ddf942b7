//! `PATCH …/speaker/assign` and `…/speaker/merge`: who says what, corrected by a person.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::Deserialize;
use utoipa::ToSchema;

use super::edits::change::Clash;
use super::edits::named::{MAY_NAME, may_name};
use super::edits::names::{tagged, voices_clash, words_clash};
use super::edits::shapes::{SegmentConflict, TextClash, TextConflict};
use super::edits::{self, tell};
use super::{Done, ok};
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
use crate::model::edit::{self, At, Change, ChangeKind, Layer, Revision, Standing, Token};
use crate::model::participant::{self, Participant};
use crate::policy::Viewer;
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Highest number that a speaker may have.
pub(super) const MAX_SPEAKER: i32 = 9999;

/// These words are said by this one: a speaker or a participant.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Assignment {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
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
    within(field, speaker, 0..=MAX_SPEAKER)
}

/// Says whose the words in between are
///
/// A participant who has no voice gets the lowest number that nobody has. 409 until the text is assembled.
#[utoipa::path(patch, path = "/transcripts/{id}/speaker/assign", operation_id = "assign_speaker", tag = "speakers",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = MAY_NAME)), request_body = Assignment,
    responses((status = 200, body = Done, headers(("ETag" = String))), (status = 409, body = SegmentConflict), Fails<400>))]
pub(in crate::web) async fn assign(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Assignment>,
) -> Result<Response, ApiError> {
    let asked = may_name(&headers, body.revision.as_deref())?;
    let mut conn = read::connect(&app).await?;
    let done: Result<Option<Clash>, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && (may.read || asked.is_none())).await?;
            let (who, (from, to)) = (body.who()?, body.range()?);
            let (mut desk, layer) = edits::open(conn, id).await?;
            let wanted = match who {
                Who::Speaker(speaker) => Voice::Theirs(speaker),
                Who::Participant(one) => voice(conn, id, one, &layer).await?,
            };
            if let Some(seen) = asked {
                let meant = (&(from..=to), wanted.number());
                if let Some(clash) = words_clash(conn, &desk, &layer, seen, meant).await? {
                    return Ok(Some(Clash::Segment(Box::new(clash))));
                }
            }
            if let Voice::New(one, speaker) = wanted {
                let change = participant::Change { name: None, speaker: Some(Some(speaker)) };
                participant::update(conn, id, one, &change, viewer.user())
                    .await
                    .map_err(super::participants::refused)?;
                // That is a change of its own.
                desk = edits::open(conn, id).await?.0;
            }
            let words = words(&layer, |token| (from..=to).contains(&token.start));
            if !words.is_empty() {
                let words = layer.named(words.into_iter());
                let change = Change::Assign { speaker: wanted.number(), words };
                edits::write(conn, &mut desk, &change, viewer).await?;
            }
            Ok(None)
        })
        .await;
    if let Some(clash) = done? {
        return Ok((StatusCode::CONFLICT, Json(clash)).into_response());
    }
    tell(&app, &mut conn, id).await?;
    Ok(tagged(&mut conn, id, ok()).await?)
}

/// One voice that was taken for two.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Merge {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    #[schema(minimum = 0, maximum = 9999)]
    speaker_from: i32,
    #[schema(minimum = 0, maximum = 9999)]
    speaker_to: i32,
}

/// Says that two voices are one
///
/// The name, if one of the two has one, stays with the voice that is left; 400 when both have.
#[utoipa::path(patch, path = "/transcripts/{id}/speaker/merge", operation_id = "merge_speakers", tag = "speakers",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = MAY_NAME)), request_body = Merge,
    responses((status = 200, body = Done, headers(("ETag" = String))), (status = 409, body = TextConflict), Fails<400>))]
pub(in crate::web) async fn merge(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Merge>,
) -> Result<Response, ApiError> {
    let asked = may_name(&headers, body.revision.as_deref())?;
    let mut conn = read::connect(&app).await?;
    let voices = (body.speaker_from, body.speaker_to);
    if let Err(clash) = joined(&app, &mut conn, viewer, (id, asked), voices).await? {
        return Ok((StatusCode::CONFLICT, Json(clash)).into_response());
    }
    Ok(tagged(&mut conn, id, ok()).await?)
}

/// Has one voice be another from now on, and tells those who watch; gives the number of the last change. Or what is in the way, where it is
/// said what of the two was seen.
///
/// # Errors
/// As [`read::allowed`]; there are no such numbers, both have names, or the text has no speakers yet.
pub(in crate::web) async fn joined(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    (id, asked): (TranscriptId, Option<Revision>),
    (from, to): (i32, i32),
) -> Result<Result<i32, TextClash>, Error> {
    let done: Result<Result<i32, TextClash>, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && (may.read || asked.is_none())).await?;
            let (from, to) = (in_range("speaker_from", from)?, in_range("speaker_to", to)?);
            let (mut desk, layer) = edits::open(conn, id).await?;
            let people = participant::list(conn, id).await?;
            if let Some(seen) = asked {
                let meant = (people.as_slice(), [from, to]);
                if let Some(clash) = voices_clash(conn, &desk, &layer, seen, meant).await? {
                    return Ok(Err(clash));
                }
            }
            let named = |speaker: i32| people.iter().find(|one: &&Participant| one.speaker == Some(speaker));
            let moves = match (named(from), named(to)) {
                (Some(_), Some(_)) => {
                    let message = "Speakers are both assigned to participants".into();
                    return Err(Error::BadRequest(message));
                }
                (one, _) => one.map(|one| one.id),
            };
            // Both voices by their words: a later run may give either another number.
            let both = words(&layer, |token| token.speaker == Some(from) || token.speaker == Some(to));
            let speaks = layer.tokens().any(|(_, token)| token.speaker == Some(from));
            if from != to && speaks {
                if let Some(one) = moves {
                    participant::follow(conn, id, one, from, to).await?;
                }
                let moved = moves.map(|one| (one, from));
                let change = Change::Merge { speaker: to, words: layer.named(both.into_iter()), moved };
                edits::write(conn, &mut desk, &change, viewer).await?;
            } else if let Some(one) = moves {
                let change = participant::Change { name: None, speaker: Some(Some(to)) };
                participant::update(conn, id, one, &change, viewer.user())
                    .await
                    .map_err(super::participants::refused)?;
            }
            Ok(Ok(edit::revision(conn, id).await?.edit))
        })
        .await;
    let done = done?;
    if done.is_ok() {
        tell(app, conn, id).await?;
    }
    Ok(done)
}

/// Takes the newest change back, if it was the merging of two voices or a change of names, and tells those who watch; gives what it was.
/// `made`: its number, where that is known.
///
/// # Errors
/// As [`read::allowed`]; it was something else, or there is none.
pub(in crate::web) async fn parted(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    made: Option<i32>,
) -> Result<ChangeKind, Error> {
    let done: Result<ChangeKind, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.write && may.read).await?;
            let (mut desk, _) = edits::open(conn, id).await?;
            let newest = Standing::of(&desk.log).applied.last().map(|place| desk.log[*place].change.kind());
            let own = made.is_none_or(|made| made == desk.revision().edit);
            let Some(kind @ (ChangeKind::Merge | ChangeKind::Name)) = newest.filter(|_| own) else {
                let message = "The text was changed since: take that back first, on the transcript's page";
                return Err(Error::Conflict(message.into()));
            };
            edits::write(conn, &mut desk, &Change::Undo, viewer).await?;
            Ok(kind)
        })
        .await;
    let kind = done?;
    tell(app, conn, id).await?;
    Ok(kind)
}

/// The words that are meant.
fn words(layer: &Layer, meant: impl Fn(&Token) -> bool) -> Vec<At> {
    layer.tokens().filter(|(_, token)| meant(token)).map(|(at, _)| at).collect()
}

/// A voice that words are given to.
#[derive(Clone, Copy, Debug)]
enum Voice {
    Theirs(i32),
    /// A participant who has none gets this one.
    New(ParticipantId, i32),
}

impl Voice {
    fn number(self) -> i32 {
        match self {
            Self::Theirs(speaker) | Self::New(_, speaker) => speaker,
        }
    }
}

/// The voice of a participant; for one who has none the lowest number that nobody has.
async fn voice(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    participant: ParticipantId,
    layer: &Layer,
) -> Result<Voice, Error> {
    let people = participant::list(conn, id).await?;
    let one = people.iter().find(|one| one.id == participant).ok_or(Error::NotFound("Participant"))?;
    if let Some(speaker) = one.speaker {
        return Ok(Voice::Theirs(speaker));
    }
    let taken = |speaker: &i32| {
        layer.tokens().any(|(_, token)| token.speaker == Some(*speaker))
            || people.iter().any(|one| one.speaker == Some(*speaker))
    };
    let free = (0..=MAX_SPEAKER).find(|speaker| !taken(speaker));
    let free = free.ok_or_else(|| Error::Conflict("There are too many speakers".into()))?;
    Ok(Voice::New(participant, free))
}
