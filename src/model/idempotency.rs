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
    pub body: Kept,
    /// Its `ETag`.
    pub tag: Option<String>,
}

/// What is kept of the text of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of it, in a form that only whoever has the key can read.
    Sealed(String),
    /// Nothing: it holds a secret that is shown once.
    Secret,
    /// Nothing: it was too long.
    TooLong,
}

/// Answers that are kept for one who asks.
pub const MOST: i64 = 1000;

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

/// Takes a request for the caller, or tells what became of it. All three hashes are SHA-256 in hexadecimal digits: `request` of who asks,
/// where, and the key; `asker` of who asks; `body` of what they ask for. Of several at once one takes it. Of what is kept for who asks
/// the oldest goes, beyond [`MOST`].
///
/// # Errors
/// Those of the database.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    request: &str,
    asker: &str,
    body: &str,
) -> QueryResult<Claim> {
    type Known = (String, Option<i16>, Option<String>, bool, Option<String>, DateTime<Utc>);
    loop {
        let taken = diesel::insert_into(idempotency_key::table)
            .values((
                idempotency_key::request_sha256.eq(request),
                idempotency_key::asker_sha256.eq(asker),
                idempotency_key::body_sha256.eq(body),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        if taken == 1 {
            make_room(conn, asker).await?;
            return Ok(Claim::New);
        }
        let known: Option<Known> = idempotency_key::table
            .find(request)
            .select((
                idempotency_key::body_sha256,
                idempotency_key::status,
                idempotency_key::answer,
                idempotency_key::too_long,
                idempotency_key::tag,
                idempotency_key::created_at,
            ))
            .first(conn)
            .await
            .optional()?;
        // It may have been let go in between.
        let Some((asked, status, answer, too_long, tag, since)) = known else { continue };
        let kept = match answer {
            Some(sealed) => Kept::Sealed(sealed),
            None if too_long => Kept::TooLong,
            None => Kept::Secret,
        };
        return Ok(match status {
            _ if asked != body => Claim::Other,
            None => Claim::Begun(since),
            Some(status) => Claim::Done(Answer { status, body: kept, tag }),
        });
    }
}

/// Lets go of the oldest of what is kept for who asks, so that there is room for one more. What is at work is not among it.
async fn make_room(conn: &mut AsyncPgConnection, asker: &str) -> QueryResult<()> {
    let too_many: Vec<String> = idempotency_key::table
        .filter(idempotency_key::asker_sha256.eq(asker).and(idempotency_key::status.is_not_null()))
        .order((idempotency_key::created_at.desc(), idempotency_key::request_sha256.desc()))
        .offset(MOST - 1)
        .limit(MOST)
        .select(idempotency_key::request_sha256)
        .load(conn)
        .await?;
    if too_many.is_empty() {
        return Ok(());
    }
    let old = idempotency_key::table.filter(idempotency_key::request_sha256.eq_any(too_many));
    diesel::delete(old).execute(conn).await.map(|_| ())
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
    let kept = match &answer.body {
        Kept::Sealed(sealed) => Some(sealed.as_str()),
        Kept::Secret | Kept::TooLong => None,
    };
    diesel::update(idempotency_key::table.find(request))
        .filter(idempotency_key::status.is_null())
        .set((
            idempotency_key::status.eq(Some(answer.status)),
            idempotency_key::answer.eq(kept),
            idempotency_key::too_long.eq(answer.body == Kept::TooLong),
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
