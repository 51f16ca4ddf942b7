//! The one way every stage goes: taken, done, written down, followed by what comes next.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures::FutureExt;

use super::context::{Context, Guard, write};
use super::environment::Environment;
use super::error::JobError;
use super::tell::{note, tell_now};
use super::{
    announce, assemble, deliver, diarize, ingest, progress, sending, summarize, title, topics, transcribe,
    webhook,
};
use crate::bus::Event;
use crate::catalogue::Remark;
use crate::clock;
use crate::ids::{OutputId, TranscriptId};
use crate::model::stage::{self, Attempt, Begun, Finished, Stage, StageStatus, Why};
use crate::model::transcript::Status;
use crate::model::{Transcript, output};
use crate::queue::{self, DeliveryJob, Handler, Retry, SendingJob, StageJob};

/// All stages, as the queue calls them.
pub struct Stages {
    env: Environment,
}

/// What a stage leaves to be written down with its end.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// What it wrote; shown from now on.
    pub output: Option<OutputId>,
    /// Language of that, where it was found out on the way.
    pub language: Option<String>,
    /// What a person should know of it.
    pub warning: Option<Remark>,
    /// Told once it is shown.
    pub events: Vec<Event>,
}

impl Done {
    pub fn output(output: OutputId) -> Self {
        Self { output: Some(output), ..Self::default() }
    }
}

#[async_trait]
impl Handler for Stages {
    async fn run(&self, job: StageJob, worker: queue::Attempt) -> Result<(), Retry> {
        let (transcript, stage) = (job.transcript, job.stage);
        let Some((attempt, row)) = self.begin(&job, &worker.worker).await? else { return Ok(()) };
        tracing::info!(%transcript, %stage, run = job.run, "started");
        let started = clock::now();
        let guard = Guard::new(self.env.clone(), attempt.clone());
        let outcome = self.attempt(&attempt, row, &guard).await;
        let result = self.conclude(&attempt, outcome, worker.last).await;
        guard.disarm();
        let seconds = (clock::now() - started).as_seconds_f64();
        match &result {
            Ok(()) => tracing::info!(%transcript, %stage, seconds, "ended"),
            Err(Retry(error)) => tracing::warn!(%transcript, %stage, seconds, error, "to be tried again"),
        }
        result
    }

    async fn deliver(&self, job: DeliveryJob, worker: queue::Attempt) -> Result<(), Retry> {
        webhook::deliver(&self.env, job.delivery, worker.last).await
    }

    async fn send(&self, job: SendingJob, worker: queue::Attempt) -> Result<(), Retry> {
        sending::send(&self.env, job.sending, worker.last).await
    }
}

impl Stages {
    pub fn new(env: Environment) -> Self {
        Self { env }
    }

    /// The right to write, and the transcript; `None` when there is nothing to do.
    async fn begin(&self, job: &StageJob, worker: &str) -> Result<Option<(Attempt, Transcript)>, Retry> {
        let StageJob { transcript, run, stage } = *job;
        let begun = write!(self.env, async |conn| {
            let begun = stage::begin(conn, transcript, run, stage, worker, clock::now()).await?;
            match &begun {
                Begun::Start { transcript: row, .. } => {
                    let running = announce::stage(stage, StageStatus::Running);
                    let first = row.status == Status::Uploaded;
                    let status = first.then(|| announce::status(Status::Processing));
                    note(
                        conn,
                        transcript,
                        &[Some(running), status].into_iter().flatten().collect::<Vec<_>>(),
                    )
                    .await?;
                }
                Begun::Stale => {}
                Begun::GaveUp(why) => self.note_failure(conn, (transcript, run, stage), why).await?,
            }
            Ok(begun)
        });
        tell_now(&self.env, transcript).await;
        match begun {
            Ok(Begun::Start { attempt, transcript: row }) => Ok(Some((attempt, *row))),
            Ok(Begun::Stale) => {
                tracing::info!(%transcript, %stage, run, "nothing to do");
                Ok(None)
            }
            Ok(Begun::GaveUp(why)) => {
                tracing::error!(%transcript, %stage, error = why.text, "given up");
                Ok(None)
            }
            Err(error) => Err(Retry(format!("the stage could not be started: {error}"))),
        }
    }

    /// Does the work of one stage. A panic in it is a fault of ours, and would only come again.
    async fn attempt(
        &self,
        attempt: &Attempt,
        transcript: Transcript,
        guard: &Guard,
    ) -> Result<Done, JobError> {
        let length = transcript.seconds();
        let (progress, reporting) =
            progress::follow(self.env.clone(), attempt.clone(), length, guard.cancel());
        let context = Context {
            env: self.env.clone(),
            attempt: attempt.clone(),
            folder: self.env.scratch.folder()?,
            transcript,
            progress,
            cancel: guard.cancel(),
        };
        let outcome = AssertUnwindSafe(work(&context)).catch_unwind().await;
        drop(reporting);
        outcome.unwrap_or_else(|panic| {
            tracing::error!(stage = %attempt.stage, panic = text_of(&*panic), "a stage panicked");
            Err(JobError::Permanent(Remark::new("why-ours")))
        })
    }

    /// Writes down how it ended, puts what follows into the queue, and tells those who watch.
    async fn conclude(
        &self,
        attempt: &Attempt,
        outcome: Result<Done, JobError>,
        last: bool,
    ) -> Result<(), Retry> {
        let written = match outcome {
            Ok(done) => self.finish(attempt, done).await,
            Err(JobError::Stale) => Ok(()),
            Err(JobError::Permanent(remark)) => self.fail(attempt, why(&remark)).await,
            Err(JobError::Transient(remark)) if last => {
                let tried = Remark::new("why-tried").with("why", remark).with("count", queue::MAX_ATTEMPTS);
                self.fail(attempt, why(&tried)).await
            }
            Err(JobError::Transient(remark)) => {
                let error = why(&remark);
                return match self.retry_later(attempt, &error).await {
                    Ok(false) => Ok(()),
                    Ok(true) | Err(_) => Err(Retry(error.text)),
                };
            }
        };
        // The stage is still running for all that the database knows; it starts again.
        written.map_err(|error| Retry(format!("the end of the stage could not be written down: {error}")))
    }

    async fn finish(&self, attempt: &Attempt, done: Done) -> Result<(), JobError> {
        let transcript = attempt.transcript;
        let Done { output, language, warning, events } = done;
        write!(self.env, async |conn| {
            if let (Some(output), Some(language)) = (output, &language) {
                output::set_language(conn, output, language).await?;
            }
            if let Some(warning) = &warning {
                stage::warn(conn, attempt, why(warning)).await?;
            }
            let finished = stage::finish(conn, attempt, output, clock::now()).await?;
            let Finished::Done { ready, run, status } = finished else { return Ok(()) };
            for stage in &ready {
                queue::enqueue(conn, &StageJob::new(transcript, run, *stage)).await?;
            }
            if attempt.stage == Stage::Deliver {
                webhook::plan(conn, transcript, run).await?;
                sending::plan(conn, &self.env.outbox, transcript, run).await?;
            }
            let mut events = events.clone();
            events.push(announce::stage(attempt.stage, StageStatus::Done));
            events.extend(ready.into_iter().map(|stage| announce::stage(stage, StageStatus::Queued)));
            events.extend((status == Status::Ended).then(|| announce::status(status)));
            note(conn, transcript, &events).await
        })?;
        tell_now(&self.env, transcript).await;
        Ok(())
    }

    async fn fail(&self, attempt: &Attempt, why: Why) -> Result<(), JobError> {
        let Attempt { transcript, run, stage, .. } = *attempt;
        tracing::error!(%transcript, %stage, error = why.text, "failed");
        write!(self.env, async |conn| {
            if stage::fail(conn, attempt, why.clone(), clock::now()).await? {
                self.note_failure(conn, (transcript, run, stage), &why).await?;
            }
            Ok(())
        })?;
        tell_now(&self.env, transcript).await;
        Ok(())
    }

    /// Has those told who watch a transcript, and who look after the installation.
    async fn note_failure(
        &self,
        conn: &mut AsyncPgConnection,
        failed: (TranscriptId, i32, Stage),
        why: &Why,
    ) -> QueryResult<()> {
        let (transcript, _, stage) = failed;
        let events =
            [announce::trouble(stage, StageStatus::Failed, &why.text), announce::status(Status::Error)];
        note(conn, transcript, &events).await?;
        sending::plan_failure(conn, &self.env.outbox, failed, why).await
    }

    /// False when somebody else is at it already.
    async fn retry_later(&self, attempt: &Attempt, why: &Why) -> Result<bool, JobError> {
        let Attempt { transcript, stage, .. } = *attempt;
        let ours = write!(self.env, async |conn| {
            let ours = stage::retry_later(conn, attempt, why.clone(), clock::now()).await?;
            if ours {
                note(conn, transcript, &[announce::trouble(stage, StageStatus::Queued, &why.text)]).await?;
            }
            Ok(ours)
        })?;
        tell_now(&self.env, transcript).await;
        Ok(ours)
    }
}

/// As it is kept.
pub(super) fn why(remark: &Remark) -> Why {
    Why { text: remark.to_string(), remark: serde_json::to_value(remark).ok() }
}

async fn work(context: &Context) -> Result<Done, JobError> {
    match context.attempt.stage {
        Stage::Ingest => ingest::run(context).await,
        Stage::Transcribe => transcribe::run(context).await,
        Stage::Diarize => diarize::run(context).await,
        Stage::Assemble => assemble::run(context).await,
        Stage::Topics => topics::run(context).await,
        Stage::Title => title::run(context).await,
        Stage::Summarize => summarize::run(context).await,
        Stage::Deliver => deliver::run(context).await,
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no text)")
}
