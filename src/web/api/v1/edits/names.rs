//! Names and voices: what somebody saw of them, and the answer to who saw others than there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use axum::Json;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use diesel_async::AsyncPgConnection;
use serde::Serialize;

use super::change::{others, tag, unknown};
use super::shapes::{NameClash, NamedOut, SegmentClash, SegmentOut, TextClash};
use crate::error::Error;
use crate::ids::{ParticipantId, TranscriptId};
use crate::model::edit::{self, Called, Desk, Layer, Revision, called_at};
use crate::model::participant::{self, Participant};
use crate::web::etag;

/// Participants as they are, and as somebody saw them.
pub(in crate::web::api::v1) struct Seen {
    now: Vec<Participant>,
    then: HashMap<ParticipantId, Called>,
    revision: Revision,
}

impl Seen {
    /// Of who names the revision that they saw; who names none takes them as they are.
    ///
    /// # Errors
    /// There was no such revision.
    pub async fn of(
        conn: &mut AsyncPgConnection,
        id: TranscriptId,
        asked: Option<Revision>,
    ) -> Result<Option<Self>, Error> {
        let Some(asked) = asked else { return Ok(None) };
        let revision = edit::revision(conn, id).await?;
        if asked.edit > revision.edit {
            return Err(unknown());
        }
        let log = edit::list(conn, id).await?;
        let now = participant::list(conn, id).await?;
        Ok(Some(Self { then: called_at(&log, &now, asked.edit), now, revision }))
    }

    /// What is in the way of a participant's becoming what `wanted` makes of them; nothing where they are what was seen, or that already.
    pub fn clash(
        &self,
        id: ParticipantId,
        wanted: impl Fn(&Called) -> Option<Called>,
    ) -> Option<Box<NameClash>> {
        let then = self.then.get(&id).cloned();
        let now = self.now.iter().find(|one| one.id == id).map(Called::from);
        let yours = then.as_ref().or(now.as_ref()).and_then(&wanted);
        let already = now.as_ref().is_some_and(|one| wanted(one).as_ref() == Some(one));
        let same = then == now || now == yours || already;
        (!same).then(|| self.told(then, yours, now))
    }

    /// What is in the way of a voice's getting somebody: another, whom nobody saw.
    pub fn taken(&self, yours: &Called) -> Option<Box<NameClash>> {
        let voice = yours.speaker?;
        let there = self.now.iter().find(|one| one.speaker == Some(voice)).map(Called::from)?;
        let then = self.then.values().find(|one| one.speaker == Some(voice)).cloned();
        let seen = then.as_ref() == Some(&there);
        (!seen).then(|| self.told(then, Some(yours.clone()), Some(there)))
    }

    fn told(&self, base: Option<Called>, yours: Option<Called>, theirs: Option<Called>) -> Box<NameClash> {
        Box::new(NameClash {
            detail: "Somebody else has changed this name since",
            revision: self.revision.to_string(),
            base: base.map(NamedOut::from),
            yours: yours.map(NamedOut::from),
            theirs: theirs.map(NamedOut::from),
        })
    }
}

/// What is in the way of giving the words that begin in this time, in seconds, to a voice: they are others than were seen, or another's.
///
/// # Errors
/// There was no such revision.
pub(in crate::web::api::v1) async fn words_clash(
    conn: &mut AsyncPgConnection,
    desk: &Desk,
    layer: &Layer,
    seen: Revision,
    (time, speaker): (&RangeInclusive<f64>, i32),
) -> Result<Option<SegmentClash>, Error> {
    if seen == desk.revision() {
        return Ok(None);
    }
    let then = desk.layer_of(conn, seen).await?.ok_or_else(unknown)?;
    let said = |layer: &Layer| -> Vec<(String, Option<i32>)> {
        let meant = layer.tokens().filter(|(_, token)| time.contains(&token.start));
        meant.map(|(_, token)| (token.text.clone(), token.speaker)).collect()
    };
    let (was, is) = (said(&then), said(layer));
    let alike = was.len() == is.len()
        && was.iter().zip(&is).all(|(was, is)| was.0 == is.0 && (was.1 == is.1 || is.1 == Some(speaker)));
    if alike {
        return Ok(None);
    }
    let text = |words: &[(String, Option<i32>)]| {
        words.iter().map(|(text, _)| text.as_str()).collect::<String>().trim().to_owned()
    };
    let pieces = layer.pieces();
    let there = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| layer.words(piece).any(|(_, token)| time.contains(&token.start)));
    Ok(Some(SegmentClash {
        detail: "Somebody else has changed this segment since",
        revision: desk.revision().to_string(),
        base: text(&was),
        yours: None,
        theirs: text(&is),
        segments: there
            .take(super::change::SHOWN)
            .map(|(index, piece)| SegmentOut::new(layer, piece, index, true))
            .collect(),
    }))
}

/// What is in the way of two voices' becoming one: one of them is not who was seen, by name or by what they say.
///
/// # Errors
/// There was no such revision.
pub(in crate::web::api::v1) async fn voices_clash(
    conn: &mut AsyncPgConnection,
    desk: &Desk,
    layer: &Layer,
    seen: Revision,
    (people, voices): (&[Participant], [i32; 2]),
) -> Result<Option<TextClash>, Error> {
    if seen == desk.revision() {
        return Ok(None);
    }
    let then = desk.layer_of(conn, seen).await?.ok_or_else(unknown)?;
    let called = called_at(&desk.log, people, seen.edit);
    let same_names = voices.iter().all(|voice| {
        let was = called.iter().find(|(_, one)| one.speaker == Some(*voice));
        let is = people.iter().find(|one| one.speaker == Some(*voice));
        was.map(|(id, one)| (*id, one.clone())) == is.map(|one| (one.id, Called::from(one)))
    });
    // By place: who says what stands there, whatever it reads.
    let said = |layer: &Layer| -> BTreeMap<u32, Option<i32>> {
        layer.tokens().map(|(at, token)| (at.0, token.speaker)).collect()
    };
    let (was, is) = (said(&then), said(layer));
    let meant = |speaker: Option<i32>| speaker.is_some_and(|speaker| voices.contains(&speaker));
    let same_words = seen.version == desk.revision().version
        && was
            .iter()
            .all(|(slot, was)| is.get(slot).is_none_or(|is| was == is || !(meant(*was) || meant(*is))));
    Ok((!(same_names && same_words)).then(|| others(desk, seen)))
}

/// An answer with the state that a transcript is in now, as who changes it next names it.
///
/// # Errors
/// Those of the database.
pub(in crate::web::api::v1) async fn tagged<T: Serialize>(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    answer: Json<T>,
) -> Result<Response, Error> {
    let now = edit::revision(conn, id).await?;
    Ok(([(ETAG, tag(&now.to_string())?)], answer).into_response())
}

/// As [`tagged`], to who asks for it and may have it already.
///
/// # Errors
/// Those of the database.
pub(in crate::web::api::v1) async fn shown<T: Serialize>(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    headers: &HeaderMap,
    answer: Json<T>,
) -> Result<Response, Error> {
    let now = tag(&edit::revision(conn, id).await?.to_string())?;
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.zip(now.to_str().ok()).is_some_and(|(known, now)| etag::matches(known, now)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, now)]).into_response());
    }
    Ok(([(ETAG, now)], answer).into_response())
}
