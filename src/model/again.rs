//! What failed and is tried again by itself: which transcripts wait for it, and how often each was tried.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::stage::StageStatus;
use super::transcript::Status;
use crate::db::schema::{again, stage_state, transcript};
use crate::ids::TranscriptId;

/// A transcript that was tried again by itself.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, Insertable, AsChangeset)]
#[diesel(table_name = again)]
pub struct Tried {
    pub transcript_id: TranscriptId,
    /// The run that was begun last.
    pub run: i32,
    /// How often, with nobody else's run in between.
    pub tries: i32,
    pub tried_at: DateTime<Utc>,
}

/// Transcripts of which something failed after `from` and before `to`, the longest ago first; not those in the trash, locked, or without
/// a recording.
///
/// # Errors
/// Those of the database.
pub async fn failed(
    conn: &mut AsyncPgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> QueryResult<Vec<TranscriptId>> {
    let mut ids: Vec<TranscriptId> = stage_state::table
        .inner_join(transcript::table.on(transcript::id.eq(stage_state::transcript_id)))
        .filter(stage_state::status.eq(StageStatus::Failed))
        .filter(stage_state::finished_at.ge(from).and(stage_state::finished_at.lt(to)))
        .filter(transcript::status.eq(Status::Error).and(transcript::deleted_at.is_null()))
        .filter(transcript::locked.eq(false).and(transcript::recording_id.is_not_null()))
        .order((stage_state::finished_at.asc(), transcript::id.asc()))
        .select(transcript::id)
        .load(conn)
        .await?;
    // Of two stages that failed at once, one is enough.
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    Ok(ids)
}

/// How often these were tried; those that never were are not there.
///
/// # Errors
/// Those of the database.
pub async fn tried(
    conn: &mut AsyncPgConnection,
    transcripts: &[TranscriptId],
) -> QueryResult<HashMap<TranscriptId, Tried>> {
    let rows: Vec<Tried> = Tried::query().filter(again::transcript_id.eq_any(transcripts)).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.transcript_id, row)).collect())
}

/// Notes that one was tried, in the transaction that begins its run.
///
/// # Errors
/// Those of the database.
pub async fn note(conn: &mut AsyncPgConnection, tried: &Tried) -> QueryResult<()> {
    diesel::insert_into(again::table)
        .values(tried)
        .on_conflict(again::transcript_id)
        .do_update()
        .set(tried)
        .execute(conn)
        .await
        .map(|_| ())
}
