//! Workers killed without a goodbye, in every stage, at the moment that matters most: when the stage has done its work and
//! is about to write down that it is done.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::config::cache_dir;
use reflector::ids::TranscriptId;
use reflector::model::Segment;
use reflector::model::output;
use reflector::model::segment;
use reflector::model::stage::{MAX_STARTS, Stage, StageStatus};
use reflector::model::transcript::Status;

use crate::support::media::Media;
use crate::support::site::Site;
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
pub(super) async fn history(workshop: &Workshop, id: TranscriptId) -> BTreeMap<(Stage, String), i64> {
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

/// What the newest attempt has written down so far.
async fn heard(workshop: &Workshop, id: TranscriptId) -> Vec<Segment> {
    let conn = workshop.conn().await;
    let versions = output::versions(&conn, id, Stage::Transcribe).await.expect("the versions");
    match versions.into_iter().next() {
        Some(newest) => segment::all(&conn, newest.id).await.expect("the words"),
        None => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_show_while_later_ones_are_heard_and_a_worker_killed_then_leaves_none_twice() {
    let site = Site::new().await;
    let workshop = &site.workshop;
    let media = Media::new();
    // So wide a search takes one window of 30 s a core at a time, and this is several times as much.
    let wide = [("REFLECTOR_SPEECH__BEAM", "11")];
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sample = cache_dir().join("samples/conversation.wav");
    let long = format!("-stream_loop {} -i {} -c copy", cores / 3, sample.display());
    let id = workshop.upload(&media.ffmpeg(&long, "long.wav")).await;
    let worker = workshop.worker_with(&wide);
    let mut words = Vec::new();
    while words.is_empty() {
        let state = workshop.stage(id, Stage::Transcribe).await.status;
        assert!(!matches!(state, StageStatus::Done | StageStatus::Failed), "it all came at the end");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        words = heard(workshop, id).await;
    }
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    worker.kill();
    let length = workshop.transcript(id).await.seconds();
    let until = words.last().map_or(0.0, |last| last.end);
    assert!(until < length * 0.75, "the first words to be shown were {until} s of {length} s");
    assert!(page.contains("More is being written"), "{page}");
    let state = workshop.stage(id, Stage::Transcribe).await;
    assert!(state.status == StageStatus::Running && state.progress < 0.9, "{state:?}");

    let _next = workshop.worker_with(&wide);
    workshop.until_stage(id, Stage::Transcribe, StageStatus::Done).await;
    let again = heard(workshop, id).await;
    let last = again.last().map_or(0.0, |last| last.end);
    assert!(last > length - 10.0, "{last} s of {length} s");
    let in_order = |pair: &[Segment]| pair[0].start <= pair[1].start && pair[0].idx < pair[1].idx;
    assert!(again.windows(2).all(in_order), "{again:?}");
    let early = again.iter().filter(|one| one.end <= until).count();
    assert!(early.abs_diff(words.len()) <= 1, "{early} for {}: {again:?}", words.len());
    let history = history(workshop, id).await;
    let of = |stage: Stage, outcome: &str| history.get(&(stage, outcome.to_owned())).copied();
    assert_eq!((of(Stage::Ingest, "done"), of(Stage::Ingest, "lost")), (Some(1), None));
    assert_eq!((of(Stage::Transcribe, "done"), of(Stage::Transcribe, "lost")), (Some(1), Some(1)));
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
