//! Who says what, by topic and corrected by people: `words-per-speaker`, `speaker/assign`, `speaker/merge`.

use futures::StreamExt;
use reflector::app::run_worker;
use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::lifecycle::Shutdown;
use reflector::model::stage::{self, Begun, Stage, StageStatus};
use reflector::model::turn::{self, Turn};
use reflector::model::{Segment, output, segment};
use reflector::queue::Group;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;

use crate::support::site::{Site, talk};

/// Who says how many words in a row, in a topic.
async fn runs(site: &Site, path: &str, topic: usize) -> Vec<(i64, usize)> {
    let topics = site.json(&format!("{path}/topics")).await.1;
    let id = topics[topic]["id"].as_str().unwrap();
    let (status, found) = site.json(&format!("{path}/topics/{id}/words-per-speaker")).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!((&found["title"], &found["words"]), (&topics[topic]["title"], &Value::Null));
    let runs = found["words_per_speaker"].as_array().unwrap();
    runs.iter()
        .map(|run| (run["speaker"].as_i64().unwrap(), run["words"].as_array().unwrap().len()))
        .collect()
}

async fn assign(site: &Site, path: &str, body: Value) -> (u16, Value) {
    site.send("PATCH", &format!("{path}/speaker/assign"), &body).await
}

/// Hears the same recording again, with these words.
pub(super) async fn again(site: &Site, id: TranscriptId, said: &[Segment]) {
    let mut conn = site.workshop.conn().await;
    let run = stage::restart(&mut conn, id, Stage::Assemble, clock::now()).await.unwrap().unwrap().run;
    let begun = stage::begin(&mut conn, id, run, Stage::Assemble, "by hand", clock::now()).await.unwrap();
    let Begun::Start { attempt, .. } = begun else { panic!("it does not start") };
    let made = output::open(&mut conn, &attempt, "other", Some("en")).await.unwrap().unwrap();
    segment::append(&mut conn, made, said).await.unwrap();
    stage::finish(&mut conn, &attempt, Some(made), clock::now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_topic_are_given_by_speaker() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    assert_eq!(runs(&site, &path, 0).await, [(0, 5)]);
    assert_eq!(runs(&site, &path, 1).await, [(1, 5), (0, 3)]);
    let topics = site.json(&format!("{path}/topics")).await.1;
    let one = format!("{path}/topics/{}/words-per-speaker", topics[1]["id"].as_str().unwrap());
    let word = &site.json(&one).await.1["words_per_speaker"][0]["words"][1];
    assert_eq!(*word, json!({ "text": " should", "start": 21.0, "end": 21.9, "speaker": 1 }));
    for none in ["018f0000-0000-7000-8000-000000000000", "not-an-id"] {
        let answer = site.json(&format!("{path}/topics/{none}/words-per-speaker")).await;
        assert_eq!(answer, (404, json!({ "detail": "Topic not found" })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_speaker_is_assigned_to_the_words_that_begin_between_two_times() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let before = site.json(&path).await.1["change_seq"].clone();
    let body = json!({ "speaker": 2, "timestamp_from": 21.0, "timestamp_to": 22.0 });
    assert_eq!(assign(&site, &path, body).await, (200, json!({ "status": "ok" })));
    assert_eq!(runs(&site, &path, 1).await, [(1, 1), (2, 2), (1, 2), (0, 3)], "both ends are meant");
    let shown = site.json(&path).await.1;
    assert_ne!(shown["change_seq"], before);
    let text = shown["transcript"].as_str().unwrap();
    assert!(text.contains("Speaker 2: We\nSpeaker 3: should <cut>\nSpeaker 2: the budget."), "{text}");
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(page.contains("Speaker 3") && page.contains("3 speakers"));

    // The machine's own output is as it was.
    let mut conn = site.workshop.conn().await;
    let made = output::shown(&mut conn, id).await.unwrap().unwrap().output.id;
    assert_eq!(segment::all(&conn, made).await.unwrap(), talk(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participant_without_a_voice_gets_the_lowest_that_nobody_has() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let people = format!("{path}/participants");
    site.send("POST", &people, &json!({ "name": "Bob", "speaker": 2 })).await;
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Ada" })).await;
    let body = json!({ "participant": ada["id"], "timestamp_from": 0.0, "timestamp_to": 1.0 });
    assert_eq!(assign(&site, &path, body.clone()).await.0, 200);
    let one = format!("{people}/{}", ada["id"].as_str().unwrap());
    assert_eq!(site.json(&one).await.1["speaker"], 3, "0 and 1 speak, 2 is Bob's");
    assert_eq!(assign(&site, &path, body).await.0, 200, "and keeps it");
    assert_eq!(runs(&site, &path, 0).await, [(3, 2), (0, 3)]);
    assert!(site.json(&path).await.1["transcript"].as_str().unwrap().starts_with("Ada: Good morning,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_assigned_is_refused() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let nobody = "018f0000-0000-7000-8000-000000000000";
    for (body, status) in [
        (json!({ "timestamp_from": 0, "timestamp_to": 1 }), 400),
        (json!({ "speaker": 1, "participant": nobody, "timestamp_from": 0, "timestamp_to": 1 }), 400),
        (json!({ "participant": nobody, "timestamp_from": 0, "timestamp_to": 1 }), 404),
        (json!({ "participant": "nobody", "timestamp_from": 0, "timestamp_to": 1 }), 404),
        (json!({ "speaker": -1, "timestamp_from": 0, "timestamp_to": 1 }), 422),
        (json!({ "speaker": 10_000, "timestamp_from": 0, "timestamp_to": 1 }), 422),
        (json!({ "speaker": 1, "timestamp_from": 2, "timestamp_to": 1 }), 422),
        (json!({ "speaker": 1, "timestamp_from": 0 }), 422),
    ] {
        let (answered, detail) = assign(&site, &path, body.clone()).await;
        assert_eq!(answered, status, "{body}: {detail}");
    }
    assert_eq!(runs(&site, &path, 0).await, [(0, 5)], "nothing was changed");
    let body = json!({ "speaker": 1, "timestamp_from": 500, "timestamp_to": 600 });
    assert_eq!(assign(&site, &path, body).await.0, 200, "nobody speaks then, which is fine");
    let bare = format!("/v1/transcripts/{}", site.create("empty").await);
    let body = json!({ "speaker": 1, "timestamp_from": 0, "timestamp_to": 1 });
    assert_eq!(assign(&site, &bare, body).await.0, 409, "there is no text yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_voices_become_one_and_the_name_stays() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let people = format!("{path}/participants");
    let merge = format!("{path}/speaker/merge");
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Ada", "speaker": 0 })).await;
    let (_, bob) = site.send("POST", &people, &json!({ "name": "Bob", "speaker": 1 })).await;
    let body = json!({ "speaker_from": 0, "speaker_to": 1 });
    let (status, refused) = site.send("PATCH", &merge, &body).await;
    assert_eq!((status, &refused["detail"]), (400, &json!("Speakers are both assigned to participants")));
    site.send("DELETE", &format!("{people}/{}", bob["id"].as_str().unwrap()), &json!({})).await;

    assert_eq!(site.send("PATCH", &merge, &body).await, (200, json!({ "status": "ok" })));
    assert_eq!((runs(&site, &path, 0).await, runs(&site, &path, 1).await), (vec![(1, 5)], vec![(1, 8)]));
    assert_eq!(site.json(&format!("{people}/{}", ada["id"].as_str().unwrap())).await.1["speaker"], 1);
    let text = site.json(&path).await.1["transcript"].as_str().unwrap().to_owned();
    assert_eq!((text.matches("Ada: ").count(), text.contains("Speaker")), (3, false), "{text}");
    assert_eq!(site.send("PATCH", &merge, &json!({ "speaker_from": 0 })).await.0, 422);
    assert_eq!(site.send("PATCH", &merge, &json!({ "speaker_from": -1, "speaker_to": 0 })).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_went_along_comes_back_when_the_merge_is_undone_and_goes_again_when_it_is_redone() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let people = format!("{path}/participants");
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Ada", "speaker": 0 })).await;
    let one = format!("{people}/{}", ada["id"].as_str().unwrap());
    let turned = async |what: &str| {
        let (_, now) = site.json(&format!("{path}/segments?limit=1")).await;
        let body = json!({ "revision": now["revision"] });
        let (status, answer) = site.send("POST", &format!("{path}/edits/{what}"), &body).await;
        assert_eq!(status, 200, "{answer}");
        site.json(&one).await.1["speaker"].clone()
    };
    let text = async || site.json(&path).await.1["transcript"].as_str().unwrap().to_owned();
    let before = text().await;
    site.send("PATCH", &format!("{path}/speaker/merge"), &json!({ "speaker_from": 0, "speaker_to": 1 }))
        .await;
    let merged = text().await;
    assert_eq!((merged.matches("Ada: ").count(), merged.contains("Speaker")), (3, false), "{merged}");

    assert_eq!((turned("undo").await, text().await), (json!(0), before.clone()));
    assert_eq!((turned("redo").await, text().await), (json!(1), merged));
    assert_eq!((turned("undo").await, text().await), (json!(0), before));
    // A name that is given meanwhile is a change like any other: there is nothing to redo, and it is undone first.
    let (_, bob) = site.send("POST", &people, &json!({ "name": "Bob", "speaker": 1 })).await;
    let (_, now) = site.json(&format!("{path}/segments?limit=1")).await;
    let body = json!({ "revision": now["revision"] });
    assert_eq!(site.send("POST", &format!("{path}/edits/redo"), &body).await.0, 400);
    assert_eq!(turned("undo").await, json!(0));
    assert_eq!(site.json(&format!("{people}/{}", bob["id"].as_str().unwrap())).await.0, 404);
    assert_eq!((turned("undo").await, turned("redo").await), (Value::Null, json!(0)));
}

/// Who speaks from when on, for six seconds, when the voices are told apart once more.
async fn told_apart(site: &Site, id: TranscriptId, voices: &[(f64, i32)]) {
    let mut conn = site.workshop.conn().await;
    let run = stage::restart(&mut conn, id, Stage::Diarize, clock::now()).await.unwrap().unwrap().run;
    let begun = stage::begin(&mut conn, id, run, Stage::Diarize, "by hand", clock::now()).await.unwrap();
    let Begun::Start { attempt, .. } = begun else { panic!("it does not start") };
    let made = output::open(&mut conn, &attempt, "other", None).await.unwrap().unwrap();
    let turns = voices.iter().map(|(start, speaker)| Turn {
        start: *start,
        end: start + 6.0,
        speaker: *speaker,
        channel: None,
    });
    turn::store(&mut conn, made, &turns.collect::<Vec<_>>(), &[]).await.unwrap();
    stage::finish(&mut conn, &attempt, Some(made), clock::now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_corrections_stay_with_their_voices_when_a_new_run_meets_these_in_another_order() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let mut heard = talk(true);
    for segment in &mut heard {
        segment.speaker = segment.speaker.map(|speaker| 1 - speaker);
    }
    again(&site, id, &heard).await;
    site.send("POST", &format!("{path}/participants"), &json!({ "name": "Ada", "speaker": 1 })).await;
    assign(&site, &path, json!({ "speaker": 1, "timestamp_from": 21.0, "timestamp_to": 22.0 })).await;
    let before = site.json(&path).await.1["transcript"].as_str().unwrap().to_owned();
    assert!(before.contains("Ada: Good morning") && before.contains("Ada: should <cut>"), "{before}");
    assert!(before.contains("Speaker 1: We\n"), "{before}");

    told_apart(&site, id, &[(0.0, 7), (20.0, 3), (40.0, 7)]).await;
    site.workshop.reprocess(id, Some(Stage::Assemble)).await;
    let shutdown = Shutdown::new();
    let worker = tokio::spawn({
        let (app, shutdown) = (site.app.clone(), shutdown.clone());
        async move { run_worker(&app, &[Group::Media], &shutdown).await }
    });
    site.workshop.until_stage(id, Stage::Assemble, StageStatus::Done).await;
    shutdown.stop();
    worker.await.expect("the worker's task").expect("it ends well");
    let conn = site.workshop.conn().await;
    assert_eq!(output::versions(&conn, id, Stage::Assemble).await.unwrap().len(), 3, "it was made anew");
    drop(conn);
    assert_eq!(site.json(&path).await.1["transcript"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_survive_a_new_run_where_the_words_match() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let people = format!("{path}/participants");
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Ada", "speaker": 1 })).await;
    let one = format!("{people}/{}", ada["id"].as_str().unwrap());
    assert_eq!(site.send("PATCH", &one, &json!({ "name": "Ada Byron" })).await.0, 200);
    assign(&site, &path, json!({ "speaker": 2, "timestamp_from": 21.0, "timestamp_to": 22.0 })).await;
    let mut heard = talk(true);
    // The whole talk is heard a little later and "should" as another word.
    for segment in &mut heard {
        for word in &mut segment.words {
            word.start += 0.2;
            word.end += 0.2;
        }
    }
    heard[1].words[1].text = " shall".into();
    again(&site, id, &heard).await;
    assert_eq!(runs(&site, &path, 1).await, [(1, 2), (2, 1), (1, 2), (0, 3)], "<cut> is the same word");
    let (_, named) = site.json(&one).await;
    assert_eq!((&named["name"], &named["speaker"]), (&json!("Ada Byron"), &json!(1)));
    let text = site.json(&path).await.1["transcript"].as_str().unwrap().to_owned();
    assert!(text.contains("Ada Byron: We "), "{text}");

    // Merged voices stay merged when a later run numbers them the other way round.
    site.send("PATCH", &format!("{path}/speaker/merge"), &json!({ "speaker_from": 1, "speaker_to": 0 }))
        .await;
    for segment in &mut heard {
        segment.speaker = segment.speaker.map(|speaker| 1 - speaker);
    }
    again(&site, id, &heard).await;
    assert_eq!(runs(&site, &path, 0).await, [(0, 5)]);
    assert_eq!(runs(&site, &path, 1).await, [(0, 2), (2, 1), (0, 5)], "one voice, but for what was assigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_watch_are_told() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let address = format!("ws://{}/v1/transcripts/{id}/events", site.address);
    let (mut socket, _) = connect_async(&address).await.unwrap();
    let mut told = Vec::new();
    let mut next = async || -> Value {
        loop {
            let message = socket.next().await.unwrap().unwrap();
            if message.is_text() {
                return serde_json::from_str(message.to_text().unwrap()).unwrap();
            }
        }
    };
    while next().await["event"] != "STATUS" {}
    let body = json!({ "speaker": 5, "timestamp_from": 0, "timestamp_to": 100 });
    assign(&site, &format!("/v1/transcripts/{id}"), body).await;
    while told.len() < 3 {
        told.push(next().await);
    }
    assert_eq!((&told[0]["event"], &told[1]["event"]), (&json!("SEGMENTS"), &json!("TOPIC")));
    assert_eq!(told[0]["data"]["segments"][0]["speaker"], 5);
    assert_eq!(told[2]["data"]["segments"][0]["speaker"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_have_an_end() {
    use diesel_async::SimpleAsyncConnection;
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let mut conn = site.workshop.conn().await;
    conn.batch_execute(&format!(
        "INSERT INTO edit (transcript_id, revision, words, change)
         SELECT '{id}', n, 0, '{{\"kind\": \"assign\", \"speaker\": 1, \"words\": {{\"text\": [], \"start\": []}}}}'
         FROM generate_series(1, 9999) AS n"
    ))
    .await
    .unwrap();
    let body = json!({ "speaker": 2, "timestamp_from": 21.0, "timestamp_to": 22.0 });
    assert_eq!(assign(&site, &path, body.clone()).await.0, 200);
    let (status, refused) = assign(&site, &path, body).await;
    assert_eq!(status, 409);
    assert!(refused["detail"].as_str().unwrap().contains("10000 changes"), "{refused}");
    assert_eq!(runs(&site, &path, 1).await, [(1, 1), (2, 2), (1, 2), (0, 3)], "what was corrected stays");
}

/// Who changes people and voices at once waits for each other, never both for both.
#[tokio::test(flavor = "multi_thread")]
async fn many_editors_at_once_are_all_answered() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let people = format!("{path}/participants");
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Ada", "speaker": 0 })).await;
    let (_, bob) = site.send("POST", &people, &json!({ "name": "Bob" })).await;
    let one = |person: &Value| format!("{people}/{}", person["id"].as_str().unwrap());
    let (ada_at, bob_at) = (one(&ada), one(&bob));
    let list = json!({ "participants": [{ "id": bob["id"], "name": "Bob" },
        { "id": ada["id"], "name": "Ada", "speaker": 0 }] });
    let rename = json!({ "name": "Somebody" });
    let merge = json!({ "speaker_from": 0, "speaker_to": 1 });
    let back = json!({ "speaker": 0, "timestamp_from": 0, "timestamp_to": 5 });
    let asked = (0..12).flat_map(|_| {
        [
            ("PATCH", ada_at.clone(), &rename),
            ("PATCH", bob_at.clone(), &rename),
            ("PATCH", path.clone(), &list),
            ("PATCH", format!("{path}/speaker/merge"), &merge),
            ("PATCH", format!("{path}/speaker/assign"), &back),
        ]
    });
    let asked: Vec<_> = asked.collect();
    let answers = asked.iter().map(|(method, path, body)| site.send(method, path, body));
    for (status, answer) in futures::future::join_all(answers).await {
        assert!(matches!(status, 200 | 400), "{status} {answer}");
    }
}
