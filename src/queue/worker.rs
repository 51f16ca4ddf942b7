use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graphile_worker::{Database, DbError, IntoTaskHandlerResult, TaskHandler, WorkerContext, WorkerOptions};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::enqueue::{DELIVERY, SENDING, task};
use super::pulse::Workers;
use super::{DeliveryJob, Group, SendingJob, StageJob};

/// How one group is worked.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    pub group: Group,
    /// Jobs at once.
    pub concurrency: usize,
    /// Between signs of life.
    pub heartbeat: Duration,
    /// Silence after which a worker counts as dead and its jobs go back.
    pub dead_after: Duration,
    /// How long a running job may go on after `stop`, before it goes back to the queue.
    pub grace: Duration,
    /// Take no more jobs and return.
    pub stop: CancellationToken,
}

/// Does the jobs. Implemented once, in `jobs`.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Does one job: `Ok` when nothing is left to do, be it done, stale, or failed for good and written down.
    ///
    /// The future is dropped when the process must end or the engine loses the database; the job then goes back to the
    /// queue at once and is not counted as tried.
    async fn run(&self, job: StageJob, attempt: Attempt) -> Result<(), Retry>;

    /// Delivers one event, under the same rules.
    async fn deliver(&self, job: DeliveryJob, attempt: Attempt) -> Result<(), Retry>;

    /// Sends one letter or message, under the same rules.
    async fn send(&self, job: SendingJob, attempt: Attempt) -> Result<(), Retry>;
}

/// A job failed for a reason that may pass; the engine calls again after a pause.
pub struct Retry(pub String);

/// The engine keeps the Debug form beside the job; it should read like a sentence.
impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a handler may know about this attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The engine's name for this worker.
    pub worker: String,
    /// No further attempt follows if this one fails.
    pub last: bool,
}

/// What the engine's handlers find in their context.
#[derive(Clone)]
struct Shared(Arc<dyn Handler>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

/// The engine knows a task by a constant of its type, so each group has one.
macro_rules! tasks {
    ($($name:ident = $group:expr),* $(,)?) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(StageJob);

        impl TaskHandler for $name {
            const IDENTIFIER: &'static str = task($group);

            async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
                run(self.0, context).await
            }
        }
    )*};
}

tasks! { MediaTask = Group::Media, SpeechTask = Group::Speech, LlmTask = Group::Llm }

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct DeliveryTask(DeliveryJob);

impl TaskHandler for DeliveryTask {
    const IDENTIFIER: &'static str = DELIVERY;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let (handler, attempt) = given(&context)?;
        handler.deliver(self.0, attempt).await
    }
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct SendingTask(SendingJob);

impl TaskHandler for SendingTask {
    const IDENTIFIER: &'static str = SENDING;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let (handler, attempt) = given(&context)?;
        handler.send(self.0, attempt).await
    }
}

async fn run(job: StageJob, context: WorkerContext) -> Result<(), Retry> {
    let (handler, attempt) = given(&context)?;
    handler.run(job, attempt).await
}

/// Who does it, and what may be known of this attempt.
fn given(context: &WorkerContext) -> Result<(Arc<dyn Handler>, Attempt), Retry> {
    let Some(Shared(handler)) = context.get_ext::<Shared>().cloned() else {
        return Err(Retry("the worker was set up without a handler".into()));
    };
    let attempt = Attempt {
        worker: context.worker_id().to_owned(),
        last: context.job().attempts() >= context.job().max_attempts(),
    };
    Ok((handler, attempt))
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Runs the engine, and runs it again whenever it gives up, which it does when PostgreSQL goes away.
pub(super) async fn work(
    database: &Database,
    workers: &Workers,
    settings: WorkerSettings,
    handler: Arc<dyn Handler>,
) {
    let mut pause = FIRST_PAUSE;
    while !settings.stop.is_cancelled() {
        let started = tokio::time::Instant::now();
        let Err(error) = work_once(database, workers, &settings, handler.clone()).await else { continue };
        let code = code(error.as_ref());
        tracing::warn!(group = %settings.group, code, %error, "the job engine stopped; it starts again");
        if started.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = settings.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// PostgreSQL's own code, which the engine's words leave out: 53100 is a full disk.
fn code<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(code) = error.downcast_ref::<DbError>().and_then(DbError::code) {
            return Some(code);
        }
        next = error.source();
    }
    None
}

async fn work_once(
    database: &Database,
    workers: &Workers,
    settings: &WorkerSettings,
    handler: Arc<dyn Handler>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let options = WorkerOptions::default()
        .database(database.clone())
        .concurrency(settings.concurrency)
        .poll_interval(Duration::from_secs(1))
        .heartbeat_interval(settings.heartbeat)
        .sweep_interval((settings.dead_after / 4).max(Duration::from_millis(500)))
        .sweep_threshold(settings.dead_after)
        .recovery_delay(Duration::ZERO)
        .listen_os_shutdown_signals(false)
        .shutdown_signal(settings.stop.clone().cancelled_owned())
        .shutdown_grace_period(settings.grace)
        .shutdown_interrupted_job_retry_delay(Duration::ZERO)
        .add_extension(Shared(handler));
    let options = match settings.group {
        Group::Media => options.define_job::<MediaTask>(),
        Group::Speech => options.define_job::<SpeechTask>(),
        Group::Llm => {
            options.define_job::<LlmTask>().define_job::<DeliveryTask>().define_job::<SendingTask>()
        }
    };
    let worker = options.init().await?;
    tracing::info!(group = %settings.group, concurrency = settings.concurrency, "working");
    let _working = workers.enter(settings.group, worker.worker_id());
    worker.run().await?;
    Ok(())
}
