//! The whole way of a recording on real parts: PostgreSQL, local storage, ffmpeg, the smallest Whisper, the diarizer.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;

use futures::StreamExt;
use reflector::app::{App, run_worker};
use reflector::bus::{Event, Heard};
use reflector::ids::TranscriptId;
use reflector::lifecycle::Shutdown;
use reflector::model::TranscriptView;
use reflector::model::output::{self, Output};
use reflector::model::stage::{Stage, StageStatus};
use reflector::model::transcript::Status;
use reflector::queue::{self, Group, StageJob};
use reflector::storage::StorageKey;

use crate::support::media::Media;
use crate::support::workshop::{Workshop, two_people};

/// A worker in this process, so that its bus can be heard.
struct Inside {
    app: App,
    shutdown: Shutdown,
    worker: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Inside {
    async fn new(workshop: &Workshop) -> Self {
        let app = App::build(workshop.config()).await.expect("everything is there");
        let shutdown = Shutdown::new();
        let worker = tokio::spawn({
            let (app, shutdown) = (app.clone(), shutdown.clone());
            async move { run_worker(&app, &Group::ALL, &shutdown).await }
        });
        Self { app, shutdown, worker }
    }

    /// Everything that is published about a transcript from now on.
    fn hear(&self, id: TranscriptId) -> Arc<Mutex<Vec<Event>>> {
        let heard: Arc<Mutex<Vec<Event>>> = Arc::default();
        let mut events = Box::pin(self.app.bus().subscribe(id));
        tokio::spawn({
            let heard = heard.clone();
            async move {
                while let Some(one) = events.next().await {
                    let Heard::Told(told) = one else { panic!("{one:?}") };
                    heard.lock().expect("the list").push(told.event);
                }
            }
        });
        heard
    }

    async fn stop(self) {
        self.shutdown.stop();
        self.worker.await.expect("the worker's task").expect("it ends well");
    }
}

async fn versions(workshop: &Workshop, id: TranscriptId, stage: Stage) -> Vec<Output> {
    output::versions(&*workshop.conn().await, id, stage).await.expect("the versions")
}

/// Numbers of the events that `wanted` picks, in order.
fn places(events: &[Event], wanted: impl Fn(&Event) -> bool) -> Vec<usize> {
    events.iter().enumerate().filter(|(_, event)| wanted(event)).map(|(place, _)| place).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_becomes_a_transcript_and_those_who_watch_see_it_grow() {
    let workshop = Workshop::new().await;
    let inside = Inside::new(&workshop).await;
    // Uploaded only after somebody listens: the id is made here.
    let id = workshop.upload(&two_people()).await;
    let heard = inside.hear(id);
    workshop.until_ended(id).await;

    let view = TranscriptView::load(&mut *workshop.conn().await, id)
        .await
        .expect("a query")
        .expect("the transcript");
    assert_eq!(view.transcript.status, Status::Ended);
    assert!((view.transcript.duration - 30_000.0).abs() < 200.0, "{}", view.transcript.duration);
    let method = view.text.as_ref().map(|shown| shown.output.method.clone());
    assert_eq!(method.as_ref(), Some(&inside.app.config().speech.model), "the model that heard the words");
    let segments = view.segments(&mut *workshop.conn().await).await.expect("the text");
    let speak: BTreeSet<_> = segments.iter().filter_map(|one| one.speaker).collect();
    assert_eq!(speak, BTreeSet::from([0, 1]), "two people speak");
    assert_eq!(segments.first().and_then(|first| first.speaker), Some(0), "numbered as they first appear");
    let text: String = segments.iter().map(|one| one.text.as_str()).collect();
    assert!(text.split_whitespace().count() > 30, "{text}");
    assert!(view.title.is_some_and(|title| !title.is_empty()));
    assert!(view.short_summary.is_some());
    let (first, last) = (view.topics.first().expect("a topic"), view.topics.last().expect("a topic"));
    assert!(first.start == 0.0 && (last.end - 30.0).abs() < 0.5, "topics cover the whole time");
    for key in [
        StorageKey::Pcm { transcript: id },
        StorageKey::Mp3 { transcript: id },
        StorageKey::Peaks { transcript: id },
    ] {
        assert!(inside.app.storage().size(&key).await.expect("the store answers").is_some(), "{key}");
    }

    let heard = heard.lock().expect("the list").clone();
    let waits = |event: &Event| matches!(event, Event::Stage(one) if one.note.as_deref() == Some("loading the model"));
    assert!(!places(&heard, waits).is_empty(), "the first job of a worker waits for the models, and says so");
    let segments = places(&heard, |event| matches!(event, Event::Segments { .. }));
    let text = places(&heard, |event| matches!(event, Event::Transcript { .. }));
    let topic = places(&heard, |event| matches!(event, Event::Topic(_)));
    let title = places(&heard, |event| matches!(event, Event::FinalTitle { .. }));
    let short = places(&heard, |event| matches!(event, Event::FinalShortSummary { .. }));
    let ended = places(&heard, |event| matches!(event, Event::Status { value } if value == "ended"));
    let order = [segments.first(), text.first(), topic.first(), title.first(), short.first(), ended.first()];
    assert!(order.iter().all(Option::is_some), "some are missing: {order:?}");
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(ended.first(), Some(&(heard.len() - 1)), "nothing follows the end");
    inside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_words_are_there_while_the_rest_is_still_being_decoded() {
    let workshop = Workshop::new().await;
    let media = Media::new();
    // More than is decoded at once.
    let loops = format!("-stream_loop 19 -i {} -c:a libmp3lame -b:a 64k", two_people().display());
    let id = workshop.upload(&media.ffmpeg(&loops, "long.mp3")).await;
    let worker = workshop.worker();
    let (view, shown) = loop {
        let mut conn = workshop.conn().await;
        let view = TranscriptView::load(&mut conn, id).await.unwrap().unwrap();
        let shown = view.segments(&mut conn).await.expect("the text");
        if !shown.is_empty() {
            break (view, shown);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let then = workshop.stage(id, Stage::Transcribe).await;
    worker.kill();
    assert_eq!(then.status, StageStatus::Running, "the words were read before it ended");
    assert!(view.text.is_some_and(|text| text.provisional), "it is said that more will come");
    let (first, last) = (shown.first().expect("a segment"), shown.last().expect("a segment"));
    assert!(first.start < 10.0 && last.end < 500.0, "from {} to {} of 600 s", first.start, last.end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_twice_is_done_once() {
    use diesel_async::RunQueryDsl;
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let workshop = Workshop::new().await;
    let media = Media::new();
    let id = workshop.upload(&media.tone(2, "", "tone.wav")).await;
    let inside = Inside::new(&workshop).await;
    workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
    // The engine has forgotten the first one by now, so this is a second job of the same stage and run.
    queue::enqueue(&mut *workshop.conn().await, &StageJob::new(id, 1, Stage::Ingest))
        .await
        .expect("enqueued");
    workshop.until_ended(id).await;
    inside.stop().await;
    let starts: Count =
        diesel::sql_query("SELECT count(*) FROM stage_run WHERE transcript_id = $1 AND stage = 'ingest'")
            .bind::<diesel::sql_types::Uuid, _>(id.0)
            .get_result(&mut *workshop.conn().await)
            .await
            .expect("the history");
    assert_eq!(starts.count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn running_again_from_a_stage_adds_versions_and_keeps_the_old() {
    let workshop = Workshop::new().await;
    let media = Media::new();
    let id = workshop
        .upload(&media.ffmpeg(&format!("-ss 6 -i {} -t 8", two_people().display()), "short.wav"))
        .await;
    let inside = Inside::new(&workshop).await;
    workshop.until_ended(id).await;
    workshop.reprocess(id, Some(Stage::Topics)).await;
    // What was shown stays shown meanwhile.
    let before = TranscriptView::load(&mut *workshop.conn().await, id).await.unwrap().unwrap();
    assert!(!before.topics.is_empty() && before.title.is_some());
    workshop.until_ended(id).await;
    for (stage, expected) in
        [(Stage::Transcribe, 1), (Stage::Assemble, 1), (Stage::Topics, 2), (Stage::Title, 2)]
    {
        let versions = versions(&workshop, id, stage).await;
        assert_eq!(versions.len(), expected, "{stage}");
        assert!(versions.iter().all(|version| version.complete), "{stage}");
    }
    inside.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_stage_leaves_what_was_made_before_and_can_be_tried_again() {
    let workshop = Workshop::new().await;
    let media = Media::new();
    let short = media.ffmpeg(&format!("-ss 6 -i {} -t 8", two_people().display()), "short.wav");
    // A language model that refuses: its address is one where nobody speaks HTTP for us.
    let mut config = workshop.config();
    config.llm.url = Some("http://127.0.0.1:9/v1".into());
    config.llm.model = Some("none".into());
    let id = workshop.upload(&short).await;
    let app = App::build(config).await.expect("everything is there");
    let shutdown = Shutdown::new();
    let worker = tokio::spawn({
        let (app, shutdown) = (app.clone(), shutdown.clone());
        async move { run_worker(&app, &Group::ALL, &shutdown).await }
    });
    // It may pass, so it is tried again; the page says what is wrong meanwhile.
    workshop
        .until(id, "topics went wrong", |states| {
            states.iter().any(|state| state.stage == Stage::Topics && state.error.is_some())
        })
        .await;
    let error = workshop.stage(id, Stage::Topics).await.error.expect("a reason");
    assert!(error.contains("language model"), "{error}");
    let view = TranscriptView::load(&mut *workshop.conn().await, id).await.unwrap().unwrap();
    assert!(view.text.is_some_and(|text| !text.provisional), "the text is there");
    shutdown.stop();
    worker.await.expect("the worker's task").expect("it ends well");

    let inside = Inside::new(&workshop).await;
    workshop.reprocess(id, Some(Stage::Topics)).await;
    workshop.until_ended(id).await;
    assert_eq!(versions(&workshop, id, Stage::Transcribe).await.len(), 1);
    inside.stop().await;
}
