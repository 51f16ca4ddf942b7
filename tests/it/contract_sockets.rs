//! WebSockets as the ancestor's clients use them: names, data and order of events, and who may listen.

use std::path::Path;

use serde_json::{Value, json};

use super::contract_conventions::fields;
use crate::auth::{ADA, guarded, person, token};
use crate::support::site::Site;
use crate::support::socket::{Came, Watcher, request};
use crate::support::workshop::two_people;

/// Everything that a transcript's socket may tell, with the fields of its data; the ancestor's, then ours.
const EVENTS: [(&str, &[&str]); 11] = [
    ("STATUS", &["value"]),
    ("TRANSCRIPT", &["text", "translation"]),
    ("TOPIC", &["duration", "id", "segments", "summary", "timestamp", "title", "transcript"]),
    ("FINAL_TITLE", &["title"]),
    ("FINAL_SHORT_SUMMARY", &["short_summary"]),
    ("FINAL_LONG_SUMMARY", &["long_summary"]),
    ("ACTION_ITEMS", &["action_items"]),
    ("DURATION", &["duration"]),
    ("WAVEFORM", &["waveform"]),
    ("SEGMENTS", &["from", "segments"]),
    ("STAGE", &["error", "note", "progress", "seconds_left", "stage", "status"]),
];

fn values(events: &[Value], name: &str) -> Vec<Value> {
    let of = events.iter().filter(|event| event["event"] == name);
    of.map(|event| event["data"]["value"].clone()).collect()
}

/// Has a recording sent in so many chunks, and holds what both sockets tell to what the ancestor's clients expect.
async fn told_while_worked_on(site: &Site, lists: &mut Watcher, media: &Path, chunks: u32) {
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(lists.event().await["data"], json!({ "id": id }));
    let mut watcher = Watcher::open(site, &format!("/v1/transcripts/{id}/events"), &[]).await;
    let begin = watcher.until("STATUS").await;
    assert_eq!(values(&begin, "STATUS"), ["idle"]);
    let bytes = std::fs::read(media).unwrap();
    let size = bytes.len().div_ceil(chunks as usize);
    for (number, chunk) in (0..).zip(bytes.chunks(size)) {
        assert_eq!(site.chunk(id, number, chunks, chunk).await.0, 200);
    }
    let mut told = Vec::new();
    while values(&told, "STATUS").last() != Some(&json!("ended")) {
        told.extend(watcher.until("STATUS").await);
    }
    assert_eq!(values(&told, "STATUS"), ["uploaded", "processing", "ended"], "in {chunks} chunks");
    for event in &told {
        let name = event["event"].as_str().unwrap();
        let (_, data) = EVENTS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{event}"));
        assert_eq!(fields(&event["data"]), *data, "{event}");
        assert_eq!(fields(event), ["data", "event", "id"], "{event}");
    }
    let first = |name: &str| {
        let found = told.iter().find(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))["data"].clone()
    };
    for (name, _) in EVENTS {
        first(name);
    }
    let seconds = f64::from(hound::WavReader::open(media).unwrap().duration()) / 16_000.0;
    let duration = first("DURATION")["duration"].as_f64().unwrap();
    assert!((duration - seconds * 1000.0).abs() <= 50.0, "{duration} ms of {seconds} s");
    let waveform = first("WAVEFORM")["waveform"].as_array().unwrap().clone();
    let loudest = waveform.iter().map(|peak| peak.as_f64().unwrap()).fold(0.0, f64::max);
    assert!(waveform.len() == 255 && (loudest - 1.0).abs() < 1e-6, "{} {loudest}", waveform.len());
    assert_eq!(fields(&first("ACTION_ITEMS")["action_items"]), ["decisions", "next_steps"]);
    assert_eq!(fields(&first("TOPIC")["segments"][0]), ["speaker", "start", "text"]);

    // Lists hear of the same: statuses in order, length, title.
    let (mut listed, mut other) = (Vec::new(), Vec::new());
    while listed.last() != Some(&json!("ended")) {
        let event = lists.event().await;
        assert_eq!(event["data"]["id"], id, "{event}");
        match event["event"].as_str().unwrap() {
            "TRANSCRIPT_STATUS" => listed.push(event["data"]["value"].clone()),
            name => other.push((name.to_owned(), event["data"].clone())),
        }
    }
    assert_eq!(listed, ["uploaded", "processing", "ended"]);
    assert_eq!(other[0], ("TRANSCRIPT_DURATION".into(), json!({ "id": id, "duration": duration })));
    assert_eq!(other[1].0, "TRANSCRIPT_FINAL_TITLE");
    assert_eq!(fields(&other[1].1), ["id", "title"]);

    // Whoever comes now is told the present state, and none of TRANSCRIPT: clients would append it to what they have.
    let mut late = Watcher::open(site, &format!("/v1/transcripts/{id}/events"), &[]).await;
    let state = late.until("STATUS").await;
    assert!(state.iter().all(|event| event["event"] != "TRANSCRIPT"));
    for name in ["TOPIC", "FINAL_TITLE", "FINAL_SHORT_SUMMARY", "FINAL_LONG_SUMMARY", "DURATION", "WAVEFORM"]
    {
        assert!(state.iter().any(|event| event["event"] == name), "{name}");
    }
    late.silence().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sockets_tell_of_a_recording_from_its_upload_to_its_end() {
    let site = Site::working().await;
    let mut lists = Watcher::open(&site, "/v1/events", &[]).await;
    for chunks in [1, 3] {
        told_while_worked_on(&site, &mut lists, &two_people(), chunks).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_say_is_ignored_and_the_end_of_the_work_ends_no_socket() {
    use futures::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    for path in [format!("/v1/transcripts/{id}/events"), "/v1/events".to_owned()] {
        let (mut socket, _) = tokio_tungstenite::connect_async(request(&site, &path, &[])).await.unwrap();
        for said in ["", "hello", "{\"event\":\"STATUS\"}"] {
            socket.send(Message::text(said)).await.unwrap();
        }
        socket.send(Message::Ping(vec![7].into())).await.unwrap();
        loop {
            match socket.next().await.unwrap().unwrap() {
                Message::Pong(data) if data.as_ref() == [7] => break,
                Message::Close(frame) => panic!("{frame:?}"),
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_lists_needs_a_login_and_closes_with_4401() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let shown = format!("bearer, {}", token(&site, ADA).await);
    let asked = request(&site, "/v1/events", &[("sec-websocket-protocol", &shown)]);
    let (_, answer) = tokio_tungstenite::connect_async(asked).await.unwrap();
    assert_eq!(answer.headers()["sec-websocket-protocol"], "bearer", "echoed without the token");
    for headers in [vec![], vec![("sec-websocket-protocol", "bearer, x.y.z")], vec![("x-api-key", "rfl_x")]] {
        let mut refused = Watcher::open(&site, "/v1/events", &headers).await;
        assert_eq!(refused.came().await, Came::Closed(4401), "{headers:?}");
    }
    let one = site.finished("talk.wav").await;
    let (status, _) = Watcher::refused(&site, &format!("/v1/transcripts/{one}/events"), &[]).await;
    assert_eq!(status, 401);
    let foreign = [("origin", "https://evil.example")];
    assert_eq!(Watcher::refused(&site, "/v1/events", &foreign).await.0, 403, "another site's page");
}
