//! What happened to a transcript and was not told yet to those who watch.

use chrono::{DateTime, Utc};
use diesel::dsl::min;
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

/// An event that was not told yet.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery)]
#[diesel(table_name = untold)]
pub struct Untold {
    pub id: i64,
    /// JSON.
    pub event: String,
    pub noted_at: DateTime<Utc>,
}

/// What a transcript's watchers are to be told, in order. In a transaction: until it ends, whoever tells them too waits.
///
/// # Errors
/// Those of the database.
pub async fn take(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<Untold>> {
    untold::table
        .filter(untold::transcript_id.eq(transcript))
        .order(untold::id.asc())
        .select(Untold::as_select())
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

/// Transcripts of which something was not told, by processes that ended before they could, or that are about to: what waits longest
/// first.
///
/// # Errors
/// Those of the database.
pub async fn left(conn: &mut AsyncPgConnection) -> QueryResult<Vec<TranscriptId>> {
    untold::table
        .group_by(untold::transcript_id)
        .select(untold::transcript_id)
        .order(min(untold::id).asc())
        .load(conn)
        .await
}
