use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::attempt::{Outcome, close, derive_status, queue};
use super::{Stage, StageStatus, list};
use crate::db::schema::{stage_state, transcript};
use crate::ids::{StageRunId, TranscriptId};
use crate::model::transcript::{Status, get_locked};

/// A new run: what to put into the queue, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    pub run: i32,
    pub ready: Vec<Stage>,
    pub status: Status,
}

/// Runs a transcript again from `from`, in the caller's transaction: that stage and all that depend on it start over in
/// a new run; the others keep what they have and go on. Also the first start, from [`Stage::Ingest`].
///
/// What is shown stays until the new versions are complete. `None` when the transcript is gone, or when `from` needs a
/// stage that is not done.
///
/// # Errors
/// Those of the database.
pub async fn restart(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    from: Stage,
    now: DateTime<Utc>,
) -> QueryResult<Option<Restart>> {
    start_over(conn, transcript, &[from], now).await
}

/// Tries again what failed: as [`restart`] from each failed stage. `None` when nothing failed.
///
/// # Errors
/// Those of the database.
pub async fn retry_failed(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Restart>> {
    get_locked(conn, transcript).await?;
    let failed: Vec<Stage> = list(conn, transcript)
        .await?
        .into_iter()
        .filter(|state| state.status == StageStatus::Failed)
        .map(|state| state.stage)
        .collect();
    start_over(conn, transcript, &failed, now).await
}

async fn start_over(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    from: &[Stage],
    now: DateTime<Utc>,
) -> QueryResult<Option<Restart>> {
    let Some(row) = get_locked(conn, transcript).await?.filter(|row| row.deleted_at.is_none()) else {
        return Ok(None);
    };
    let states = list(conn, transcript).await?;
    let again: Vec<Stage> = Stage::ALL
        .iter()
        .copied()
        .filter(|stage| from.iter().any(|first| first == stage || first.dependents().contains(stage)))
        .collect();
    let done = |stage: &Stage| {
        !again.contains(stage)
            && states.iter().any(|state| state.stage == *stage && state.status == StageStatus::Done)
    };
    let ready: Vec<Stage> = again.iter().copied().filter(|stage| stage.needs().iter().all(done)).collect();
    if ready.is_empty() {
        return Ok(None);
    }
    for state in states.iter().filter(|state| again.contains(&state.stage)) {
        close(conn, state.attempt, Outcome::Superseded, None, now).await?;
    }
    let run = row.run + 1;
    diesel::update(transcript::table.find(transcript)).set(transcript::run.eq(run)).execute(conn).await?;
    let rows: Vec<_> = again
        .iter()
        .map(|stage| {
            (
                stage_state::transcript_id.eq(transcript),
                stage_state::stage.eq(*stage),
                stage_state::run.eq(run),
            )
        })
        .collect();
    diesel::insert_into(stage_state::table).values(rows).on_conflict_do_nothing().execute(conn).await?;
    diesel::update(stage_state::table)
        .filter(stage_state::transcript_id.eq(transcript).and(stage_state::stage.eq_any(&again)))
        .set((
            stage_state::run.eq(run),
            stage_state::status.eq(StageStatus::Waiting),
            stage_state::attempt.eq(None::<StageRunId>),
            stage_state::starts.eq(0),
            stage_state::progress.eq(0.0),
            stage_state::started_at.eq(None::<DateTime<Utc>>),
            stage_state::finished_at.eq(None::<DateTime<Utc>>),
            stage_state::error.eq(None::<String>),
            stage_state::error_remark.eq(None::<serde_json::Value>),
            stage_state::warning.eq(None::<String>),
            stage_state::warning_remark.eq(None::<serde_json::Value>),
            stage_state::note.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    queue(conn, transcript, &ready).await?;
    let status = derive_status(conn, &row).await?;
    Ok(Some(Restart { run, ready, status }))
}
