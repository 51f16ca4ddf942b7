//! How a recording comes in, as clients of the ancestor send it: made, sent in chunks one after the other, processed.

use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Begun, Stage, StageStatus};
use reflector::model::{recording, transcript};
use serde_json::{Value, json};

use super::contract_conventions::fields;
use crate::support::site::{Site, multipart};

/// A transcript for a recording to come, and its address.
async fn made(site: &Site) -> (String, String) {
    let body = json!({ "name": "Weekly", "source_kind": "file" });
    let (status, made) = site.send("POST", "/v1/transcripts", &body).await;
    assert_eq!((status, &made["status"], &made["source_kind"]), (200, &json!("idle"), &json!("file")));
    let id = made["id"].as_str().unwrap().to_owned();
    (id.clone(), format!("/v1/transcripts/{id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_one_after_the_other_make_a_recording_and_the_work_begins() {
    let site = Site::new().await;
    let (id, path) = made(&site).await;
    let state = format!("{path}/record/upload");
    let (status, nothing) = site.json(&state).await;
    let names = ["complete", "filename", "open", "received", "received_bytes", "take", "total_chunks"];
    assert_eq!((status, fields(&nothing)), (200, names.to_vec()));
    assert_eq!((&nothing["received"], &nothing["total_chunks"]), (&json!([]), &Value::Null));
    for (number, bytes) in [b"first".as_slice(), b"second", b"third"].into_iter().enumerate() {
        assert_eq!(site.json(&path).await.1["status"], "idle", "before chunk {number}");
        let number = u32::try_from(number).unwrap();
        assert_eq!(site.chunk(&id, number, 3, bytes).await, (200, json!({ "status": "ok" })));
    }
    let (_, done) = site.json(&path).await;
    assert_eq!((&done["status"], &done["source_kind"]), (&json!("uploaded"), &json!("file")));
    assert_eq!(done["stages"][0]["status"], "queued");
    let (_, arrived) = site.json(&state).await;
    assert_eq!((&arrived["complete"], &arrived["received_bytes"]), (&json!(true), &json!(16)));
    let (status, again) = site.send("POST", &format!("{path}/process"), &json!({})).await;
    assert_eq!((status, again), (200, json!({ "status": "already running" })));
}

/// Browsers call a slice of a file `blob`: the query has the name that the person knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_files_own_name_is_kept() {
    let site = Site::new().await;
    let (_, path) = made(&site).await;
    let (kind, body) = multipart(&[("chunk", Some("blob"), b"abc")]);
    let query = "chunk_number=0&total_chunks=2&filename=Board%20meeting.m4a&size=6";
    let request = site.client.post(site.url(&format!("{path}/record/upload?{query}")));
    assert_eq!(request.header("content-type", kind).body(body).send().await.unwrap().status(), 200);
    let (_, state) = site.json(&format!("{path}/record/upload")).await;
    assert_eq!((&state["filename"], &state["complete"]), (&json!("Board meeting.m4a"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let site = Site::new().await;
    let (id, path) = made(&site).await;
    let (status, refused) = site.send("POST", &format!("{path}/process"), &json!({})).await;
    assert_eq!((status, fields(&refused)), (400, vec!["detail"]), "nothing was recorded: {refused}");
    for (query, status) in [
        ("", 422),
        ("?chunk_number=0", 422),
        ("?chunk_number=1&total_chunks=1", 422),
        ("?chunk_number=-1&total_chunks=1", 422),
        ("?chunk_number=0&total_chunks=0", 422),
        ("?chunk_number=0&total_chunks=20001", 422),
    ] {
        let (kind, body) = multipart(&[("chunk", Some("talk.wav"), b"abc")]);
        let request = site.client.post(site.url(&format!("{path}/record/upload{query}")));
        let response = request.header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(response.status(), status, "{query}");
        let refused: Value = response.json().await.unwrap();
        assert_eq!(fields(&refused["detail"][0]), ["loc", "msg", "type"], "{query}: {refused}");
    }
    assert_eq!(site.chunk(&id, 0, 2, b"abc").await.0, 200);
    let (status, refused) = site.chunk(&id, 1, 3, b"def").await;
    assert_eq!((status, fields(&refused)), (409, vec!["detail"]), "another number of chunks: {refused}");
    let (_, state) = site.json(&format!("{path}/record/upload")).await;
    assert_eq!((&state["received"], &state["total_chunks"]), (&json!([0]), &json!(2)));
    site.send("DELETE", &path, &json!({})).await;
    assert_eq!(site.chunk(&id, 1, 2, b"def").await.0, 404, "in the trash");
}

/// Has what is queued of it fail for good.
async fn fail(site: &Site, id: TranscriptId) {
    let mut conn = site.workshop.conn().await;
    let states = stage::list(&conn, id).await.unwrap();
    let queued = states.iter().find(|state| state.status == StageStatus::Queued).expect("it was begun");
    let begun = stage::begin(&mut conn, id, queued.run, queued.stage, "by hand", clock::now()).await;
    let Begun::Start { attempt, .. } = begun.unwrap() else { panic!("it does not start") };
    assert!(stage::fail(&mut conn, &attempt, "it is no sound", clock::now()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_file_takes_the_place_of_one_that_could_not_be_read() {
    let site = Site::new().await;
    let (text, path) = made(&site).await;
    let id: TranscriptId = text.parse().unwrap();
    let arrived = async || site.json(&format!("{path}/record/upload")).await.1;
    let stored = async || site.app.storage().list("uploads/").await.unwrap();
    for (number, bytes) in [b"no".as_slice(), b"sound"].into_iter().enumerate() {
        assert_eq!(site.chunk(&text, u32::try_from(number).unwrap(), 2, bytes).await.0, 200);
    }
    assert_eq!(site.chunk(&text, 0, 2, b"other").await.0, 400, "it is being worked on");
    fail(&site, id).await;
    // A chunk that is sent again is none of another file.
    assert_eq!(site.chunk(&text, 1, 2, b"sound").await.0, 200, "its answer may have been lost");
    assert_eq!(site.chunk(&text, 1, 2, b"other").await.0, 400);
    assert_eq!((arrived().await["complete"].clone(), stored().await.len()), (json!(true), 2));

    assert_eq!(site.chunk(&text, 0, 2, b"this ").await.0, 200);
    let now = arrived().await;
    assert_eq!((&now["complete"], &now["received"]), (&json!(false), &json!([0])), "it is on its way");
    assert_eq!(site.chunk(&text, 1, 3, b"is").await.0, 409, "one other at a time");
    let (_, before) = site.json(&path).await;
    assert_eq!((&before["status"], &before["error"]), (&json!("error"), &json!("it is no sound")));
    assert_eq!(stored().await.len(), 3, "what was there stays until the other is complete");
    assert_eq!(site.chunk(&text, 1, 2, b"is").await.0, 200);
    let (_, after) = site.json(&path).await;
    assert_eq!((&after["status"], &after["stages"][0]["status"]), (&json!("uploaded"), &json!("queued")));
    assert_eq!((&after["stages"][0]["run"], &after["error"]), (&json!(2), &Value::Null));
    let now = arrived().await;
    assert_eq!((&now["complete"], &now["received_bytes"]), (&json!(true), &json!(7)));
    let mut conn = site.workshop.conn().await;
    let kept = recording::of(&mut conn, id).await.unwrap();
    let row = transcript::get(&conn, id).await.unwrap().unwrap();
    assert_eq!(kept, [row.recording_id.unwrap()], "the first is gone");
    let stored: Vec<String> = stored().await.iter().map(ToString::to_string).collect();
    assert!(stored.len() == 2 && stored.iter().all(|key| key.contains(&kept[0].to_string())), "{stored:?}");

    // In one chunk too; and nothing takes the place of what was heard once, whatever became of it since.
    fail(&site, id).await;
    assert_eq!(site.chunk(&text, 0, 1, b"whole").await, (200, json!({ "status": "ok" })));
    assert_eq!(site.json(&path).await.1["stages"][0]["run"], 3);
    // And on its page, without script.
    let page = format!("/transcripts/{id}");
    let form = format!("action=\"{page}/upload\"");
    let (kind, body) = multipart(&[("file", Some("talk.mp3"), b"sound")]);
    let send = async || {
        let request = site.client.post(site.url(&format!("{page}/upload"))).header("content-type", &kind);
        request.body(body.clone()).send().await.unwrap().status().as_u16()
    };
    assert!(!site.page(&page).await.1.contains(&form), "not while it is being worked on");
    assert_eq!(send().await, 400);
    fail(&site, id).await;
    assert!(site.page(&page).await.1.contains(&form));
    assert_eq!(send().await, 303);
    assert_eq!(site.json(&path).await.1["stages"][0]["run"], 4);
    let heard = site.finished("talk.wav").await;
    stage::restart(&mut conn, heard, Stage::Ingest, clock::now()).await.unwrap().expect("it starts again");
    fail(&site, heard).await;
    assert_eq!(site.chunk(&heard.to_string(), 0, 1, b"other").await.0, 400);
}
