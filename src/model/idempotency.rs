//! Keys of requests that a client may send again, with the answers they got.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::idempotency_key;
use crate::ids::{RoomId, TranscriptId};

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and the caller's until its transaction ends.
    New,
    /// It came with the same body before, and got this answer.
    Same { answer: String },
    /// It came with another body.
    Other,
}

/// What a request made. When that is gone for good, its key is free again.
#[derive(Clone, Copy, Debug)]
pub enum Made {
    Transcript(TranscriptId),
    Room(RoomId),
}

impl From<TranscriptId> for Made {
    fn from(id: TranscriptId) -> Self {
        Self::Transcript(id)
    }
}

impl From<RoomId> for Made {
    fn from(id: RoomId) -> Self {
        Self::Room(id)
    }
}

/// Takes a key for a request, in the caller's transaction. Of several at once one takes it; the others wait for its answer.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    asker: &str,
    key: &str,
    body_sha256: &str,
) -> QueryResult<Claim> {
    // Written again where it is known, so that it is held and can't be forgotten meanwhile.
    type Known = (Option<TranscriptId>, Option<RoomId>, String, String);
    let (transcript, room, known, answer): Known = diesel::insert_into(idempotency_key::table)
        .values((
            idempotency_key::asker.eq(asker),
            idempotency_key::key.eq(key),
            idempotency_key::body_sha256.eq(body_sha256),
            idempotency_key::answer.eq(""),
        ))
        .on_conflict((idempotency_key::asker, idempotency_key::key))
        .do_update()
        .set(idempotency_key::key.eq(key))
        .returning((
            idempotency_key::transcript_id,
            idempotency_key::room_id,
            idempotency_key::body_sha256,
            idempotency_key::answer,
        ))
        .get_result(conn)
        .await?;
    Ok(match (transcript, room) {
        (None, None) => Claim::New,
        _ if known == body_sha256 => Claim::Same { answer },
        _ => Claim::Other,
    })
}

/// Keeps the answer to a key that is the caller's, and what was made; without that the key is free again.
///
/// # Errors
/// Those of the database.
pub async fn answer(
    conn: &mut AsyncPgConnection,
    asker: &str,
    key: &str,
    made: Made,
    answer: &str,
) -> QueryResult<()> {
    let (transcript, room) = match made {
        Made::Transcript(id) => (Some(id), None),
        Made::Room(id) => (None, Some(id)),
    };
    diesel::update(idempotency_key::table.find((asker, key)))
        .set((
            idempotency_key::transcript_id.eq(transcript),
            idempotency_key::room_id.eq(room),
            idempotency_key::answer.eq(answer),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Forgets keys that came before `before`.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(idempotency_key::table.filter(idempotency_key::created_at.lt(before))).execute(conn).await
}
