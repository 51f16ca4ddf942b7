//! What a stage is given, and how it writes.

use std::ops::ControlFlow;
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use tempfile::TempDir;
use tokio::time::Instant;

use super::environment::Environment;
use super::error::JobError;
use super::progress::Progress;
use super::run::why;
use crate::audio::{Cancel, PcmFile};
use crate::catalogue::Remark;
use crate::clock;
use crate::db::DbError;
use crate::ids::OutputId;
use crate::model::stage::{self, Attempt};
use crate::model::{Transcript, output};
use crate::storage::StorageKey;

/// What a stage is given: whose it is, what it may touch, where its scratch files go and how it says how far it is.
pub(super) struct Context {
    pub env: Environment,
    pub attempt: Attempt,
    /// As it was when the stage began.
    pub transcript: Transcript,
    /// Empty at first, gone at the end.
    pub folder: TempDir,
    pub progress: Progress,
    /// Fires when the job is dropped or stale.
    pub cancel: Cancel,
}

/// Runs `$body` in a transaction, and again when the database went away in the middle: what a stage has worked out must
/// not be lost because PostgreSQL restarts. A macro, since the body borrows from its surroundings and must stay `Send`.
macro_rules! write {
    ($env:expr, async |$conn:ident| $body:expr) => {{
        let mut patience = crate::jobs::context::Patience::default();
        loop {
            let outcome: Result<_, crate::db::DbError> = async {
                use diesel_async::AsyncConnection as _;
                let mut pooled = $env.pool.get().await?;
                let plain: &mut diesel_async::AsyncPgConnection = &mut pooled;
                let value = plain.transaction(async |$conn| -> diesel::QueryResult<_> { $body }).await?;
                Ok(value)
            }
            .await;
            match patience.judge(outcome).await {
                std::ops::ControlFlow::Break(result) => break result,
                std::ops::ControlFlow::Continue(()) => {}
            }
        }
    }};
}
pub(super) use write;

/// For how long a lost database is waited for, before what a stage has done is given up and its job retried.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
const BETWEEN: Duration = Duration::from_millis(500);

/// Counts how long the database has been away.
#[derive(Default)]
pub(super) struct Patience {
    since: Option<Instant>,
}

impl Patience {
    /// Breaks with the result, or continues after a pause when the same may succeed then.
    pub async fn judge<T>(&mut self, outcome: Result<T, DbError>) -> ControlFlow<Result<T, JobError>> {
        let error = match outcome {
            Ok(value) => return ControlFlow::Break(Ok(value)),
            // What this belongs to was removed meanwhile: by a newer attempt, or by whoever deleted the transcript.
            Err(DbError::Query(QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))) => {
                return ControlFlow::Break(Err(JobError::Stale));
            }
            Err(error) => error,
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        if !may_pass(&error) || since.elapsed() > LONGEST_WAIT {
            return ControlFlow::Break(Err(error.into()));
        }
        tracing::warn!(%error, "the database is away; waiting for it");
        tokio::time::sleep(BETWEEN).await;
        ControlFlow::Continue(())
    }
}

fn may_pass(error: &DbError) -> bool {
    match error {
        DbError::Connect(_) => true,
        DbError::Query(QueryError::DatabaseError(kind, _)) => {
            matches!(
                kind,
                DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::SerializationFailure
                    | DatabaseErrorKind::ReadOnlyTransaction
            ) || is_shutdown(kind, error)
        }
        DbError::Query(QueryError::BrokenTransactionManager | QueryError::AlreadyInTransaction) => true,
        _ => false,
    }
}

/// PostgreSQL ending ("terminating connection due to administrator command") has no kind of its own in diesel.
fn is_shutdown(kind: &DatabaseErrorKind, error: &DbError) -> bool {
    let text = error.to_string();
    matches!(kind, DatabaseErrorKind::Unknown)
        && ["terminating connection", "shutting down", "starting up", "recovery mode"]
            .iter()
            .any(|sign| text.contains(sign))
}

impl Context {
    /// The recording's sound, as the ingest stage left it.
    pub async fn pcm(&self) -> Result<PcmFile, JobError> {
        let path = self.folder.path().join("pcm");
        let key = StorageKey::Pcm { transcript: self.attempt.transcript };
        self.env.storage.get_to_file(&key, &path).await?;
        Ok(PcmFile::open(&path)?)
    }

    /// A new version to write into, labelled with the method that makes it.
    pub async fn open(&self, method: &str, language: Option<&str>) -> Result<OutputId, JobError> {
        write!(self.env, async |conn| output::open(conn, &self.attempt, method, language).await)?
            .ok_or(JobError::Stale)
    }

    /// Stops a stage that nobody wants any more.
    pub fn wanted(&self) -> Result<(), JobError> {
        if self.cancel.is_cancelled() { Err(JobError::Stale) } else { Ok(()) }
    }
}

/// Runs something that blocks, on a thread for such things.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Only when the runtime ends.
        Err(_) => Err(JobError::Stale),
    }
}

/// Looks after a job that may be dropped at any moment: its threads are told to stop, and the stage goes back without
/// being counted as one that killed its worker.
pub(super) struct Guard {
    env: Environment,
    attempt: Option<Attempt>,
    cancel: Cancel,
}

impl Guard {
    pub fn new(env: Environment, attempt: Attempt) -> Self {
        Self { env, attempt: Some(attempt), cancel: Cancel::default() }
    }

    pub fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// The job has come to its own end.
    pub fn disarm(mut self) {
        self.attempt = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.cancel.cancel();
        let Some(attempt) = self.attempt.take() else { return };
        let env = self.env.clone();
        self.env.last_words.spawn(async move {
            let outcome: Result<bool, JobError> = write!(env, async |conn| {
                stage::retry_later(conn, &attempt, why(&Remark::new("why-interrupted")), clock::now()).await
            });
            match outcome {
                Ok(_) => tracing::info!(stage = %attempt.stage, "interrupted; it goes back to the queue"),
                Err(error) => tracing::warn!(stage = %attempt.stage, %error, "interrupted without a trace"),
            }
        });
    }
}
