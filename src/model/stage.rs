//! Where each stage of a transcript stands, and the rules by which that changes.
//!
//! Every change locks the transcript's row first, so changes to one transcript come one after another. A start hands out
//! an [`Attempt`]; only the newest attempt of a stage may write, and any other finds itself stale. That makes it harmless
//! to run a job twice, or to go on after the queue believed a worker dead.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use super::text_enum::text_enum;
use crate::db::schema::stage_state;
use crate::ids::{OutputId, StageRunId, TranscriptId};

mod attempt;
mod failed;
mod restart;
mod why;

pub(super) use attempt::is_current_locked;
pub use attempt::{
    Begun, Finished, MAX_STARTS, begin, fail, finish, is_current, progress, ready_after, retry_later, warn,
};
pub use failed::{Failed, failed};
pub use restart::{Restart, restart, retry_failed};
pub use why::Why;

text_enum! {
    /// One step of a recording's way.
    Stage {
        /// ffmpeg: PCM, mp3, peaks.
        Ingest = "ingest",
        /// Sound to words.
        Transcribe = "transcribe",
        /// Who speaks when.
        Diarize = "diarize",
        /// Words and speakers together.
        Assemble = "assemble",
        Topics = "topics",
        Title = "title",
        /// Summaries and action items.
        Summarize = "summarize",
        /// Tell those who wait for it.
        Deliver = "deliver",
    }
}

impl Stage {
    /// The stages whose output it reads: it is ready when they are done.
    pub const fn needs(self) -> &'static [Self] {
        match self {
            Self::Ingest => &[],
            Self::Transcribe | Self::Diarize => &[Self::Ingest],
            Self::Assemble => &[Self::Transcribe, Self::Diarize],
            Self::Topics => &[Self::Assemble],
            Self::Title => &[Self::Topics],
            Self::Summarize => &[Self::Title],
            Self::Deliver => &[Self::Summarize],
        }
    }

    /// The stages that must run again when this one does, directly or through others, in order.
    pub fn dependents(self) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for &stage in Self::ALL {
            if stage.needs().iter().any(|need| *need == self || found.contains(need)) {
                found.push(stage);
            }
        }
        found
    }
}

text_enum! {
    /// What a stage is doing.
    StageStatus {
        /// For others.
        Waiting = "waiting",
        /// Ready; for a worker.
        Queued = "queued",
        Running = "running",
        Done = "done",
        /// For good; a person may try again.
        Failed = "failed",
    }
}

/// A stage of a transcript.
#[derive(Clone, Debug, HasQuery, Serialize, ToSchema)]
#[diesel(table_name = stage_state)]
pub struct StageState {
    pub stage: Stage,
    /// The run that its status is about.
    pub run: i32,
    pub status: StageStatus,
    /// The attempt that may write, while running.
    #[serde(skip)]
    pub attempt: Option<StageRunId>,
    /// Starts in this run that never reported back.
    pub starts: i32,
    /// 0 to 1.
    pub progress: f32,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed, in words for a person; while it waits for a retry, why the last try failed.
    pub error: Option<String>,
    /// What went well only in part, in words for a person: it did its work all the same.
    pub warning: Option<String>,
    /// The same as a text of the catalogue, where it is one: [`Why::remark`].
    #[serde(skip)]
    pub error_remark: Option<serde_json::Value>,
    #[serde(skip)]
    pub warning_remark: Option<serde_json::Value>,
    /// What it waits for while it runs, in words for a person: the model being loaded, say.
    pub note: Option<String>,
    /// The version that is shown.
    pub current_output: Option<OutputId>,
}

impl StageState {
    /// One that nothing has happened to yet.
    pub fn waiting(stage: Stage, run: i32) -> Self {
        Self {
            stage,
            run,
            status: StageStatus::Waiting,
            attempt: None,
            starts: 0,
            progress: 0.0,
            started_at: None,
            finished_at: None,
            error: None,
            warning: None,
            error_remark: None,
            warning_remark: None,
            note: None,
            current_output: None,
        }
    }
}

/// The right to write for one stage; see the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub id: StageRunId,
    pub transcript: TranscriptId,
    pub run: i32,
    pub stage: Stage,
}

/// The stages of a transcript, in order; empty before its first run.
///
/// # Errors
/// Those of the database.
pub async fn list(mut conn: &AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<StageState>> {
    let mut states: Vec<StageState> =
        StageState::query().filter(stage_state::transcript_id.eq(transcript)).load(&mut conn).await?;
    states.sort_by_key(|state| state.stage);
    Ok(states)
}

/// Whether any of these is at work, or waits for a worker.
pub fn busy(states: &[StageState]) -> bool {
    states.iter().any(|state| matches!(state.status, StageStatus::Queued | StageStatus::Running))
}

/// The stages of several transcripts, each in order; those without a run are not there.
///
/// # Errors
/// Those of the database.
pub async fn of(
    conn: &mut AsyncPgConnection,
    transcripts: &[TranscriptId],
) -> QueryResult<HashMap<TranscriptId, Vec<StageState>>> {
    let mut of: HashMap<TranscriptId, Vec<StageState>> = HashMap::new();
    let query = stage_state::table.filter(stage_state::transcript_id.eq_any(transcripts));
    let rows: Vec<(TranscriptId, StageState)> =
        query.select((stage_state::transcript_id, StageState::as_select())).load(conn).await?;
    for (transcript, state) in rows {
        of.entry(transcript).or_default().push(state);
    }
    for states in of.values_mut() {
        states.sort_by_key(|state| state.stage);
    }
    Ok(of)
}

/// How many stages of all transcripts have failed for good.
///
/// # Errors
/// Those of the database.
pub async fn count_failed(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    stage_state::table.filter(stage_state::status.eq(StageStatus::Failed)).count().get_result(conn).await
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A stage of a first run, of which nothing else is known.
    pub(crate) fn state(stage: Stage, status: StageStatus, progress: f32) -> StageState {
        StageState { status, progress, ..StageState::waiting(stage, 1) }
    }

    #[test]
    fn every_stage_comes_after_what_it_needs() {
        for stage in Stage::ALL {
            assert!(stage.needs().iter().all(|need| need < stage), "{stage}");
        }
    }

    #[test]
    fn dependents_are_all_that_follow_and_not_the_neighbour() {
        assert_eq!(Stage::Ingest.dependents(), Stage::ALL[1..]);
        assert_eq!(Stage::Diarize.dependents(), Stage::ALL[3..]);
        assert_eq!(Stage::Transcribe.dependents(), Stage::ALL[3..]);
        assert!(Stage::Deliver.dependents().is_empty());
    }

    #[test]
    fn words_are_the_same_everywhere() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse::<Stage>().as_ref(), Ok(stage));
            assert_eq!(serde_json::to_string(stage).unwrap(), format!("\"{stage}\""));
        }
        assert!("ingestion".parse::<Stage>().unwrap_err().contains("ingest, transcribe"));
    }
}
