//! Who comes in, how many, how much, and what is left of a request that ends early.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use reqwest::Body;
use reqwest::multipart::{Form, Part};

use super::CLIP;
use crate::support::media::Media;
use crate::support::speech_server::{KEY, SpeechServer, read, sample};

const PATHS: [&str; 7] = [
    "/v1/audio/transcriptions",
    "/v1/audio/transcriptions-from-url",
    "/v1/audio/translations",
    "/diarize",
    "/translate",
    "/pad",
    "/mixdown",
];

#[tokio::test]
async fn nobody_comes_in_without_the_key() {
    let server = SpeechServer::start(|_| ()).await;
    for path in PATHS {
        for request in [
            server.client.post(server.url(path)),
            server.client.post(server.url(path)).bearer_auth("the-key-of-the-tests-0124"),
            server.client.post(server.url(path)).basic_auth("reflector", Some(KEY)),
        ] {
            let (status, body) = read(request).await;
            assert_eq!(
                (status, body["error"]["code"].as_str()),
                (401, Some("invalid_api_key")),
                "{path}: {body}"
            );
            assert!(body["detail"].as_str().unwrap().contains("key"));
        }
    }
    for path in ["/v1/models", "/v1/models/whisper-1", "/metrics"] {
        assert_eq!(read(server.client.get(server.url(path))).await.0, 401, "{path}");
        assert_eq!(read(server.client.get(server.url(path)).bearer_auth(KEY)).await.0, 200, "{path}");
    }
    for path in ["/health", "/docs", "/openapi.json"] {
        assert_eq!(read(server.client.get(server.url(path))).await.0, 200, "{path} says nothing secret");
    }
    let numbers = server
        .client
        .get(server.url("/metrics"))
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        numbers.contains("reflector_speech_requests_total{route=\"/diarize\",status=\"401\"} 3"),
        "{numbers}"
    );
    assert!(numbers.contains("reflector_speech_ready 1"), "{numbers}");
}

#[tokio::test]
async fn without_a_key_no_foreign_page_comes_in() {
    let server = SpeechServer::start(|settings| settings.key = None).await;
    let models = || server.client.get(server.url("/v1/models"));
    assert_eq!(read(models()).await.0, 200);
    assert_eq!(read(models().header("host", "evil.example")).await.0, 421, "another name led here");
    let cross = server.client.post(server.url("/pad")).header("sec-fetch-site", "cross-site");
    assert_eq!(read(cross).await.0, 403);
}

#[tokio::test]
async fn health_and_docs_say_what_the_server_is() {
    let server = SpeechServer::start(|_| ()).await;
    let health = server.health().await;
    assert_eq!(
        (&health["status"], &health["model"], &health["device"]),
        (&"ok".into(), &"whisper-tiny.en".into(), &"cpu".into())
    );
    assert_eq!(
        (health["ready"].as_bool(), health["places"].as_u64(), health["requests"].as_u64()),
        (Some(true), Some(8), Some(0))
    );
    let (_, docs) = read(server.client.get(server.url("/docs"))).await;
    assert!(docs.as_str().unwrap().contains("POST /v1/audio/transcriptions-from-url"));
    let (_, openapi) = read(server.client.get(server.url("/openapi.json"))).await;
    for path in PATHS {
        assert!(openapi["paths"][path]["post"].is_object(), "{path} is described");
    }
    let (status, body) = read(server.client.get(server.url("/nowhere"))).await;
    assert!(status == 404 && body["detail"].is_string(), "{body}");
    assert_eq!(read(server.client.get(server.url("/diarize"))).await.0, 405);
}

/// A form whose file never ends.
fn endless() -> Form {
    let first = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"RIFF"))]);
    Form::new().part("file", Part::stream(Body::wrap_stream(first.chain(futures::stream::pending()))))
}

#[tokio::test]
async fn a_full_server_says_when_to_come_back_and_one_who_hangs_up_makes_room() {
    let server = SpeechServer::start(|settings| settings.places = 1).await;
    let path = "/v1/audio/transcriptions";
    let holding = tokio::spawn(server.post(path).multipart(endless()).send());
    server.until("one is inside", |health| health["requests"] == 1).await;
    assert_eq!(server.files(), 1, "its file is being written");

    let clip = || Form::new().part("file", Part::bytes(std::fs::read(sample(CLIP)).unwrap()));
    let refused = server.post(path).multipart(clip()).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let after: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&after), "{after}");
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "rate_limit_exceeded");

    holding.abort();
    server.until_empty().await;
    assert_eq!(read(server.post(path).multipart(clip())).await.0, 200);
}

#[tokio::test]
async fn media_that_are_too_large_are_refused_on_the_way_and_leave_nothing() {
    let server = SpeechServer::start(|settings| settings.max_bytes = 50_000).await;
    let large = || Part::bytes(vec![0; 60_000]).file_name("large.wav");
    let two =
        Form::new().part("files", Part::bytes(vec![0; 30_000])).part("files", Part::bytes(vec![0; 30_000]));
    for (path, form) in [
        ("/v1/audio/transcriptions", Form::new().part("file", large())),
        ("/v1/audio/transcriptions", two),
        ("/diarize", Form::new().part("file", large())),
    ] {
        let (status, body) = read(server.post(path).multipart(form)).await;
        assert_eq!(status, 413, "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains("at most"), "{body}");
    }
    let app = axum::Router::new().route("/large", axum::routing::get(|| async { vec![0u8; 60_000] }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/large", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let (status, _) = read(server.post("/diarize").query(&[("audio_file_url", url)])).await;
    assert_eq!(status, 413);
    server.until_empty().await;
}

#[tokio::test]
async fn work_for_one_who_hangs_up_is_stopped() {
    let (server, media) = (SpeechServer::start(|_| ()).await, Media::new());
    // Twenty minutes: the smallest model is busy with it for longer than this test may take.
    let talk = format!("-stream_loop 39 -i {} -t 1200", sample("public/sample.wav").display());
    let long = std::fs::read(media.ffmpeg(&format!("{talk} -c:a libopus -b:a 24k"), "long.ogg")).unwrap();
    for path in ["/v1/audio/transcriptions", "/diarize"] {
        let form = Form::new().part("file", Part::bytes(long.clone())).text("stream", "false");
        let asking = tokio::spawn(server.post(path).multipart(form).send());
        server.until("it is computed", |health| health["running"] == 1 && health["requests"] == 1).await;
        let begun = Instant::now();
        asking.abort();
        server.until_empty().await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{path}: it stopped after {:?}", begun.elapsed());
        // The engine itself, too, and not only whoever waited for it.
        server.until("the engine is idle", |health| health["running"] == 0).await;
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{path}: computing ended after {:?}",
            begun.elapsed()
        );
    }
}
