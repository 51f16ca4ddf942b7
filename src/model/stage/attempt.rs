use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::{Attempt, Stage, StageState, StageStatus, Why, list};
use crate::db::schema::{output, stage_run, stage_state, transcript};
use crate::ids::{OutputId, StageRunId, TranscriptId};
use crate::model::search;
use crate::model::text_enum::text_enum;
use crate::model::transcript::{Status, Transcript, get_locked};

/// How many times a stage may start without ever reporting back before it is held to be what kills its worker.
pub const MAX_STARTS: i32 = 4;

text_enum! {
    /// How an attempt ended.
    Outcome {
        Done = "done",
        Failed = "failed",
        /// It said that it could not go on, and may be tried again.
        Retry = "retry",
        /// Its worker died, or was taken for dead.
        Lost = "lost",
        /// A person asked for a new run meanwhile.
        Superseded = "superseded",
    }
}

/// What [`begin`] found.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Go ahead.
    Start { attempt: Attempt, transcript: Box<Transcript> },
    /// Nothing to do: an older run, finished or failed already, or the transcript is gone.
    Stale,
    /// It killed its worker too often and has been marked as failed, with this explanation.
    GaveUp(Why),
}

/// What [`finish`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is done, and these stages are to be put into the queue, in the same transaction.
    Done { ready: Vec<Stage>, run: i32, status: Status },
    /// Someone else has taken over: nothing was changed, and the caller's transaction should be rolled back.
    Stale,
}

/// Starts a stage for `worker`, in the caller's transaction. Whoever started it before is stale from now on.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    run: i32,
    stage: Stage,
    worker: &str,
    now: DateTime<Utc>,
) -> QueryResult<Begun> {
    let Some(row) = get_locked(conn, transcript).await?.filter(|row| row.deleted_at.is_none()) else {
        return Ok(Begun::Stale);
    };
    let Some(state) = state(conn, transcript, stage).await? else { return Ok(Begun::Stale) };
    if state.run != run || !matches!(state.status, StageStatus::Queued | StageStatus::Running) {
        return Ok(Begun::Stale);
    }
    // One that was running when we came never ended: its worker is gone, or as good as.
    close(conn, state.attempt, Outcome::Lost, None, now).await?;
    if state.starts >= MAX_STARTS {
        let why = Why {
            text: format!("stopped its worker {} times; it will not be tried again by itself", state.starts),
            remark: Some(json!({ "id": "why-gave-up", "values": { "count": state.starts } })),
        };
        mark_failed(conn, &row, stage, &why, now).await?;
        return Ok(Begun::GaveUp(why));
    }
    let attempt = Attempt { id: StageRunId::new(), transcript, run, stage };
    diesel::insert_into(stage_run::table)
        .values((
            stage_run::id.eq(attempt.id),
            stage_run::transcript_id.eq(transcript),
            stage_run::stage.eq(stage),
            stage_run::run.eq(run),
            stage_run::worker.eq(worker),
            stage_run::started_at.eq(now),
            stage_run::audio_seconds.eq(row.seconds()),
        ))
        .execute(conn)
        .await?;
    diesel::update(stage_state::table.find((transcript, stage)))
        .set((
            stage_state::status.eq(StageStatus::Running),
            stage_state::attempt.eq(Some(attempt.id)),
            stage_state::starts.eq(state.starts + 1),
            stage_state::progress.eq(0.0),
            stage_state::started_at.eq(Some(now)),
            stage_state::finished_at.eq(None::<DateTime<Utc>>),
            stage_state::error.eq(None::<String>),
            stage_state::error_remark.eq(None::<serde_json::Value>),
            stage_state::warning.eq(None::<String>),
            stage_state::warning_remark.eq(None::<serde_json::Value>),
            stage_state::note.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    derive_status(conn, &row).await?;
    Ok(Begun::Start { attempt, transcript: Box::new(row) })
}

/// Notes how far a stage is, 0 to 1, and what it waits for; false when the attempt is stale and should stop.
///
/// # Errors
/// Those of the database.
pub async fn progress(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    done: f32,
    note: Option<&str>,
) -> QueryResult<bool> {
    let done = if done.is_finite() { done.clamp(0.0, 1.0) } else { 0.0 };
    diesel::update(stage_state::table.find((attempt.transcript, attempt.stage)))
        .filter(stage_state::attempt.eq(Some(attempt.id)))
        .set((stage_state::progress.eq(done), stage_state::note.eq(note)))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Notes what a person should know about a stage although it does not fail; its next start forgets it. False when the
/// attempt is stale.
///
/// # Errors
/// Those of the database.
pub async fn warn(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    warning: impl Into<Why>,
) -> QueryResult<bool> {
    let Why { text, remark } = warning.into();
    diesel::update(stage_state::table.find((attempt.transcript, attempt.stage)))
        .filter(stage_state::attempt.eq(Some(attempt.id)))
        .set((stage_state::warning.eq(Some(text)), stage_state::warning_remark.eq(remark)))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Whether an attempt may still write. A transcript in the trash lets its work end.
///
/// # Errors
/// Those of the database.
pub async fn is_current(conn: &mut AsyncPgConnection, attempt: &Attempt) -> QueryResult<bool> {
    let state = state(conn, attempt.transcript, attempt.stage).await?;
    Ok(state.is_some_and(|state| state.attempt == Some(attempt.id)))
}

/// The same, and it stays so until the caller's transaction ends.
pub(in crate::model) async fn is_current_locked(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
) -> QueryResult<bool> {
    Ok(get_locked(conn, attempt.transcript).await?.is_some() && is_current(conn, attempt).await?)
}

/// Ends a stage well, in the caller's transaction: `made` becomes complete and the version that is shown.
///
/// # Errors
/// Those of the database.
pub async fn finish(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    made: Option<OutputId>,
    now: DateTime<Utc>,
) -> QueryResult<Finished> {
    let Some(row) = get_locked(conn, attempt.transcript).await? else { return Ok(Finished::Stale) };
    if !is_current(conn, attempt).await? {
        return Ok(Finished::Stale);
    }
    if let Some(made) = made {
        let completed = diesel::update(output::table.find(made))
            .filter(output::transcript_id.eq(attempt.transcript).and(output::stage.eq(attempt.stage)))
            .set(output::complete.eq(true))
            .execute(conn)
            .await?;
        if completed == 0 {
            return Err(diesel::result::Error::NotFound);
        }
        diesel::update(stage_state::table.find((attempt.transcript, attempt.stage)))
            .set(stage_state::current_output.eq(Some(made)))
            .execute(conn)
            .await?;
    }
    diesel::update(stage_state::table.find((attempt.transcript, attempt.stage)))
        .set((
            stage_state::status.eq(StageStatus::Done),
            stage_state::attempt.eq(None::<StageRunId>),
            stage_state::starts.eq(0),
            stage_state::progress.eq(1.0),
            stage_state::finished_at.eq(Some(now)),
            stage_state::error.eq(None::<String>),
            stage_state::error_remark.eq(None::<serde_json::Value>),
            stage_state::note.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    match attempt.stage {
        Stage::Assemble => search::refresh_words(conn, attempt.transcript).await?,
        Stage::Topics | Stage::Title | Stage::Summarize => {
            search::refresh_front(conn, attempt.transcript).await?;
        }
        _ => {}
    }
    close(conn, Some(attempt.id), Outcome::Done, None, now).await?;
    // The length is known only once the sound was read, so what began before is told now.
    diesel::update(stage_run::table.find(attempt.id))
        .set(stage_run::audio_seconds.eq(row.seconds()))
        .execute(conn)
        .await?;
    let ready = ready_after(conn, attempt.transcript, attempt.stage).await?;
    let status = derive_status(conn, &row).await?;
    Ok(Finished::Done { ready: ready.stages, run: ready.run, status })
}

/// The stages that `stage`'s end made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    pub stages: Vec<Stage>,
    /// The run that they belong to.
    pub run: i32,
}

/// Marks as queued what waits for nothing any more after the end of `stage`, in the caller's transaction and under the
/// lock of the transcript's row: of two stages that end at once, the later one finds the other done, and only it.
///
/// # Errors
/// Those of the database.
pub async fn ready_after(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    stage: Stage,
) -> QueryResult<Ready> {
    get_locked(conn, transcript).await?;
    let states = list(conn, transcript).await?;
    let find = |stage: Stage| states.iter().find(|state| state.stage == stage);
    let done = |stage: Stage| find(stage).is_some_and(|state| state.status == StageStatus::Done);
    let waiting: Vec<&StageState> = states
        .iter()
        .filter(|state| state.status == StageStatus::Waiting && state.stage.needs().contains(&stage))
        .filter(|state| state.stage.needs().iter().all(|need| done(*need)))
        .collect();
    let run = waiting.iter().map(|state| state.run).max().or(find(stage).map(|state| state.run));
    let stages: Vec<Stage> = waiting.into_iter().map(|state| state.stage).collect();
    queue(conn, transcript, &stages).await?;
    Ok(Ready { stages, run: run.unwrap_or_default() })
}

/// Ends a stage badly and for good, in the caller's transaction; what was made before stays. `error` is for a person.
/// False when the attempt is stale.
///
/// # Errors
/// Those of the database.
pub async fn fail(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    error: impl Into<Why>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let why = error.into();
    let Some(row) = get_locked(conn, attempt.transcript).await? else { return Ok(false) };
    if !is_current(conn, attempt).await? {
        return Ok(false);
    }
    close(conn, Some(attempt.id), Outcome::Failed, Some(&why.text), now).await?;
    mark_failed(conn, &row, attempt.stage, &why, now).await?;
    Ok(true)
}

/// Gives a stage back to the queue for a reason that may pass (also when the worker is asked to stop), in the caller's
/// transaction. It reported back, so it does not count as a start that killed its worker. False when stale.
///
/// # Errors
/// Those of the database.
pub async fn retry_later(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    error: impl Into<Why>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let why = error.into();
    if !is_current_locked(conn, attempt).await? {
        return Ok(false);
    }
    close(conn, Some(attempt.id), Outcome::Retry, Some(&why.text), now).await?;
    diesel::update(stage_state::table.find((attempt.transcript, attempt.stage)))
        .set((
            stage_state::status.eq(StageStatus::Queued),
            stage_state::attempt.eq(None::<StageRunId>),
            stage_state::starts.eq(stage_state::starts - 1),
            stage_state::progress.eq(0.0),
            stage_state::error.eq(Some(why.text)),
            stage_state::error_remark.eq(why.remark),
            stage_state::note.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    Ok(true)
}

pub(super) async fn state(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    stage: Stage,
) -> QueryResult<Option<StageState>> {
    StageState::query().find((transcript, stage)).first(conn).await.optional()
}

pub(super) async fn queue(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    stages: &[Stage],
) -> QueryResult<()> {
    diesel::update(stage_state::table)
        .filter(stage_state::transcript_id.eq(transcript).and(stage_state::stage.eq_any(stages)))
        .set(stage_state::status.eq(StageStatus::Queued))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Writes the end of an attempt into the history, unless it is there already.
pub(super) async fn close(
    conn: &mut AsyncPgConnection,
    attempt: Option<StageRunId>,
    outcome: Outcome,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(attempt) = attempt else { return Ok(()) };
    diesel::update(stage_run::table.find(attempt).filter(stage_run::outcome.is_null()))
        .set((
            stage_run::outcome.eq(Some(outcome)),
            stage_run::error.eq(error),
            stage_run::finished_at.eq(Some(now)),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

async fn mark_failed(
    conn: &mut AsyncPgConnection,
    row: &Transcript,
    stage: Stage,
    why: &Why,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(stage_state::table.find((row.id, stage)))
        .set((
            stage_state::status.eq(StageStatus::Failed),
            stage_state::attempt.eq(None::<StageRunId>),
            stage_state::finished_at.eq(Some(now)),
            stage_state::error.eq(Some(why.text.as_str())),
            stage_state::error_remark.eq(why.remark.as_ref()),
            stage_state::note.eq(None::<String>),
        ))
        .execute(conn)
        .await?;
    derive_status(conn, row).await.map(|_| ())
}

/// Writes what the stages say about the transcript as a whole; the write also tells readers that something changed.
pub(super) async fn derive_status(conn: &mut AsyncPgConnection, row: &Transcript) -> QueryResult<Status> {
    let states: Vec<StageStatus> = list(conn, row.id).await?.into_iter().map(|state| state.status).collect();
    let status = overall(&states).unwrap_or(row.status);
    diesel::update(transcript::table.find(row.id)).set(transcript::status.eq(status)).execute(conn).await?;
    Ok(status)
}

/// One status out of many; `None` when there are no stages yet.
fn overall(stages: &[StageStatus]) -> Option<Status> {
    let any = |wanted: StageStatus| stages.contains(&wanted);
    match stages {
        [] => None,
        _ if any(StageStatus::Failed) => Some(Status::Error),
        _ if stages.iter().all(|status| *status == StageStatus::Done) => Some(Status::Ended),
        _ if any(StageStatus::Running) || any(StageStatus::Done) => Some(Status::Processing),
        _ => Some(Status::Uploaded),
    }
}

#[cfg(test)]
mod tests {
    use super::StageStatus::{Done, Failed, Queued, Running, Waiting};
    use super::*;

    #[test]
    fn the_stages_say_how_the_transcript_stands() {
        for (stages, expected) in [
            (&[][..], None),
            (&[Queued, Waiting], Some(Status::Uploaded)),
            (&[Running, Waiting], Some(Status::Processing)),
            (&[Done, Queued], Some(Status::Processing)),
            (&[Done, Running, Failed], Some(Status::Error)),
            (&[Done, Done], Some(Status::Ended)),
        ] {
            assert_eq!(overall(stages), expected, "{stages:?}");
        }
    }
}
