use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{DeliveryJob, Group, SendingJob, StageJob};
use crate::ids::{DeliveryId, SendingId};

/// Times a job may fail for a passing reason; the pauses between grow from 3 s to 18 minutes, about 45 minutes in all.
pub const MAX_ATTEMPTS: i32 = 8;

/// Puts a job into the queue within the caller's transaction: it exists exactly when that is committed.
///
/// A job that is already there (waiting, running, or kept because it failed for good) is left as it is, so asking twice
/// is harmless. A new attempt by a person is a new run, and with it a new job.
///
/// # Errors
/// Those of the database.
pub async fn enqueue(conn: &mut AsyncPgConnection, job: &StageJob) -> diesel::QueryResult<()> {
    let payload = serde_json::to_string(job)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    diesel::sql_query(
        "select 1 from graphile_worker.add_job($1, payload => $2::json, job_key => $3, max_attempts => $4, \
         job_key_mode => 'unsafe_dedupe')",
    )
    .bind::<Text, _>(task(Group::of(job.stage)))
    .bind::<Text, _>(payload)
    .bind::<Text, _>(job.key())
    .bind::<Integer, _>(MAX_ATTEMPTS)
    .execute(conn)
    .await
    .map(|_| ())
}

/// Times that an event is sent to a receiver that does not take it; the pauses between grow from 3 s to 6 hours, 28 hours in all.
pub const MAX_DELIVERIES: i32 = 14;

/// Has an event delivered, in the caller's transaction. One that waits for its next attempt is tried now, and begins anew with
/// its pauses.
///
/// # Errors
/// Those of the database.
pub async fn enqueue_delivery(conn: &mut AsyncPgConnection, delivery: DeliveryId) -> diesel::QueryResult<()> {
    now(conn, DELIVERY, &DeliveryJob { delivery }, format!("webhook:{delivery}")).await
}

/// Has a letter or a message sent, in the caller's transaction, under the same rules.
///
/// # Errors
/// Those of the database.
pub async fn enqueue_sending(conn: &mut AsyncPgConnection, sending: SendingId) -> diesel::QueryResult<()> {
    now(conn, SENDING, &SendingJob { sending }, format!("sending:{sending}")).await
}

async fn now(
    conn: &mut AsyncPgConnection,
    task: &str,
    job: &(impl serde::Serialize + Sync),
    key: String,
) -> diesel::QueryResult<()> {
    let payload = serde_json::to_string(job)
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    diesel::sql_query(
        "select 1 from graphile_worker.add_job($1, payload => $2::json, job_key => $3, max_attempts => $4, \
         job_key_mode => 'replace')",
    )
    .bind::<Text, _>(task)
    .bind::<Text, _>(payload)
    .bind::<Text, _>(key)
    .bind::<Integer, _>(MAX_DELIVERIES)
    .execute(conn)
    .await
    .map(|_| ())
}

/// What is in the queue.
#[derive(Clone, Debug, diesel::QueryableByName)]
pub struct Backlog {
    /// Jobs that wait or run.
    #[diesel(sql_type = BigInt)]
    pub jobs: i64,
    /// Seconds that the oldest job has waited for a worker since it could run; 0 if none waits.
    #[diesel(sql_type = Double)]
    pub oldest_seconds: f64,
}

/// How full the queue is; also tells whether its tables are there.
///
/// # Errors
/// Those of the database.
pub async fn backlog(conn: &mut AsyncPgConnection) -> diesel::QueryResult<Backlog> {
    diesel::sql_query(
        "select count(*) as jobs, coalesce(extract(epoch from now() - min(run_at) \
         filter (where locked_at is null and run_at <= now())), 0)::float8 as oldest_seconds \
         from graphile_worker.jobs where attempts < max_attempts",
    )
    .get_result(conn)
    .await
}

/// A job of a stage that waits or runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    pub job: StageJob,
    /// A worker has it.
    pub running: bool,
    /// It failed for a reason that may pass, and waits until then.
    pub retry_at: Option<DateTime<Utc>>,
}

/// The first `most` jobs of stages: those that run, then the others in the order in which workers of their group take them.
///
/// # Errors
/// Those of the database.
pub async fn pending(conn: &mut AsyncPgConnection, most: i64) -> diesel::QueryResult<Vec<Pending>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
        #[diesel(sql_type = Bool)]
        running: bool,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        retry_at: Option<DateTime<Utc>>,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select key, locked_at is not null as running, \
         case when attempts > 0 and locked_at is null and run_at > now() then run_at end as retry_at \
         from graphile_worker.jobs \
         where key is not null and attempts < max_attempts and task_identifier like 'stage.%' \
         order by (locked_at is null), priority, run_at, id limit $1",
    )
    .bind::<BigInt, _>(most)
    .load(conn)
    .await?;
    let pending = |row: Row| {
        Some(Pending { job: StageJob::of_key(&row.key)?, running: row.running, retry_at: row.retry_at })
    };
    Ok(rows.into_iter().filter_map(pending).collect())
}

/// The engine's name for what is delivered.
pub(super) const DELIVERY: &str = "webhook";

/// The engine's name for letters and messages.
pub(super) const SENDING: &str = "sending";

/// The engine's name for the jobs of a group.
pub(super) const fn task(group: Group) -> &'static str {
    match group {
        Group::Media => "stage.media",
        Group::Speech => "stage.speech",
        Group::Llm => "stage.llm",
    }
}
