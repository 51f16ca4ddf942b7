//! Keys of requests that a client may send again, with the answers they got.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::idempotency_key;
use crate::ids::TranscriptId;

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
    let (made, known, answer): (Option<TranscriptId>, String, String) =
        diesel::insert_into(idempotency_key::table)
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
                idempotency_key::body_sha256,
                idempotency_key::answer,
            ))
            .get_result(conn)
            .await?;
    Ok(match made {
        None => Claim::New,
        Some(_) if known == body_sha256 => Claim::Same { answer },
        Some(_) => Claim::Other,
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
    made: TranscriptId,
    answer: &str,
) -> QueryResult<()> {
    diesel::update(idempotency_key::table.find((asker, key)))
        .set((idempotency_key::transcript_id.eq(Some(made)), idempotency_key::answer.eq(answer)))
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
