//! Requests as the ancestor's server sends them, and their answers as it reads them.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use reflector::outgoing::AllowedHosts;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{CLIP, SENTENCE};
use crate::support::speech_server::{SpeechServer, read, sample};

fn clip() -> Part {
    Part::bytes(std::fs::read(sample(CLIP)).unwrap()).file_name("clip.wav")
}

/// Serves media, as the ancestor's object store does; its address.
async fn media() -> String {
    let file = |name: &str| std::fs::read(sample(name)).unwrap();
    let (clip, talk) = (file(CLIP), file("public/sample.wav"));
    let app = Router::new()
        .route("/clip.wav", get(move || async move { clip }))
        .route("/talk.wav", get(move || async move { talk }))
        .route("/text", get(|| async { "no media at all, only text" }))
        .route("/moved", get(|| async { Redirect::temporary("/clip.wav") }))
        .route("/inside", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data") }))
        .route("/round", get(|| async { Redirect::temporary("/round") }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn an_upload_is_answered_with_text_words_and_filename() {
    let server = SpeechServer::start(|_| ()).await;
    let form = Form::new().part("file", clip()).text("language", "en");
    let (status, body) = read(server.post("/v1/audio/transcriptions").multipart(form)).await;
    assert_eq!(
        (status, &body["text"], &body["filename"]),
        (200, &json!(SENTENCE), &json!("clip.wav")),
        "{body}"
    );
    let words = body["words"].as_array().unwrap();
    assert!(
        words.iter().all(|word| word["word"].is_string() && word["start"].as_f64() <= word["end"].as_f64())
    );
    // The ancestor joins them as they are.
    let joined: String = words.iter().map(|word| word["word"].as_str().unwrap()).collect();
    assert_eq!(joined.trim(), SENTENCE);

    let form = Form::new().part("files[]", clip()).part("files[]", clip()).text("batch", "true");
    let (status, body) = read(server.post("/v1/audio/transcriptions").multipart(form)).await;
    let results = body["results"].as_array().unwrap();
    assert_eq!((status, results.len()), (200, 2));
    assert!(results.iter().all(|one| one["text"] == SENTENCE && one["filename"] == "clip.wav"), "{body}");
    server.until_empty().await;
}

#[tokio::test]
async fn an_upload_that_is_none_is_refused_with_the_reason_in_detail() {
    let server = SpeechServer::start(|_| ()).await;
    let path = "/v1/audio/transcriptions";
    let file = |bytes: &'static [u8]| Form::new().part("file", Part::bytes(bytes).file_name("a.mp3"));
    for (form, said) in [
        (Form::new().text("language", "en"), "is missing"),
        (file(b""), "empty"),
        (file(b"this is text"), "not an audio or video file"),
        (file(b"x").text("temperature", "7"), "from 0 to 1"),
        (file(b"x").text("timestamp_granularities[]", "syllable"), "word or segment"),
        (Form::new().part("files", clip()).text("batch", "true").text("response_format", "srt"), "as JSON"),
    ] {
        let (status, body) = read(server.post(path).multipart(form)).await;
        assert_eq!(status, 400, "{said}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(said), "{said}: {body}");
        assert_eq!(body["error"]["message"], body["detail"]);
    }
    let (status, body) = read(server.post(path).body("no form")).await;
    assert!(status == 400 && body["detail"].is_string(), "{body}");
    server.until_empty().await;
}

#[tokio::test]
async fn a_file_at_an_address_is_fetched_and_its_times_are_moved() {
    let (server, media) = (SpeechServer::start(|_| ()).await, media().await);
    let ask = async |body: Value| read(server.post("/v1/audio/transcriptions-from-url").json(&body)).await;
    // As the ancestor sends it; the model's name is not ours.
    let (status, body) = ask(json!({"audio_file_url": format!("{media}/clip.wav"), "language": "en", "batch": true, "model": "parakeet-tdt-0.6b-v2"})).await;
    assert_eq!((status, &body["text"]), (200, &json!(SENTENCE)), "{body}");
    let first = body["words"][0]["start"].as_f64().unwrap();
    let (status, moved) =
        ask(json!({"audio_file_url": format!("{media}/moved"), "timestamp_offset": 60.5})).await;
    assert_eq!(status, 200, "{moved}");
    assert!((moved["words"][0]["start"].as_f64().unwrap() - first - 60.5).abs() < 0.002, "{moved}");

    for (path, status, said) in [
        ("/nothing", 404, "no file"),
        ("/broken", 400, "answers 500"),
        ("/text", 400, "not an audio"),
        ("/inside", 403, "speech_server.allow_hosts"),
        ("/round", 403, "redirects"),
    ] {
        let (got, body) = ask(json!({"audio_file_url": format!("{media}{path}")})).await;
        assert_eq!(got, status, "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(said), "{path}: {body}");
    }
    for (url, status) in [("file:///etc/passwd", 403), ("not an address", 400), ("http://127.0.0.1:1/x", 400)]
    {
        assert_eq!(ask(json!({"audio_file_url": url})).await.0, status, "{url}");
    }
    assert_eq!(ask(json!({"language": "en"})).await.0, 422);
    server.until_empty().await;
}

#[tokio::test]
async fn private_hosts_are_not_asked_unless_they_are_listed() {
    let nobody = AllowedHosts::new("speech_server.allow_hosts", &[]);
    let (server, media) = (SpeechServer::start(|settings| settings.allowed = nobody).await, media().await);
    let port = media.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/clip.wav");
        let (status, body) =
            read(server.post("/v1/audio/transcriptions-from-url").json(&json!({"audio_file_url": url})))
                .await;
        assert_eq!(status, 403, "{host}: {body}");
        assert!(body["detail"].as_str().unwrap().contains("speech_server.allow_hosts"), "{body}");
        let (status, _) = read(server.post("/diarize").query(&[("audio_file_url", &url)])).await;
        assert_eq!(status, 403, "{host}");
    }
}

#[tokio::test]
async fn speakers_are_told_apart_by_address_and_by_upload() {
    let (server, media) = (SpeechServer::start(|_| ()).await, media().await);
    let url = format!("{media}/talk.wav");
    let (status, body) =
        read(server.post("/diarize").query(&[("audio_file_url", url.as_str()), ("timestamp", "100")])).await;
    assert_eq!(status, 200, "{body}");
    let turns = body["diarization"].as_array().unwrap();
    let speakers: std::collections::BTreeSet<u64> =
        turns.iter().map(|turn| turn["speaker"].as_u64().unwrap()).collect();
    assert_eq!(speakers.into_iter().collect::<Vec<_>>(), [0, 1]);
    assert!(turns.iter().all(
        |turn| turn["start"].as_f64().unwrap() >= 100.0 && turn["start"].as_f64() < turn["end"].as_f64()
    ));
    assert!(body.get("speakers").is_none(), "voices only if they are asked for");

    let talk = || Part::bytes(std::fs::read(sample("public/sample.wav")).unwrap()).file_name("talk.wav");
    let request =
        server.post("/diarize?num_speakers=1&embeddings=true").multipart(Form::new().part("file", talk()));
    let (status, body) = read(request).await;
    assert_eq!((status, body["speakers"].as_array().map(Vec::len)), (200, Some(1)), "{body}");
    assert!(body["diarization"].as_array().unwrap().iter().all(|turn| turn["speaker"] == 0));

    let few = read(server.post("/diarize?num_speakers=1&min_speakers=2")).await;
    assert_eq!((few.0, &few.1["error"]["param"]), (400, &json!("num_speakers")), "{}", few.1);
    assert_eq!(few.1["detail"], "num_speakers is 1, less than min_speakers, which is 2");
    for (query, status) in [
        ("", 422),
        ("?num_speakers=0", 400),
        ("?min_speakers=3&max_speakers=2", 400),
        ("?timestamp=soon", 422),
    ] {
        let (got, body) = read(server.post(&format!("/diarize{query}"))).await;
        assert!(got == status && body["detail"].is_string(), "{query}: {got} {body}");
    }
    server.until_empty().await;
}

#[tokio::test]
async fn what_is_not_built_yet_says_so() {
    let server = SpeechServer::start(|_| ()).await;
    for (path, said) in
        [("/translate?text=hello", "translation model"), ("/pad", "meetings"), ("/mixdown", "meetings")]
    {
        let (status, body) = read(server.post(path).json(&json!({}))).await;
        assert_eq!((status, &body["error"]["code"]), (501, &json!("not_implemented")), "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(said), "{body}");
    }
}
