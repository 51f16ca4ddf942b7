//! How a recording comes in, as clients of the ancestor send it: made, sent in chunks one after the other, processed.

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
