//! What happened to a transcript and was not told yet to those who watch.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::untold;
use crate::ids::TranscriptId;

/// Notes events, as JSON, in the caller's transaction: with what they tell of.
///
/// # Errors
/// Those of the database.
pub async fn note(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    events: &[String],
) -> QueryResult<()> {
    let rows: Vec<_> =
        events.iter().map(|event| (untold::transcript_id.eq(transcript), untold::event.eq(event))).collect();
    diesel::insert_into(untold::table).values(rows).execute(conn).await.map(|_| ())
}

/// What a transcript's watchers are to be told, in order. In a transaction: until it ends, whoever tells them too waits.
///
/// # Errors
/// Those of the database.
pub async fn take(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<(i64, String)>> {
    untold::table
        .filter(untold::transcript_id.eq(transcript))
        .order(untold::id.asc())
        .select((untold::id, untold::event))
        .for_update()
        .load(conn)
        .await
}

/// Forgets what was told, in the same transaction.
///
/// # Errors
/// Those of the database.
pub async fn told(conn: &mut AsyncPgConnection, ids: &[i64]) -> QueryResult<()> {
    diesel::delete(untold::table.filter(untold::id.eq_any(ids))).execute(conn).await.map(|_| ())
}

/// Transcripts of which something was not told: by processes that ended before they could, or that are about to.
///
/// # Errors
/// Those of the database.
pub async fn left(conn: &mut AsyncPgConnection) -> QueryResult<Vec<TranscriptId>> {
    untold::table.select(untold::transcript_id).distinct().load(conn).await
}
