//! The /v1 API over HTTP.

use std::io::Write;
use std::net::TcpStream;

use futures::StreamExt;
use reflector::bus::Event;
use reflector::clock;
use reflector::config::MAX_UPLOAD_BYTES;
use reflector::model::stage::{self, Stage};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::site::{Site, mp3};

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_is_made_listed_changed_deleted_and_restored() {
    let site = Site::new().await;
    let (status, made) =
        site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly", "source_kind": "file" })).await;
    assert_eq!(status, 200);
    assert_eq!(
        (
            &made["name"],
            &made["status"],
            &made["source_language"],
            &made["share_mode"],
            &made["participants"]
        ),
        (&json!("Weekly"), &json!("idle"), &json!("en"), &json!("private"), &json!([]))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/transcripts/{id}");

    let (_, page) = site.json("/v1/transcripts?search_term=wEEK").await;
    assert_eq!(
        (&page["total"], &page["page"], &page["size"], &page["pages"]),
        (&json!(1), &json!(1), &json!(50), &json!(1))
    );
    assert_eq!(page["items"][0]["id"], json!(id));
    assert_eq!(site.json("/v1/transcripts?search_term=nothing").await.1["total"], 0);

    let body =
        json!({ "title": "Mine", "reviewed": true, "participants": [{ "speaker": 0, "name": "Ada" }] });
    let (status, changed) = site.send("PATCH", &path, &body).await;
    assert_eq!((status, &changed["title"], &changed["reviewed"]), (200, &json!("Mine"), &json!(true)));
    assert_eq!(changed["participants"][0]["name"], "Ada");
    let (_, changed) = site.send("PATCH", &path, &json!({ "title": null })).await;
    assert_eq!(changed["title"], Value::Null);

    assert_eq!(site.send("DELETE", &path, &json!({})).await, (200, json!({ "status": "ok" })));
    assert_eq!(site.json(&path).await, (404, json!({ "detail": "Transcript not found" })));
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 0);
    assert_eq!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 200);
    assert_eq!(site.json(&path).await.0, 200);
    assert_ne!(site.send("POST", &format!("{path}/restore"), &json!({})).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_transcript_is_given_in_every_format() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");

    let (_, text) = site.json(&path).await;
    assert_eq!((&text["transcript_format"], &text["title"]), (&json!("text"), &json!("Budget talks")));
    assert!(
        text["transcript"]
            .as_str()
            .unwrap()
            .starts_with("Speaker 1: Good morning, let us begin.\nSpeaker 2:")
    );
    assert_eq!((&text["status"], &text["duration"]), (&json!("ended"), &json!(60_000.0)));
    assert_eq!(text["action_items"]["decisions"][0]["decision"], "The budget is cut.");
    assert_eq!(text["stages"].as_array().unwrap().len(), 8);
    let stamped = site.json(&format!("{path}?transcript_format=text-timestamped")).await.1;
    assert!(
        stamped["transcript"].as_str().unwrap().contains("[00:20] Speaker 2: We should <cut> the budget.")
    );
    let vtt = site.json(&format!("{path}?transcript_format=webvtt-named")).await.1;
    assert!(vtt["transcript"].as_str().unwrap().contains("<v Speaker 2>We should &lt;cut&gt; the budget."));
    let list = site.json(&format!("{path}?transcript_format=json")).await.1;
    assert_eq!(
        list["transcript"][1],
        json!({ "speaker": 1, "speaker_name": "Speaker 2", "text": "We should <cut> the budget.", "start": 20.0, "end": 26.0 })
    );
    assert_eq!(site.json(&format!("{path}?transcript_format=pdf")).await.0, 422);

    let topics = site.json(&format!("{path}/topics")).await.1;
    assert_eq!(
        (&topics[1]["title"], &topics[1]["timestamp"], &topics[1]["duration"]),
        (&json!("The budget"), &json!(20.0), &json!(40.0))
    );
    assert_eq!((&topics[1]["segments"][0]["speaker"], &topics[1]["words"]), (&json!(1), &Value::Null));
    let words = site.json(&format!("{path}/topics/with-words")).await.1;
    assert_eq!(words[0]["words"][0], json!({ "text": " Good", "start": 0.0, "end": 0.9, "speaker": 0 }));

    for (format, kind, inside) in [
        ("txt", "text/plain", "Speaker 2: We should <cut> the budget."),
        ("md", "text/markdown", "# Budget talks"),
        ("srt", "application/x-subrip", "00:00:20,000 -->"),
        ("vtt", "text/vtt", "WEBVTT"),
        ("json", "application/json", "\"probability\""),
        ("csv", "text/csv", "20.000,26.000,\"Speaker 2\",\"We should <cut> the budget.\""),
        ("rttm", "text/plain", "SPEAKER "),
    ] {
        let response = site.get(&format!("{path}/download/{format}")).await;
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{format}");
        let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert!(
            disposition.starts_with(&format!("attachment; filename=\"Budget talks.{format}\"")),
            "{disposition}"
        );
        assert!(response.text().await.unwrap().contains(inside), "{format}");
    }
    assert_eq!(site.json(&format!("{path}/download/doc")).await.0, 404);
    assert_eq!(site.json(&format!("{path}/audio/waveform")).await.1["data"].as_array().unwrap().len(), 255);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_given_by_sentences_with_their_times() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let short = json!({ "kind": "short", "heading": null, "text": "They cut the budget.", "start": 20.0, "end": 26.0 });
    let long = json!({ "kind": "long", "heading": "The budget", "text": "It was cut in the end.", "start": 20.0, "end": 26.0 });
    assert_eq!(site.json(&path).await.1["summary_sentences"], json!([short, long]));

    // What a person wrote rests on nothing that we know of; given back to the machine, its sentences are there again.
    let (_, changed) = site.send("PATCH", &path, &json!({ "short_summary": "Mine." })).await;
    assert_eq!((&changed["short_summary"], &changed["summary_sentences"]), (&json!("Mine."), &json!([long])));
    let (_, changed) = site.send("PATCH", &path, &json!({ "short_summary": null })).await;
    assert_eq!(changed["summary_sentences"], json!([short, long]));
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_are_added_renamed_and_removed() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}/participants", site.create("x").await);
    let (status, ada) = site.send("POST", &path, &json!({ "name": "Ada", "speaker": 0 })).await;
    assert_eq!((status, &ada["speaker"]), (200, &json!(0)));
    assert_eq!(
        site.send("POST", &path, &json!({ "name": "Eve", "speaker": 0 })).await,
        (400, json!({ "detail": "Speaker already assigned" }))
    );
    assert_eq!(site.send("POST", &path, &json!({ "name": " " })).await.0, 422);
    let one = format!("{path}/{}", ada["id"].as_str().unwrap());
    let (_, renamed) = site.send("PATCH", &one, &json!({ "name": "Ada L." })).await;
    assert_eq!((&renamed["name"], &renamed["speaker"]), (&json!("Ada L."), &json!(0)));
    assert_eq!(site.json(&path).await.1.as_array().unwrap().len(), 1);
    assert_eq!(site.send("DELETE", &one, &json!({})).await.0, 200);
    assert_eq!(site.json(&one).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_come_in_any_order_twice_or_broken_and_make_one_recording() {
    let site = Site::new().await;
    let id = site.create("talk").await.to_string();
    let state = format!("/v1/transcripts/{id}/record/upload");
    assert_eq!(site.json(&state).await.1["received"], json!([]));

    assert_eq!(site.chunk(&id, 2, 3, b"ghi").await, (200, json!({ "status": "ok" })));
    assert_eq!(site.chunk(&id, 0, 3, b"wrong").await.0, 200);
    assert_eq!(site.chunk(&id, 0, 3, b"abc").await.0, 200, "sent again, it replaces the first");

    // A chunk that breaks off in the middle.
    let mut raw = TcpStream::connect(site.address).unwrap();
    let head = format!(
        "POST {state}?chunk_number=1&total_chunks=3 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\
         Content-Type: multipart/form-data; boundary=XX\r\n\r\n--XX\r\nContent-Disposition: form-data; \
         name=\"chunk\"; filename=\"t.wav\"\r\n\r\nde"
    );
    raw.write_all(head.as_bytes()).unwrap();
    drop(raw);
    let (_, now) = site.json(&state).await;
    assert_eq!(
        (&now["received"], &now["complete"], &now["total_chunks"]),
        (&json!([0, 2]), &json!(false), &json!(3))
    );
    assert_eq!((&now["received_bytes"], &now["filename"]), (&json!(6), &json!("talk.wav")));
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["status"], "idle");

    assert_eq!(site.chunk(&id, 1, 4, b"def").await.0, 409, "another number of chunks is another upload");
    assert_eq!(site.chunk(&id, 3, 3, b"x").await.0, 422);
    assert_eq!(site.chunk(&id, 1, 3, b"def").await.0, 200);
    let (_, now) = site.json(&state).await;
    assert_eq!((&now["received"], &now["complete"]), (&json!([0, 1, 2]), &json!(true)));
    let (_, transcript) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!(
        (&transcript["status"], &transcript["stages"][0]["status"]),
        (&json!("uploaded"), &json!("queued"))
    );

    assert_eq!(site.chunk(&id, 1, 3, b"def").await.0, 200, "the answer may have been lost");
    assert_eq!(site.chunk(&id, 1, 3, b"other").await.0, 400, "but a complete recording does not change");
    let stored = site.app.storage().list("uploads/").await.unwrap();
    assert_eq!(stored.len(), 3, "{stored:?}");
    assert_eq!(
        site.send("POST", &format!("/v1/transcripts/{id}/process"), &json!({})).await.1["status"],
        "already running"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_chunks_at_once_begin_one_upload() {
    let site = Site::new().await;
    let id = site.create("talk").await.to_string();
    let chunks = (0..6).map(|number| {
        let (site, id) = (&site, &id);
        async move { site.chunk(id, number, 6, b"abc").await.0 }
    });
    assert_eq!(futures::future::join_all(chunks).await, [200; 6]);
    let (_, now) = site.json(&format!("/v1/transcripts/{id}/record/upload")).await;
    assert_eq!((&now["complete"], &now["received_bytes"]), (&json!(true), &json!(18)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_uploaded_is_refused_with_a_reason() {
    let site = Site::new().await;
    let id = site.create("talk").await.to_string();
    let too_large = MAX_UPLOAD_BYTES + 1;
    let query = format!("/v1/transcripts/{id}/record/upload?chunk_number=0&total_chunks=2&size={too_large}");
    let (status, body) = site.send("POST", &query, &json!({})).await;
    assert!(matches!(status, 400 | 413), "{body}");
    let (kind, form) = crate::support::site::multipart(&[("chunk", Some("x"), b"abc")]);
    let response =
        site.client.post(site.url(&query)).header("content-type", &kind).body(form).send().await.unwrap();
    assert_eq!(response.status(), 413);
    assert!(response.text().await.unwrap().contains("10 GB"));

    let (kind, form) = crate::support::site::multipart(&[("other", Some("x"), b"abc")]);
    let path = format!("/v1/transcripts/{id}/record/upload?chunk_number=0&total_chunks=1");
    let response =
        site.client.post(site.url(&path)).header("content-type", &kind).body(form).send().await.unwrap();
    assert_eq!(response.status(), 422);

    site.send("PATCH", &format!("/v1/transcripts/{id}"), &json!({ "locked": true })).await;
    assert_eq!(site.chunk(&id, 0, 1, b"abc").await, (400, json!({ "detail": "Transcript is locked" })));
    let (status, body) = site.send("POST", &format!("/v1/transcripts/{id}/process"), &json!({})).await;
    assert_eq!((status, &body["detail"]), (400, &json!("Transcript is locked")));
    assert_eq!(site.chunk("018f0000-0000-7000-8000-000000000000", 0, 1, b"abc").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn audio_is_given_whole_and_in_ranges() {
    let site = Site::new().await;
    let id = site.finished("talk").await;
    let url = site.url(&format!("/v1/transcripts/{id}/audio/mp3"));
    let ask = |range: Option<&str>| {
        let request = site.client.get(&url);
        let request = match range {
            Some(range) => request.header("range", range),
            None => request,
        };
        async { request.send().await.unwrap() }
    };
    let whole = ask(None).await;
    assert_eq!(
        (whole.status().as_u16(), whole.headers()["content-type"].to_str().unwrap()),
        (200, "audio/mpeg")
    );
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(whole.bytes().await.unwrap(), mp3());

    let part = ask(Some("bytes=100-199")).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 100-199/1000");
    assert_eq!(part.headers()["content-length"], "100");
    assert_eq!(part.bytes().await.unwrap(), mp3()[100..200]);
    assert_eq!(ask(Some("bytes=-7")).await.bytes().await.unwrap(), mp3()[993..]);
    let outside = ask(Some("bytes=1000-")).await;
    assert_eq!(outside.status(), 416);
    assert_eq!(outside.headers()["content-range"], "bytes */1000");
    assert_eq!(ask(Some("bytes=0-1,5-6")).await.status(), 200);

    let head = site.client.head(&url).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], "1000");
    let known = site.client.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let stale = site
        .client
        .get(&url)
        .header("range", "bytes=0-1")
        .header("if-range", "\"old\"")
        .send()
        .await
        .unwrap();
    assert_eq!(stale.status(), 200);
    assert_eq!(site.json(&format!("/v1/transcripts/{}/audio/mp3", site.create("y").await)).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_tells_the_present_and_then_what_happens() {
    let site = Site::new().await;
    let id = site.finished("talk").await;
    let address = format!("ws://{}/v1/transcripts/{id}/events", site.address);
    let (mut socket, _) = connect_async(&address).await.expect("the socket opens");
    let mut seen: Vec<Value> = Vec::new();
    while seen.last().is_none_or(|last| last["event"] != "STATUS") {
        let message = socket.next().await.expect("a message").expect("a good one");
        if message.is_text() {
            seen.push(serde_json::from_str(message.to_text().unwrap()).unwrap());
        }
    }
    let of = |name: &str| seen.iter().filter(|event| event["event"] == name).collect::<Vec<_>>();
    assert_eq!(of("DURATION")[0]["data"]["duration"], 60_000.0);
    assert_eq!(of("WAVEFORM")[0]["data"]["waveform"].as_array().unwrap().len(), 255);
    assert_eq!((of("TOPIC").len(), of("STAGE").len()), (2, 8));
    assert_eq!(of("FINAL_TITLE")[0]["data"]["title"], "Budget talks");
    assert_eq!(of("FINAL_SHORT_SUMMARY")[0]["data"]["short_summary"], "They cut the budget.");
    assert_eq!(of("STATUS")[0]["data"]["value"], "ended");

    site.app.bus().publish(id, &Event::FinalTitle { title: "New".into() }).await;
    let told = loop {
        let message = socket.next().await.expect("a message").expect("a good one");
        if message.is_text() {
            break message.into_text().unwrap().to_string();
        }
    };
    assert!(told.contains("\"New\""), "{told}");

    let mut foreign = address.as_str().into_client_request().unwrap();
    foreign.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    assert!(connect_async(foreign).await.is_err(), "a foreign page must not listen");
    let unknown = format!("ws://{}/v1/transcripts/018f0000-0000-7000-8000-000000000000/events", site.address);
    assert!(connect_async(unknown).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_stage_is_told_and_tried_again() {
    let site = Site::new().await;
    let id = site.finished("talk").await;
    let attempt = site.up_to(id, Some(Stage::Topics)).await.unwrap();
    let mut conn = site.workshop.conn().await;
    stage::fail(&mut conn, &attempt, "the model server refused", clock::now()).await.unwrap();
    drop(conn);
    let path = format!("/v1/transcripts/{id}");
    let (_, failed) = site.json(&path).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("error"), &json!("the model server refused")));
    assert!(failed["transcript"].as_str().unwrap().contains("Good morning"), "what was made before stays");
    let (_, found) = site.json("/v1/transcripts/search?q=budget").await;
    assert_eq!(
        (&found["total"], &found["results"][0]["id"]),
        (&json!(1), &json!(id.to_string())),
        "and is found: {found}"
    );
    let (status, subtitles) = site.page(&format!("{path}/download/srt")).await;
    assert!(status == 200 && subtitles.contains("Good morning"), "and goes out of the house: {subtitles}");

    assert_eq!(site.send("POST", &format!("{path}/process"), &json!({ "from": "nonsense" })).await.0, 422);
    assert_eq!(
        site.send("POST", &format!("{path}/process"), &json!({ "from": "topics" })).await,
        (200, json!({ "status": "ok" }))
    );
    let (_, again) = site.json(&path).await;
    assert_eq!((&again["status"], &again["error"]), (&json!("processing"), &Value::Null));
    let topics = again["stages"].as_array().unwrap().iter().find(|one| one["stage"] == "topics").unwrap();
    assert_eq!(topics["status"], "queued");
    let nothing = site.create("empty").await;
    assert_eq!(site.send("POST", &format!("/v1/transcripts/{nothing}/process"), &json!({})).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_protected_and_strange_names_refused() {
    let site = Site::new().await;
    let page = site.get("/").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert_eq!(page.headers()["x-frame-options"], "DENY");
    assert!(page.headers().contains_key("x-request-id"));

    let cross = site
        .client
        .post(site.url("/v1/transcripts"))
        .header("sec-fetch-site", "cross-site")
        .json(&json!({ "name": "x" }));
    assert_eq!(cross.send().await.unwrap().status(), 403);
    let rebound =
        site.client.get(site.url("/v1/transcripts")).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 421);
    assert_eq!(site.json("/v1/transcripts/not-an-id").await.0, 404);
    assert_eq!(site.json("/v1/nothing").await, (404, json!({ "detail": "Route not found" })));
    assert_eq!(site.json("/v1/transcripts?size=1000").await.0, 422);
    assert_eq!(site.send("POST", "/v1/transcripts", &json!({})).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_it_checked() {
    let site = Site::new().await;
    assert_eq!(site.json("/health").await, (200, json!({ "status": "healthy" })));
    assert_eq!(site.get("/livez").await.status(), 200);
    let (status, ready) = site.json("/readyz").await;
    assert_eq!(status, 200, "{ready}");
    for part in ["database", "queue", "storage", "bus"] {
        assert_eq!(ready["checks"][part], "ok");
    }
    let metrics = site.get("/metrics").await.text().await.unwrap();
    assert!(
        metrics.contains("reflector_http_requests_total") && metrics.contains("route=\"/health\""),
        "{metrics}"
    );

    // The folder of the objects goes away, as a disk may.
    std::fs::remove_dir_all(&site.workshop.storage).unwrap();
    std::fs::write(&site.workshop.storage, b"in the way").unwrap();
    let (status, broken) = site.json("/readyz").await;
    assert_eq!(
        (status, &broken["checks"]["storage"], &broken["checks"]["database"]),
        (503, &json!("failed"), &json!("ok"))
    );
}
