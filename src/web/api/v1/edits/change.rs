//! One change: looked at, written, told; or refused, because somebody else was there first.

use std::collections::HashSet;

use axum::Json;
use axum::http::header::ETAG;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde::Serialize;

use super::history::entries;
use super::shapes::{SegmentClash, SegmentOut, TextClash, TextOut};
use super::{open, tell, write};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{At, Change, Desk, Layer, Piece, Refusal, Revision, same};
use crate::policy::Viewer;
use crate::web::read;
use crate::web::respond::ApiError;

/// Segments that an answer shows.
pub(super) const SHOWN: usize = 1000;
/// Changes of others that an answer shows.
const OTHERS: usize = 20;

/// What a change is about: nobody else may have changed that meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) enum About {
    Segment(usize),
    /// This one and the next.
    Two(usize),
    Everything,
}

/// Who asks for what.
pub(super) struct Asked {
    pub viewer: Viewer,
    pub id: TranscriptId,
    pub revision: Revision,
    pub about: About,
    /// What a person wrote, to be shown beside what another one did.
    pub yours: Option<String>,
}

/// What a change is to be: the change, and how many places it replaces.
pub(super) type Made = (Option<Change>, Option<usize>);

enum Done {
    Written { text: TextOut, changed: bool },
    Stale(Clash),
}

/// The answer to who saw another text than there is.
#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::web::api::v1) enum Clash {
    Segment(Box<SegmentClash>),
    Text(TextClash),
}

/// Makes a change: `make` gets the text as it is now, its segments, and which of them is meant.
pub(super) async fn change<F>(app: &App, asked: Asked, make: F) -> Result<Response, ApiError>
where
    F: Fn(&Desk, &Layer, &[Piece], usize) -> Result<Made, Error> + Send + Sync,
{
    let mut conn = read::connect(app).await?;
    let done: Result<Done, Error> = conn
        .transaction(async |conn| {
            // Every answer shows text, so a key that may only write is refused.
            read::held(conn, asked.viewer, asked.id, |may| may.write && may.read).await?;
            let (mut desk, layer) = open(conn, asked.id).await?;
            let pieces = layer.pieces();
            let meant = match meant(conn, &desk, &layer, &pieces, &asked).await? {
                Ok(meant) => meant,
                Err(stale) => return Ok(Done::Stale(stale)),
            };
            let (change, replaced) = make(&desk, &layer, &pieces, meant)?;
            if let Some(change) = &change {
                write(conn, &mut desk, change, asked.viewer).await?;
            }
            let text = told(&desk, &layer, replaced);
            Ok(Done::Written { text, changed: change.is_some() })
        })
        .await;
    match done? {
        Done::Written { text, changed } => {
            if changed {
                tell(app, &mut conn, asked.id).await?;
            }
            Ok(([(ETAG, tag(&text.revision)?)], Json(text)).into_response())
        }
        Done::Stale(answer) => Ok((StatusCode::CONFLICT, Json(answer)).into_response()),
    }
}

/// A revision as a tag.
pub(super) fn tag(revision: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(&format!("\"{revision}\"")).map_err(|error| Error::Internal(error.into()))
}

/// The text after a change: those segments that are not as they were.
fn told(desk: &Desk, before: &Layer, replaced: Option<usize>) -> TextOut {
    let (after, outcomes) = desk.replayed();
    let key = |layer: &Layer, piece: &Piece| {
        let one = |at: &At| layer.token(*at).map(|token| (*at, token.text.clone(), token.speaker));
        piece.at.iter().filter_map(one).collect::<Vec<_>>()
    };
    let known: HashSet<_> = before.pieces().iter().map(|piece| key(before, piece)).collect();
    let pieces = after.pieces();
    let mut text = TextOut::new(desk, outcomes.into_values(), pieces.len());
    let new = pieces.iter().enumerate().filter(|(_, piece)| !known.contains(&key(&after, piece)));
    text.segments =
        new.take(SHOWN).map(|(index, piece)| SegmentOut::new(&after, piece, index, true)).collect();
    text.replaced = replaced;
    text
}

/// Which segment is meant now; or the answer to who saw another text than there is.
async fn meant(
    conn: &mut AsyncPgConnection,
    desk: &Desk,
    layer: &Layer,
    pieces: &[Piece],
    asked: &Asked,
) -> Result<Result<usize, Clash>, Error> {
    let now = desk.revision();
    let index = match asked.about {
        About::Segment(index) | About::Two(index) => index,
        About::Everything if asked.revision == now => return Ok(Ok(0)),
        About::Everything => return Ok(Err(Clash::Text(others(desk, asked.revision)))),
    };
    if asked.revision == now {
        return pieces.get(index).map(|_| Ok(index)).ok_or_else(|| refused(Refusal::NoSegment));
    }
    let then = desk.layer_of(conn, asked.revision).await?.ok_or_else(unknown)?;
    let seen = then.pieces();
    let piece = seen.get(index).ok_or_else(|| refused(Refusal::NoSegment))?;
    if asked.revision.version == now.version
        && let Some(here) = same(&then, piece, layer, pieces)
    {
        let next = seen.get(index + 1).map(|next| same(&then, next, layer, pieces));
        if !matches!(asked.about, About::Two(_)) || next.is_none_or(|next| next == Some(here + 1)) {
            return Ok(Ok(here));
        }
    }
    let old = then.segment(piece, 0);
    let touches = |piece: &&Piece| {
        let one = layer.segment(piece, 0);
        one.channel == old.channel && one.start < old.end && old.start < one.end
    };
    let there: Vec<SegmentOut> = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| touches(piece))
        .take(SHOWN)
        .map(|(index, piece)| SegmentOut::new(layer, piece, index, true))
        .collect();
    let theirs: Vec<&str> = there.iter().map(|one| one.text.as_str()).collect();
    Ok(Err(Clash::Segment(Box::new(SegmentClash {
        detail: "Somebody else has changed this segment since",
        revision: now.to_string(),
        base: old.text.trim().to_owned(),
        yours: asked.yours.clone(),
        theirs: theirs.join(" "),
        segments: there,
    }))))
}

/// That a transcript was never in the state that somebody saw.
pub(super) fn unknown() -> Error {
    Error::Invalid { field: "revision", message: "is none of this transcript's".into() }
}

/// For what is about the whole text: what others have changed since.
pub(super) fn others(desk: &Desk, seen: Revision) -> TextClash {
    TextClash {
        detail: "Somebody else has changed the text since",
        revision: desk.revision().to_string(),
        edits: entries(desk, |edit| edit.revision > seen.edit, OTHERS),
    }
}

/// What can't be done, as an answer.
pub(super) fn refused(refusal: Refusal) -> Error {
    let message = refusal.to_string();
    match refusal {
        Refusal::NoSegment => Error::NotFound("Segment"),
        Refusal::NoWord => Error::NotFound("Word"),
        Refusal::FirstWord => Error::Invalid { field: "word", message },
        Refusal::TooManyPlaces(_) => Error::Invalid { field: "find", message },
        Refusal::TooLong(_) => Error::Invalid { field: "replace", message },
        Refusal::NothingFollows | Refusal::OtherChannel => Error::BadRequest(message),
    }
}
