use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::announce;
use super::tell::note;
use crate::clock;
use crate::ids::TranscriptId;
use crate::model::Stage;
use crate::model::stage::{self, Restart, StageStatus};
use crate::model::transcript;
use crate::queue::{self, StageJob};

/// Starts the work on a recording that has just become complete, in the caller's transaction; [`tell`](super::tell()) follows it.
///
/// # Errors
/// Those of the database.
pub async fn start(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Option<Restart>> {
    reprocess(conn, transcript, Some(Stage::Ingest)).await
}

/// Runs a transcript again, in the caller's transaction: from a stage on, or, without one, from what failed, or, when
/// nothing failed, from the beginning. What is shown stays until the new versions are complete. [`tell`](super::tell()) follows it.
///
/// `None` when there is no such transcript, or when `from` needs a stage that is not done.
///
/// # Errors
/// Those of the database.
pub async fn reprocess(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    from: Option<Stage>,
) -> QueryResult<Option<Restart>> {
    let now = clock::now();
    let restart = match from {
        Some(stage) => stage::restart(conn, transcript, stage, now).await?,
        None if any_failed(conn, transcript).await? => stage::retry_failed(conn, transcript, now).await?,
        None => stage::restart(conn, transcript, Stage::Ingest, now).await?,
    };
    if let Some(restart) = &restart {
        for stage in &restart.ready {
            queue::enqueue(conn, &StageJob::new(transcript, restart.run, *stage)).await?;
        }
        note(conn, transcript, &[announce::status(restart.status)]).await?;
    }
    Ok(restart)
}

/// Takes a transcript out of the trash; false when it was not there. What a worker left undone because it was in the trash is put into
/// the queue again; a job that is there still stays as it is.
///
/// # Errors
/// Those of the database.
pub async fn restore(conn: &mut AsyncPgConnection, of: TranscriptId) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        if !transcript::restore(conn, of).await? {
            return Ok(false);
        }
        for state in stage::list(conn, of).await? {
            if matches!(state.status, StageStatus::Queued | StageStatus::Running) {
                queue::enqueue(conn, &StageJob::new(of, state.run, state.stage)).await?;
            }
        }
        Ok(true)
    })
    .await
}

async fn any_failed(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<bool> {
    let states = stage::list(conn, transcript).await?;
    Ok(states.iter().any(|state| state.status == StageStatus::Failed))
}
