//! Workers killed without a goodbye, in every stage, at the moment that matters most: when the stage has done its work and
//! is about to write down that it is done.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::ids::TranscriptId;
use reflector::model::stage::{MAX_STARTS, Stage, StageStatus};
use reflector::model::transcript::Status;

use crate::support::media::Media;
use crate::support::workshop::{Workshop, two_people};

/// The sessions that wait for the brake's lock.
const WAITING: &str = "FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Holds stages fast: a trigger in the test's own database makes the end of a chosen stage wait for a lock of ours.
struct Brake {
    /// Holds the lock.
    conn: AsyncPgConnection,
}

impl Brake {
    async fn new(workshop: &Workshop) -> Self {
        let mut conn = AsyncPgConnection::establish(&workshop.url).await.expect("a connection");
        conn.batch_execute(
            "CREATE TABLE brake (stage text);
             CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF EXISTS (SELECT FROM brake WHERE brake.stage = NEW.stage) THEN
                     PERFORM pg_advisory_xact_lock(42);
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER brake BEFORE UPDATE ON stage_state FOR EACH ROW
                 WHEN (OLD.status = 'running' AND NEW.status = 'done') EXECUTE FUNCTION brake();
             SELECT pg_advisory_lock(42)",
        )
        .await
        .expect("the brake is put in");
        Self { conn }
    }

    /// From now on this stage does not come to its end.
    async fn set(&mut self, stage: Stage) {
        let sql = format!("DELETE FROM brake; INSERT INTO brake VALUES ('{stage}')");
        self.conn.batch_execute(&sql).await.expect("the brake is set");
    }

    /// Workers (dead ones too) that stand still.
    async fn waiting(&mut self) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let sql = format!("SELECT count(*) {WAITING}");
        let waiting: Count = diesel::sql_query(sql).get_result(&mut self.conn).await.expect("a query");
        waiting.count
    }

    /// Waits until a worker stands still.
    async fn reached(&mut self, workshop: &Workshop, id: TranscriptId) {
        for _ in 0..1200 {
            if self.waiting().await > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let states: Vec<_> =
            workshop.stages(id).await.into_iter().map(|one| (one.stage, one.status, one.error)).collect();
        panic!("no worker came so far: {states:?}\n{}", workshop.log());
    }

    /// The server notices that the dead worker's connection is gone only when it next writes to it, so this helps; and waits until
    /// it is gone, not to take it for the next worker.
    async fn clear(&mut self) {
        let sql = format!("SELECT pg_terminate_backend(pid) {WAITING}");
        self.conn.batch_execute(&sql).await.expect("the dead worker's session ends");
        while self.waiting().await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn release(mut self) {
        self.conn.batch_execute("DELETE FROM brake; SELECT pg_advisory_unlock(42)").await.expect("released");
    }
}

/// How often each stage came to which end.
async fn history(workshop: &Workshop, id: TranscriptId) -> BTreeMap<(Stage, String), i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        stage: Stage,
        #[diesel(sql_type = Nullable<Text>)]
        outcome: Option<String>,
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT stage, outcome, count(*) FROM stage_run WHERE transcript_id = $1 GROUP BY stage, outcome",
    )
    .bind::<diesel::sql_types::Uuid, _>(id.0)
    .load(&mut *workshop.conn().await)
    .await
    .expect("the history");
    rows.into_iter().map(|row| ((row.stage, row.outcome.unwrap_or("open".into())), row.count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_any_stage_costs_that_stage_and_no_other() {
    let workshop = Workshop::new().await;
    let mut brake = Brake::new(&workshop).await;
    let id = workshop.upload(&two_people()).await;
    for stage in Stage::ALL {
        brake.set(*stage).await;
        let worker = workshop.worker();
        brake.reached(&workshop, id).await;
        assert_eq!(workshop.stage(id, *stage).await.status, StageStatus::Running);
        worker.kill();
        brake.clear().await;
    }
    brake.release().await;
    let _worker = workshop.worker();
    workshop.until_ended(id).await;
    let mut expected = BTreeMap::new();
    for stage in Stage::ALL {
        expected.insert((*stage, "lost".to_owned()), 1);
        expected.insert((*stage, "done".to_owned()), 1);
    }
    assert_eq!(history(&workshop, id).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_keeps_killing_its_worker_is_stopped_and_shown_as_failed() {
    let workshop = Workshop::new().await;
    let mut brake = Brake::new(&workshop).await;
    let media = Media::new();
    let id = workshop.upload(&media.tone(2, "", "tone.wav")).await;
    brake.set(Stage::Ingest).await;
    for _ in 0..MAX_STARTS {
        let worker = workshop.worker();
        brake.reached(&workshop, id).await;
        worker.kill();
        brake.clear().await;
    }
    let worker = workshop.worker();
    let over = workshop.until_over(id).await;
    assert_eq!(over.status, Status::Error);
    let error = workshop.stage(id, Stage::Ingest).await.error.expect("a reason");
    assert!(error.contains(&format!("stopped its worker {MAX_STARTS} times")), "{error}");
    brake.release().await;

    // What killed it is gone: "try again" starts afresh.
    workshop.reprocess(id, None).await;
    workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_gives_its_job_back_at_once() {
    let workshop = Workshop::new().await;
    let mut brake = Brake::new(&workshop).await;
    let media = Media::new();
    let id = workshop.upload(&media.tone(2, "", "tone.wav")).await;
    brake.set(Stage::Ingest).await;
    let worker = workshop.worker();
    brake.reached(&workshop, id).await;
    let stopping = std::thread::spawn(move || worker.stop());
    // It holds on to nothing: the transaction that the brake holds is broken off with its connection.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    brake.clear().await;
    assert!(stopping.join().expect("a thread").success(), "{}", workshop.log());
    let state = workshop.stage(id, Stage::Ingest).await;
    assert_eq!((state.status, state.starts), (StageStatus::Queued, 0));
    brake.release().await;
    let _next = workshop.worker();
    workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
}
