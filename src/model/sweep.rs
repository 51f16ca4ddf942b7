//! What a sweep of the storage asks: which uploads were abandoned, and which objects no row names.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::recording::{Recording, RecordingStatus};
use crate::db::schema::{recording, transcript};
use crate::ids::{RecordingId, TranscriptId};

/// Uploads that began before `before`, never became complete, and have had no new part since then. What is being made in a browser is
/// not among them: it is finished as it is ([`super::recording::open::silent`]).
///
/// # Errors
/// Those of the database.
pub async fn abandoned_recordings(
    conn: &mut AsyncPgConnection,
    before: DateTime<Utc>,
) -> QueryResult<Vec<Recording>> {
    use crate::db::schema::upload_part;
    let fresh = upload_part::table
        .filter(upload_part::recording_id.eq(recording::id))
        .filter(upload_part::received_at.ge(before));
    Recording::query()
        .filter(recording::status.eq(RecordingStatus::Pending))
        .filter(recording::total_parts.is_not_null())
        .filter(recording::created_at.lt(before))
        .filter(diesel::dsl::not(diesel::dsl::exists(fresh)))
        .order(recording::created_at.asc())
        .limit(1000)
        .load(conn)
        .await
}

/// Forgets an upload that never became complete; its objects are to be removed first. False when it is complete by now.
///
/// # Errors
/// Those of the database.
pub async fn forget_recording(conn: &mut AsyncPgConnection, id: RecordingId) -> QueryResult<bool> {
    diesel::delete(recording::table.find(id).filter(recording::status.eq(RecordingStatus::Pending)))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Those of `ids` that no recording has: their objects are nobody's.
///
/// # Errors
/// Those of the database.
pub async fn unnamed_recordings(
    conn: &mut AsyncPgConnection,
    ids: &[RecordingId],
) -> QueryResult<Vec<RecordingId>> {
    let known: HashSet<RecordingId> = recording::table
        .filter(recording::id.eq_any(ids))
        .select(recording::id)
        .load::<RecordingId>(conn)
        .await?
        .into_iter()
        .collect();
    Ok(ids.iter().copied().filter(|id| !known.contains(id)).collect())
}

/// Those of `ids` that no transcript has.
///
/// # Errors
/// Those of the database.
pub async fn unnamed_transcripts(
    conn: &mut AsyncPgConnection,
    ids: &[TranscriptId],
) -> QueryResult<Vec<TranscriptId>> {
    let known: HashSet<TranscriptId> = transcript::table
        .filter(transcript::id.eq_any(ids))
        .select(transcript::id)
        .load::<TranscriptId>(conn)
        .await?
        .into_iter()
        .collect();
    Ok(ids.iter().copied().filter(|id| !known.contains(id)).collect())
}
