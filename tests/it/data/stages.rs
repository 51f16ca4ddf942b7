use diesel_async::AsyncPgConnection;
use reflector::clock::now;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Begun, Finished, MAX_STARTS, StageState};
use reflector::model::{Attempt, Output, Stage, StageStatus, Status, output, transcript};

use super::transcripts::new_transcript;
use crate::support::postgres;

pub async fn started(conn: &mut AsyncPgConnection) -> (TranscriptId, i32) {
    let id = new_transcript(conn, "one", None).await.id;
    let restart = stage::restart(conn, id, Stage::Ingest, now()).await.unwrap().unwrap();
    assert_eq!((restart.ready, restart.status), (vec![Stage::Ingest], Status::Uploaded));
    (id, restart.run)
}

pub async fn begin(conn: &mut AsyncPgConnection, id: TranscriptId, run: i32, stage: Stage) -> Begun {
    stage::begin(conn, id, run, stage, "test", now()).await.unwrap()
}

pub async fn attempt(conn: &mut AsyncPgConnection, id: TranscriptId, run: i32, stage: Stage) -> Attempt {
    match begin(conn, id, run, stage).await {
        Begun::Start { attempt, .. } => attempt,
        other => panic!("{stage} should start: {other:?}"),
    }
}

/// Runs a stage and returns what it made ready.
pub async fn pass(conn: &mut AsyncPgConnection, id: TranscriptId, run: i32, stage: Stage) -> Vec<Stage> {
    let attempt = attempt(conn, id, run, stage).await;
    let made = output::open(conn, &attempt, "test", None).await.unwrap().unwrap();
    match stage::finish(conn, &attempt, Some(made), now()).await.unwrap() {
        Finished::Done { ready, .. } => ready,
        Finished::Stale => panic!("{stage} was stale"),
    }
}

async fn status(conn: &mut AsyncPgConnection, id: TranscriptId) -> Status {
    transcript::get(conn, id).await.unwrap().unwrap().status
}

async fn state(conn: &mut AsyncPgConnection, id: TranscriptId, stage: Stage) -> StageState {
    let states = stage::list(conn, id).await.unwrap();
    states.into_iter().find(|state| state.stage == stage).unwrap()
}

async fn stage_status(conn: &mut AsyncPgConnection, id: TranscriptId, stage: Stage) -> StageStatus {
    state(conn, id, stage).await.status
}

#[tokio::test]
async fn the_whole_way() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    assert_eq!(pass(conn, id, run, Stage::Ingest).await, [Stage::Transcribe, Stage::Diarize]);
    assert_eq!(status(conn, id).await, Status::Processing);
    assert_eq!(pass(conn, id, run, Stage::Diarize).await, []);
    for (stage, next) in [
        (Stage::Transcribe, vec![Stage::Assemble]),
        (Stage::Assemble, vec![Stage::Topics]),
        (Stage::Topics, vec![Stage::Title]),
        (Stage::Title, vec![Stage::Summarize]),
        (Stage::Summarize, vec![Stage::Deliver]),
        (Stage::Deliver, vec![]),
    ] {
        assert_eq!(pass(conn, id, run, stage).await, next, "after {stage}");
    }
    assert_eq!(status(conn, id).await, Status::Ended);
    // A job that comes twice finds its work done.
    assert!(matches!(begin(conn, id, run, Stage::Topics).await, Begun::Stale));
    // Another run of the last stages leaves the first ones alone.
    let again = stage::restart(conn, id, Stage::Title, now()).await.unwrap().unwrap();
    assert_eq!((again.run, again.ready), (run + 1, vec![Stage::Title]));
    assert!(matches!(begin(conn, id, run, Stage::Title).await, Begun::Stale), "the older run");
    assert_eq!(stage_status(conn, id, Stage::Topics).await, StageStatus::Done);
    assert_eq!(pass(conn, id, run + 1, Stage::Title).await, [Stage::Summarize]);
    let versions = output::versions(conn, id, Stage::Title).await.unwrap();
    assert_eq!(versions.iter().map(|one| (one.version, one.run)).collect::<Vec<_>>(), [(2, 2), (1, 1)]);
}

#[tokio::test]
async fn two_that_end_at_once_start_the_next_exactly_once() {
    use diesel_async::AsyncConnection as _;
    let database = postgres::fresh().await;
    for _ in 0..10 {
        let (mut one, mut other) = (database.conn().await, database.conn().await);
        let (id, run) = started(&mut one).await;
        pass(&mut one, id, run, Stage::Ingest).await;
        let words = attempt(&mut one, id, run, Stage::Transcribe).await;
        let turns = attempt(&mut one, id, run, Stage::Diarize).await;
        let end = async |conn: &mut AsyncPgConnection, attempt: &Attempt| {
            conn.transaction(async |conn| stage::finish(conn, attempt, None, now()).await).await.unwrap()
        };
        let (first, second) = tokio::join!(end(&mut one, &words), end(&mut other, &turns));
        let ready: Vec<Stage> = [first, second]
            .into_iter()
            .flat_map(|finished| match finished {
                Finished::Done { ready, .. } => ready,
                Finished::Stale => panic!("neither is stale"),
            })
            .collect();
        assert_eq!(ready, [Stage::Assemble]);
    }
}

#[tokio::test]
async fn who_starts_last_may_write_and_nobody_else() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    let first = attempt(conn, id, run, Stage::Ingest).await;
    let half = output::open(conn, &first, "test", None).await.unwrap().unwrap();
    assert!(stage::progress(conn, &first, 0.5, Some("loading the model")).await.unwrap());
    assert_eq!(state(conn, id, Stage::Ingest).await.note.as_deref(), Some("loading the model"));
    // The queue took the first worker for dead.
    let second = attempt(conn, id, run, Stage::Ingest).await;
    assert!(!stage::is_current(conn, &first).await.unwrap());
    assert!(!stage::progress(conn, &first, 0.9, None).await.unwrap());
    assert_eq!(output::open(conn, &first, "test", None).await.unwrap(), None);
    assert!(!stage::fail(conn, &first, "no", now()).await.unwrap());
    assert!(!stage::retry_later(conn, &first, "no", now()).await.unwrap());
    assert_eq!(stage::finish(conn, &first, Some(half), now()).await.unwrap(), Finished::Stale);
    // What the first left unfinished goes when the second opens its own.
    let whole = output::open(conn, &second, "test", None).await.unwrap().unwrap();
    assert!(output::get(conn, half).await.unwrap().is_none());
    assert_eq!(state(conn, id, Stage::Ingest).await.note, None, "a new start waits for nothing yet");
    assert!(stage::progress(conn, &second, 0.5, Some("loading the model")).await.unwrap());
    assert!(matches!(stage::finish(conn, &second, Some(whole), now()).await.unwrap(), Finished::Done { .. }));
    assert_eq!(state(conn, id, Stage::Ingest).await.note, None);
    let shown = output::current(conn, id, Stage::Ingest).await.unwrap().unwrap();
    assert_eq!((shown.id, shown.version, shown.complete), (whole, 1, true));
}

#[tokio::test]
async fn a_stage_that_kills_its_worker_is_stopped_and_can_be_tried_again() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    for _ in 0..MAX_STARTS {
        attempt(conn, id, run, Stage::Ingest).await;
    }
    let Begun::GaveUp(why) = begin(conn, id, run, Stage::Ingest).await else { panic!("it should give up") };
    assert!(why.text.contains("4 times"), "{why:?}");
    assert_eq!(status(conn, id).await, Status::Error);
    let states = stage::list(conn, id).await.unwrap();
    assert_eq!(states[0].error.as_deref(), Some(why.text.as_str()));
    assert!(states[0].error_remark.is_some() && states[0].error_remark == why.remark);
    assert!(matches!(begin(conn, id, run, Stage::Ingest).await, Begun::Stale));

    let again = stage::retry_failed(conn, id, now()).await.unwrap().unwrap();
    assert_eq!((again.ready, again.status), (vec![Stage::Ingest], Status::Uploaded));
    assert_eq!(pass(conn, id, again.run, Stage::Ingest).await, [Stage::Transcribe, Stage::Diarize]);
    assert_eq!(stage::retry_failed(conn, id, now()).await.unwrap(), None, "nothing failed");
}

#[tokio::test]
async fn a_passing_trouble_is_no_crash() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    for _ in 0..=MAX_STARTS {
        let attempt = attempt(conn, id, run, Stage::Ingest).await;
        assert!(stage::retry_later(conn, &attempt, "the disk was full", now()).await.unwrap());
        let state = stage::list(conn, id).await.unwrap().remove(0);
        assert_eq!((state.status, state.starts), (StageStatus::Queued, 0));
        assert_eq!(state.error.as_deref(), Some("the disk was full"));
    }
    pass(conn, id, run, Stage::Ingest).await;
    assert_eq!(stage::list(conn, id).await.unwrap().remove(0).error, None);
}

#[tokio::test]
async fn a_failure_leaves_the_rest_and_the_retry_does_only_what_is_missing() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    pass(conn, id, run, Stage::Ingest).await;
    let words = attempt(conn, id, run, Stage::Transcribe).await;
    let turns = attempt(conn, id, run, Stage::Diarize).await;
    assert!(stage::fail(conn, &turns, "no voices", now()).await.unwrap());
    assert_eq!(status(conn, id).await, Status::Error);
    // The other one works on, through the retry of the first.
    let again = stage::retry_failed(conn, id, now()).await.unwrap().unwrap();
    assert_eq!(again.ready, [Stage::Diarize]);
    assert!(matches!(
        stage::finish(conn, &words, None, now()).await.unwrap(),
        Finished::Done { ready, .. } if ready.is_empty()
    ));
    assert_eq!(pass(conn, id, again.run, Stage::Diarize).await, [Stage::Assemble]);
    // What needs an unfinished stage can't be asked for.
    assert_eq!(stage::restart(conn, id, Stage::Summarize, now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_run_overtakes_the_one_at_work_and_a_deleted_transcript_starts_nothing() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    let old = attempt(conn, id, run, Stage::Ingest).await;
    let new = stage::restart(conn, id, Stage::Ingest, now()).await.unwrap().unwrap();
    assert_eq!(stage::finish(conn, &old, None, now()).await.unwrap(), Finished::Stale);
    transcript::delete(conn, id, now()).await.unwrap();
    assert!(matches!(begin(conn, id, new.run, Stage::Ingest).await, Begun::Stale));
    assert_eq!(stage::restart(conn, id, Stage::Ingest, now()).await.unwrap(), None);
    assert!(transcript::destroy(conn, id).await.unwrap());
    assert!(matches!(begin(conn, id, new.run, Stage::Ingest).await, Begun::Stale));
}

#[tokio::test]
async fn an_older_version_can_be_shown_again() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    pass(conn, id, run, Stage::Ingest).await;
    let first: Output = output::current(conn, id, Stage::Ingest).await.unwrap().unwrap();
    let second = stage::restart(conn, id, Stage::Ingest, now()).await.unwrap().unwrap();
    assert_eq!(output::current(conn, id, Stage::Ingest).await.unwrap().as_ref(), Some(&first), "it stays");
    pass(conn, id, second.run, Stage::Ingest).await;
    assert_eq!(output::current(conn, id, Stage::Ingest).await.unwrap().unwrap().version, 2);
    assert!(output::restore(conn, id, Stage::Ingest, 1).await.unwrap());
    assert_eq!(output::current(conn, id, Stage::Ingest).await.unwrap(), Some(first));
    assert!(!output::restore(conn, id, Stage::Ingest, 7).await.unwrap());
    // One that is being written is no version to show.
    let third = stage::restart(conn, id, Stage::Ingest, now()).await.unwrap().unwrap();
    let writing = attempt(conn, id, third.run, Stage::Ingest).await;
    output::open(conn, &writing, "test", None).await.unwrap().unwrap();
    assert!(!output::restore(conn, id, Stage::Ingest, 3).await.unwrap());
}
