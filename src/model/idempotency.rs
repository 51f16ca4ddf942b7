//! Requests that a client may send again under a key of its own, with the answers they got.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::idempotency_key;
use crate::ids::{RoomId, TranscriptId};

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and the caller's: to be done, and then [`settle`]d or [`release`]d.
    New,
    /// It came with another query, revision or body before.
    Other,
    /// It was begun then; how it ends is not known yet, or not any more.
    Begun(DateTime<Utc>),
    /// It was done.
    Done(Answer),
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: i16,
    /// JSON; `None`: it holds a secret, and is not kept.
    pub body: Option<String>,
    /// Its `ETag`.
    pub tag: Option<String>,
}

/// What a request made, or was about. When that is gone for good, its answer is too, and its key is free again.
#[derive(Clone, Copy, Debug)]
pub enum About {
    Transcript(TranscriptId),
    Room(RoomId),
}

impl From<TranscriptId> for About {
    fn from(id: TranscriptId) -> Self {
        Self::Transcript(id)
    }
}

impl From<RoomId> for About {
    fn from(id: RoomId) -> Self {
        Self::Room(id)
    }
}

/// Takes a request for the caller, or tells what became of it. Both hashes are SHA-256 in hexadecimal digits: `request` of who asks,
/// where, and the key; `body` of what they ask for. Of several at once one takes it.
///
/// # Errors
/// Those of the database.
pub async fn claim(conn: &mut AsyncPgConnection, request: &str, body: &str) -> QueryResult<Claim> {
    type Known = (String, Option<i16>, Option<String>, Option<String>, DateTime<Utc>);
    loop {
        let taken = diesel::insert_into(idempotency_key::table)
            .values((idempotency_key::request_sha256.eq(request), idempotency_key::body_sha256.eq(body)))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if taken == 1 {
            return Ok(Claim::New);
        }
        let known: Option<Known> = idempotency_key::table
            .find(request)
            .select((
                idempotency_key::body_sha256,
                idempotency_key::status,
                idempotency_key::answer,
                idempotency_key::tag,
                idempotency_key::created_at,
            ))
            .first(conn)
            .await
            .optional()?;
        // It may have been let go in between.
        let Some((asked, status, answer, tag, since)) = known else { continue };
        return Ok(match status {
            _ if asked != body => Claim::Other,
            None => Claim::Begun(since),
            Some(status) => Claim::Done(Answer { status, body: answer, tag }),
        });
    }
}

/// Keeps the answer to a request that is the caller's; one that is kept already stays.
///
/// # Errors
/// Those of the database: a foreign key's where what it is about is gone.
pub async fn settle(
    conn: &mut AsyncPgConnection,
    request: &str,
    about: Option<About>,
    answer: &Answer,
) -> QueryResult<()> {
    let (transcript, room) = match about {
        Some(About::Transcript(id)) => (Some(id), None),
        Some(About::Room(id)) => (None, Some(id)),
        None => (None, None),
    };
    diesel::update(idempotency_key::table.find(request))
        .filter(idempotency_key::status.is_null())
        .set((
            idempotency_key::status.eq(Some(answer.status)),
            idempotency_key::answer.eq(answer.body.as_deref()),
            idempotency_key::tag.eq(answer.tag.as_deref()),
            idempotency_key::transcript_id.eq(transcript),
            idempotency_key::room_id.eq(room),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Takes over a request that was begun at `since` and of which nothing was done; false where another was there first.
///
/// # Errors
/// Those of the database.
pub async fn take_over(
    conn: &mut AsyncPgConnection,
    request: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::update(idempotency_key::table.find(request))
        .filter(idempotency_key::status.is_null().and(idempotency_key::created_at.eq(since)))
        .set(idempotency_key::created_at.eq(now))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Frees the key of a request that was not done.
///
/// # Errors
/// Those of the database.
pub async fn release(conn: &mut AsyncPgConnection, request: &str) -> QueryResult<()> {
    let unsettled = idempotency_key::table.find(request).filter(idempotency_key::status.is_null());
    diesel::delete(unsettled).execute(conn).await.map(|_| ())
}

/// Forgets keys that came before `before`.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(idempotency_key::table.filter(idempotency_key::created_at.lt(before))).execute(conn).await
}
