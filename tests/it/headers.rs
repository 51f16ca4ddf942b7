//! Policy headers on every class of answer: pages, API, errors, refusals, files, sound, sockets.

use reqwest::Response;
use serde_json::json;
use tokio_tungstenite::tungstenite;

use crate::support::site::{Site, multipart};

/// Those that never differ.
const SAME: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-xss-protection", "0"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

const NO_DEVICE: &str = "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()";

fn check(what: &str, headers: &axum::http::HeaderMap, cache: &str) {
    for (name, value) in SAME {
        assert_eq!(
            headers.get(name).unwrap_or_else(|| panic!("{what} lacks {name}")),
            value,
            "{what}: {name}"
        );
    }
    // One page records: what else there is never hears anybody.
    let records = NO_DEVICE.replace("microphone=()", "microphone=(self)");
    let records = records.replace("display-capture=()", "display-capture=(self)");
    let devices = if what == "page that records" { records.as_str() } else { NO_DEVICE };
    assert_eq!(headers["permissions-policy"], devices, "{what}");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{what}: {policy}");
    for part in ["object-src 'none'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("ws:") && !policy.contains('*') && !policy.contains("http"), "{what}: {policy}");
    assert_eq!(headers["cache-control"], cache, "{what}");
    assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"), "{what}");
    assert!(!headers.contains_key("strict-transport-security"), "{what}: HSTS for a loopback address");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_class_of_answer_carries_the_policies() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let one = format!("/v1/transcripts/{id}");
    let start = site.page("/").await.1;
    let asset = start.split('"').find(|text| text.ends_with("/site.css")).expect("a style sheet").to_owned();
    let (none, kept) = ("no-store", "private, no-cache");
    for (what, path, status, cache) in [
        ("page", "/".to_owned(), 200, none),
        ("transcript page", format!("/transcripts/{id}"), 200, none),
        ("parts", format!("/transcripts/{id}/parts"), 200, none),
        ("page that records", "/record".into(), 200, none),
        ("no page that records", "/record/".into(), 404, none),
        ("error page", "/nothing".into(), 404, none),
        ("api list", "/v1/transcripts".into(), 200, none),
        ("api", one.clone(), 200, none),
        ("api topics", format!("{one}/topics"), 200, none),
        ("api download", format!("{one}/download/json"), 200, none),
        ("api error", "/v1/transcripts/not-an-id".into(), 404, none),
        ("api validation", "/v1/transcripts?size=1000".into(), 422, none),
        ("peaks", format!("{one}/audio/waveform"), 200, none),
        ("audio", format!("{one}/audio/mp3"), 200, kept),
        ("static", asset, 200, "public, max-age=31536000, immutable"),
        ("static, old", "/assets/0/site.css".into(), 200, "no-cache"),
        ("health", "/health".into(), 200, none),
        ("liveness", "/livez".into(), 200, none),
        ("metrics", "/metrics".into(), 200, none),
        ("socket without upgrade", format!("{one}/events"), 400, none),
    ] {
        let answer = site.get(&path).await;
        assert_eq!(answer.status(), status, "{what}");
        check(what, answer.headers(), cache);
    }

    let ask = |request: reqwest::RequestBuilder| async { request.send().await.expect("an answer") };
    let audio = site.url(&format!("{one}/audio/mp3"));
    let part = ask(site.client.get(&audio).header("range", "bytes=0-9")).await;
    check("part of the audio", part.headers(), kept);
    let tag = part.headers()["etag"].clone();
    let same = ask(site.client.get(&audio).header("if-none-match", tag)).await;
    assert_eq!(same.status(), 304);
    check("audio that is known", same.headers(), kept);
    check("outside", ask(site.client.get(&audio).header("range", "bytes=99999-")).await.headers(), none);

    let refused: [(&str, u16, Response); 4] = [
        (
            "cross-site",
            403,
            ask(site
                .client
                .post(site.url("/v1/transcripts"))
                .header("sec-fetch-site", "cross-site")
                .json(&json!({ "name": "x" })))
            .await,
        ),
        ("wrong method", 405, ask(site.client.put(site.url("/v1/transcripts"))).await),
        (
            "too large",
            413,
            ask(site
                .client
                .post(site.url("/v1/transcripts"))
                .body(vec![b' '; 2_000_000])
                .header("content-type", "application/json"))
            .await,
        ),
        ("upload refused", 422, {
            let (kind, body) = multipart(&[("chunk", Some("a.wav"), b"x")]);
            let path = format!("{one}/record/upload?chunk_number=5&total_chunks=1");
            ask(site.client.post(site.url(&path)).header("content-type", kind).body(body)).await
        }),
    ];
    for (what, status, answer) in refused {
        assert_eq!(answer.status(), status, "{what}");
        check(what, answer.headers(), none);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_socket_and_a_refused_name_carry_the_policies() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let socket = tungstenite::http::Request::builder()
        .uri(format!("ws://{}/v1/transcripts/{id}/events", site.address))
        .header("host", site.address.to_string())
        .header("origin", "https://evil.example")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", tungstenite::handshake::client::generate_key())
        .body(())
        .unwrap();
    let Err(tungstenite::Error::Http(refused)) = tokio_tungstenite::connect_async(socket).await else {
        panic!("a foreign page's socket is not refused")
    };
    assert_eq!(refused.status(), 403);
    check("socket refused", refused.headers(), "no-store");

    let request = site.client.get(site.url("/v1/transcripts")).header("host", "evil.example");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 421);
    assert_eq!(answer.headers()["x-frame-options"], "DENY");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    // In the clear over a network a form has no other sign of where it comes from than its origin.
    assert_eq!(answer.headers()["referrer-policy"], "same-origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_is_sent_where_tls_is_and_on_errors_too() {
    let site = Site::new().await;
    let year = "max-age=31536000; includeSubDomains";
    for (host, proto, path, wanted) in [
        ("192.0.2.7", Some("https"), "/", Some(year)),
        ("192.0.2.7", Some("https"), "/nothing", Some(year)),
        ("192.0.2.7", Some("https"), "/v1/nothing", Some(year)),
        ("192.0.2.7", None, "/", None),
        ("localhost", Some("https"), "/", None),
    ] {
        let mut request = site.client.get(site.url(path)).header("host", host);
        if let Some(proto) = proto {
            request = request.header("x-forwarded-proto", proto);
        }
        let answer = request.send().await.unwrap();
        let found = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
        assert_eq!(found, wanted, "{host} {proto:?} {path}");
    }
}
