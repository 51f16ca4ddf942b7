//! The only place that names the job engine: graphile_worker on the PostgreSQL we already have.
//!
//! A job is a stage of a transcript, an event that a webhook is told, or a letter or message to be sent. It enters the queue in the caller's own transaction ([`enqueue`]), is picked up
//! through LISTEN/NOTIFY by a process that works its [`Group`] ([`Queue::work`]), goes back when the process that held
//! it falls silent, and is retried with growing pauses when it fails for a reason that may pass.

mod enqueue;
mod pulse;
mod secure;
mod worker;

use std::sync::Arc;

use deadpool_postgres::Pool;
use graphile_worker::tokio_postgres::TokioPostgresDatabase;
use graphile_worker::{Database, WorkerOptions};
use serde::{Deserialize, Serialize};

use crate::db::{Address, Proof};
use crate::ids::{DeliveryId, SendingId, TranscriptId};
use crate::model::Stage;

pub use enqueue::{
    Backlog, MAX_ATTEMPTS, MAX_DELIVERIES, Pending, backlog, enqueue, enqueue_delivery, enqueue_sending,
    pending,
};
pub use worker::{Attempt, Handler, Retry, WorkerSettings};

/// What a process offers to do; `reflector work --queues media,speech`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// ffmpeg and storage.
    Media,
    /// The speech engine: one job at a time, since the engine is one thread.
    Speech,
    /// Understanding and what follows it: waits on other servers more than it computes.
    Llm,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Media, Self::Speech, Self::Llm];

    /// Which workers do a stage.
    pub fn of(stage: Stage) -> Self {
        match stage {
            Stage::Ingest | Stage::Assemble => Self::Media,
            Stage::Transcribe | Stage::Diarize => Self::Speech,
            Stage::Topics | Stage::Title | Stage::Summarize | Stage::Deliver => Self::Llm,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Speech => "speech",
            Self::Llm => "llm",
        }
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|group| group.name() == text)
            .ok_or_else(|| format!("{text:?} is no queue; there are media, speech and llm"))
    }
}

/// One stage of one run of a transcript: ids only, never content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageJob {
    pub transcript: TranscriptId,
    /// Which run of the transcript; a job of an older run does nothing.
    pub run: i32,
    pub stage: Stage,
}

impl StageJob {
    pub fn new(transcript: TranscriptId, run: i32, stage: Stage) -> Self {
        Self { transcript, run, stage }
    }

    /// What makes two jobs the same one.
    fn key(&self) -> String {
        format!("{}:{}:{}", self.stage, self.transcript, self.run)
    }

    /// The job that has this key; `None`: it is no stage's.
    fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split(':');
        let (stage, transcript, run) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self::new(transcript.parse().ok()?, run.parse().ok()?, stage.parse().ok()?))
            .filter(|_| parts.next().is_none())
    }
}

/// An event for a webhook; the group `llm` delivers it, which waits on other servers anyway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryJob {
    pub delivery: DeliveryId,
}

/// A letter or a message, likewise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingJob {
    pub sending: SendingId,
}

/// The queue can't be reached or used.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("the job queue: {0}")]
    Connect(String),
    #[error("the job queue's tables could not be set up: {0}")]
    Init(String),
}

/// A handle on the queue with connections of its own; cheap to clone.
#[derive(Clone)]
pub struct Queue {
    database: Database,
    pool: Pool,
    workers: pulse::Workers,
}

/// Key of the advisory lock that keeps two processes from creating the queue's tables at once ("reflectq").
const INIT_LOCK: i64 = 0x7265_666c_6563_7471;

impl Queue {
    /// Opens up to `connections` (at least 4) connections, on demand; none is made yet.
    ///
    /// # Errors
    /// The address can't be understood, or names an authority that can't be used.
    pub fn new(at: impl Into<Address>, connections: usize) -> Result<Self, QueueError> {
        let failed = |error: &dyn std::fmt::Display| QueueError::Connect(error.to_string());
        let (config, proof) = at.into().parts().map_err(|error| failed(&error))?;
        let connections = connections.max(4);
        Ok(match proof {
            Proof::Nothing => {
                let driver = TokioPostgresDatabase::from_config(config, connections)
                    .map_err(|error| failed(&error))?;
                let pool = driver.pool().clone();
                Self { database: driver.into(), pool, workers: Default::default() }
            }
            Proof::Certificate(tls) => {
                let driver =
                    secure::Driver::new(config, *tls, connections).map_err(|error| failed(&error))?;
                let pool = driver.pool().clone();
                Self { database: Database::new(driver), pool, workers: Default::default() }
            }
        })
    }

    /// Creates or updates the engine's own tables (schema `graphile_worker`). Needed before the first [`enqueue`].
    ///
    /// # Errors
    /// PostgreSQL can't be reached, or the tables are those of a newer engine.
    pub async fn init(&self) -> Result<(), QueueError> {
        let guard = self.pool.get().await.map_err(|error| QueueError::Connect(error.to_string()))?;
        guard
            .execute("select pg_advisory_lock($1)", &[&INIT_LOCK])
            .await
            .map_err(|error| QueueError::Init(error.to_string()))?;
        let outcome = WorkerOptions::default()
            .database(self.database.clone())
            .listen_os_shutdown_signals(false)
            .init()
            .await
            .map_err(|error| QueueError::Init(error.to_string()));
        let unlocked = guard.execute("select pg_advisory_unlock($1)", &[&INIT_LOCK]).await;
        outcome?;
        unlocked.map(|_| ()).map_err(|error| QueueError::Init(error.to_string()))
    }

    /// Works through the jobs of one group until `settings.stop`, whatever happens to the database meanwhile.
    pub async fn work(&self, settings: WorkerSettings, handler: Arc<dyn Handler>) {
        worker::work(&self.database, &self.workers, settings, handler).await;
    }
}

/// Creates or updates the queue's tables in that database.
///
/// # Errors
/// As [`Queue::init`].
pub async fn init(at: impl Into<Address>) -> Result<(), QueueError> {
    Queue::new(at, 4)?.init().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_from_its_name_and_an_unknown_one_is_refused() {
        for group in Group::ALL {
            assert_eq!(group.name().parse::<Group>(), Ok(group));
        }
        assert!("gpu".parse::<Group>().unwrap_err().contains("media, speech and llm"));
    }

    #[test]
    fn a_job_is_the_same_one_only_within_its_run() {
        let job = StageJob::new(TranscriptId::new(), 1, Stage::Ingest);
        let again = StageJob { run: 2, ..job.clone() };
        assert_ne!(job.key(), again.key());
        assert_eq!(StageJob::of_key(&again.key()), Some(again));
        assert_eq!(StageJob::of_key("webhook:0198"), None);
        let text = serde_json::to_string(&job).unwrap();
        assert_eq!(serde_json::from_str::<StageJob>(&text).unwrap(), job);
    }
}
