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

/// Takes what a transcript's watchers are to be told, in order. In a transaction: until it ends, whoever takes too waits.
///
/// # Errors
/// Those of the database.
pub async fn take(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<String>> {
    let mut taken: Vec<(i64, String)> =
        diesel::delete(untold::table.filter(untold::transcript_id.eq(transcript)))
            .returning((untold::id, untold::event))
            .get_results(conn)
            .await?;
    taken.sort_unstable_by_key(|(id, _)| *id);
    Ok(taken.into_iter().map(|(_, event)| event).collect())
}

/// Transcripts of which something was not told: by processes that ended before they could, or that are about to.
///
/// # Errors
/// Those of the database.
pub async fn left(conn: &mut AsyncPgConnection) -> QueryResult<Vec<TranscriptId>> {
    untold::table.select(untold::transcript_id).distinct().load(conn).await
}
