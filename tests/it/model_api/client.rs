//! Our client, with a server of ours and with one that speaks the ancestor's words.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Multipart, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use futures::StreamExt;
use reflector::audio::Cancel;
use reflector::model_api::client::{Peer, Remote, RemoteError, Sound};
use reflector::speech::{DiarizeOptions, TranscribeOptions};
use reflector::tls::Trust;
use serde_json::{Value, json};

use super::{CLIP, SENTENCE};
use crate::support::speech_server::{KEY, SpeechServer, engine};
use crate::whisper;

fn sound(name: &str) -> Sound {
    Sound { pcm: whisper::sample(name), url: None }
}

fn remote(url: &str, key: &str) -> Remote {
    Remote::new(url, Some(key.into()), &Trust::system()).unwrap()
}

#[tokio::test]
async fn a_server_of_ours_gives_what_the_engine_gives() {
    let server = SpeechServer::start(|_| ()).await;
    let (remote, cancel) = (remote(&server.url("/v1"), KEY), Cancel::new());
    let peer = remote.check().await.unwrap();
    assert!(matches!(&peer, Peer::Ours(health) if health.model == "whisper-tiny.en"));
    let sound = sound("public/sample.wav");
    let (pcm, mut told) = (sound.pcm.clone(), Vec::new());
    let options = TranscribeOptions::default();
    let mut shares = Vec::new();
    let found = remote
        .transcribe(&peer, &sound, &options, &cancel, |update| {
            shares.push(update.done / update.total);
            told.extend(update.segments.to_vec());
        })
        .await
        .unwrap();
    let voices = remote.diarize(&peer, &sound, &DiarizeOptions::default(), &cancel, |_| {}).await.unwrap();
    let (ours, of_ours) = tokio::task::spawn_blocking(move || {
        let words = engine().transcribe(pcm.clone(), TranscribeOptions::default(), &Cancel::new(), |_| {});
        (words.unwrap(), engine().diarize(pcm, DiarizeOptions::default(), &Cancel::new(), |_| {}).unwrap())
    })
    .await
    .unwrap();
    assert_eq!(told, found.segments, "what was told on the way is all of it");
    assert_eq!((found.language.as_str(), found.duration), ("en", ours.duration));
    assert_eq!(found.segments.len(), ours.segments.len());
    for (there, here) in found.segments.iter().zip(&ours.segments) {
        assert_eq!((&there.text, there.words.len()), (&here.text, here.words.len()));
        for (there, here) in there.words.iter().zip(&here.words) {
            assert_eq!((&there.text, there.probability), (&here.text, here.probability));
            assert!((there.start - here.start).abs() <= 0.0006 && (there.end - here.end).abs() <= 0.0006);
        }
    }
    assert!(shares.is_sorted() && shares.last().is_some_and(|share| *share > 0.5), "{shares:?}");
    assert_eq!((voices.turns.len(), voices.speakers.len()), (of_ours.turns.len(), of_ours.speakers.len()));
    assert_eq!(voices.speakers, of_ours.speakers, "voices come whole");
}

#[tokio::test]
async fn a_wrong_key_and_an_absent_host_are_told_apart() {
    let server = SpeechServer::start(|_| ()).await;
    let wrong = remote(&server.url(""), "not-the-key-of-the-tests").check().await.unwrap_err();
    assert!(matches!(wrong, RemoteError::Refused { status: 401, .. }) && !wrong.is_transient(), "{wrong}");
    assert!(wrong.to_string().contains("check the key"), "{wrong}");
    let place = server.address.to_string();
    drop(server);
    let begun = Instant::now();
    let away = remote(&format!("http://{place}"), KEY).check().await.unwrap_err();
    assert!(away.is_transient() && away.to_string().contains(&format!("{place} can't be reached")), "{away}");
    assert!(begun.elapsed() > Duration::from_secs(2), "it was asked more than once");
    assert!(Remote::new("gpu:8000", None, &Trust::system()).is_err());
}

#[tokio::test]
async fn cancelled_it_returns_at_once_and_the_server_stops() {
    let server = SpeechServer::start(|_| ()).await;
    let (remote, cancel) = (remote(&server.url(""), KEY), Cancel::new());
    let peer = remote.check().await.unwrap();
    let stop = cancel.clone();
    let asking = tokio::spawn(async move {
        let sound = sound("conversation.wav");
        remote.transcribe(&peer, &sound, &TranscribeOptions::default(), &cancel, |_| {}).await
    });
    server.until("it is inside", |health| health["requests"] == 1).await;
    stop.cancel();
    assert_eq!(asking.await.unwrap().unwrap_err(), RemoteError::Cancelled);
    server.until_empty().await;
}

#[tokio::test]
async fn a_full_server_is_waited_for() {
    let server = SpeechServer::start(|settings| settings.places = 1).await;
    let (remote, cancel) = (remote(&server.url(""), KEY), Cancel::new());
    let first = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"RIFF"))]);
    let endless = reqwest::Body::wrap_stream(first.chain(futures::stream::pending()));
    let form = reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::stream(endless));
    let holding = tokio::spawn(server.post("/v1/audio/transcriptions").multipart(form).send());
    server.until("it is full", |health| health["requests"] == 1).await;
    let peer = remote.check().await.unwrap();
    let asking = tokio::spawn(async move {
        remote.transcribe(&peer, &sound(CLIP), &TranscribeOptions::default(), &cancel, |_| {}).await
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    holding.abort();
    let found = asking.await.unwrap().unwrap();
    assert_eq!(whisper::text(&found), SENTENCE);
}

/// The ancestor's service, as far as jobs need it; the first request finds it full.
#[derive(Clone, Default)]
struct Ancestor {
    seen: Arc<Mutex<Vec<(String, Value)>>>,
    full: Arc<AtomicUsize>,
}

impl Ancestor {
    async fn start() -> (Self, String) {
        let this = Self::default();
        let app = Router::new()
            .route("/v1/audio/transcriptions", post(transcribe))
            .route("/diarize", post(diarize))
            .with_state(this.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (this, url)
    }
}

async fn transcribe(
    State(this): State<Ancestor>,
    headers: HeaderMap,
    mut form: Multipart,
) -> axum::response::Response {
    let mut fields = json!({"key": headers["authorization"].to_str().unwrap()});
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        let bytes = field.bytes().await.unwrap();
        fields[name] = match bytes.starts_with(b"RIFF") {
            true => json!(bytes.len()),
            false => json!(String::from_utf8(bytes.to_vec()).unwrap()),
        };
    }
    this.seen.lock().unwrap().push(("transcribe".into(), fields));
    if this.full.fetch_add(1, Ordering::SeqCst) == 0 {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")], "").into_response();
    }
    let word = |word: &str, start: f64| json!({"word": word, "start": start, "end": start + 0.4});
    let words = [
        word(" Good", 0.0),
        word(" morning.", 0.5),
        word(" Let", 1.0),
        word(" us", 1.4),
        word(" begin.", 1.8),
    ];
    Json(json!({"text": "Good morning. Let us begin.", "words": words, "filename": "recording.wav"}))
        .into_response()
}

async fn diarize(State(this): State<Ancestor>, Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    this.seen.lock().unwrap().push(("diarize".into(), json!(query)));
    Json(
        json!({"diarization": [{"start": 0.0, "end": 1.0, "speaker": 0}, {"start": 1.0, "end": 2.2, "speaker": 1}]}),
    )
}

#[tokio::test]
async fn the_ancestors_server_is_asked_in_its_words_and_again_when_it_is_full() {
    let (ancestor, url) = Ancestor::start().await;
    let (remote, cancel) = (remote(&url, "their-key"), Cancel::new());
    let peer = remote.check().await.unwrap();
    assert_eq!(peer, Peer::Other);
    let mut sound = sound(CLIP);
    let options = TranscribeOptions {
        languages: vec!["en".into()],
        prompt: Some("Aoife, OKR".into()),
        ..TranscribeOptions::default()
    };
    let begun = Instant::now();
    let found = remote.transcribe(&peer, &sound, &options, &cancel, |_| {}).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "as long as it was asked to wait");
    let texts: Vec<&str> = found.segments.iter().map(|segment| segment.text.as_str()).collect();
    assert_eq!(texts, ["Good morning.", "Let us begin."]);
    assert_eq!((found.language.as_str(), found.segments[1].words.len()), ("en", 3));
    let seen = ancestor.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    assert_eq!((&seen[1].1["key"], &seen[1].1["language"]), (&json!("Bearer their-key"), &json!("en")));
    assert_eq!((&seen[1].1["prompt"], &seen[1].1["languages[]"]), (&json!("Aoife, OKR"), &Value::Null));
    assert_eq!(seen[1].1["file"], json!(sound.pcm.wav_len()), "the whole recording");

    // It takes addresses alone.
    let none = DiarizeOptions::default();
    let refused = remote.diarize(&peer, &sound, &none, &cancel, |_| {}).await.unwrap_err();
    assert!(
        matches!(refused, RemoteError::NeedsAddress(_)) && refused.to_string().contains("storage.s3"),
        "{refused}"
    );
    sound.url = Some("http://garage/talk.mp3?signature=a&b".into());
    let voices = remote.diarize(&peer, &sound, &none, &cancel, |_| {}).await.unwrap();
    assert_eq!((voices.turns.len(), voices.speakers.len()), (2, 0));
    let seen = ancestor.seen.lock().unwrap().clone();
    assert_eq!(seen[2].1["audio_file_url"], json!("http://garage/talk.mp3?signature=a&b"));
    assert_ne!(found.segments[0].text, SENTENCE);
}
