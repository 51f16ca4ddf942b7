//! The sound, in ranges, by everything that shows who asks.

use serde_json::json;

use crate::auth::{ADA, person, public, send, token};
use crate::support::site::mp3;

const BOB: &str = "bob@example.org";

#[tokio::test(flavor = "multi_thread")]
async fn ranges_of_the_sound_are_given_to_whoever_may_hear_it_however_they_show_it() {
    let site = public().await;
    let ada = person(&site, ADA, false).await.id;
    person(&site, BOB, false).await;
    let login = format!("Bearer {}", token(&site, ADA).await);
    let his = format!("Bearer {}", token(&site, BOB).await);
    let body = json!({ "scopes": ["read"] });
    let (_, made) = send(&site, "POST", "/v1/user/api-keys", ("authorization", &login), &body).await;
    let key = made["key"].as_str().unwrap().to_owned();
    let (closed, open) = (site.finished("closed.wav").await, site.finished("open.wav").await);
    site.give(closed, "private", Some(ada)).await;
    site.give(open, "public", Some(ada)).await;
    let address = format!("/v1/transcripts/{closed}/audio/token");
    let (status, given) = send(&site, "POST", &address, ("authorization", &login), &json!({})).await;
    assert_eq!(status, 200, "{given}");
    let by_token = format!("/v1/transcripts/{closed}/audio/mp3?token={}", given["token"].as_str().unwrap());
    let plain = format!("/v1/transcripts/{closed}/audio/mp3");
    let shared = format!("/v1/transcripts/{open}/audio/mp3");

    let nothing = ("x-nothing", "x");
    let heard = [
        (&plain, ("authorization", login.as_str())),
        (&plain, ("x-api-key", key.as_str())),
        (&by_token, nothing),
        // Shared with everybody, and nobody is logged in.
        (&shared, nothing),
        (&shared, ("authorization", his.as_str())),
    ];
    let whole = mp3();
    for (path, (name, value)) in heard {
        let ask = |method: &str, range: &str| {
            let request = site.client.request(method.parse().unwrap(), site.url(path)).header(name, value);
            let whole = range.is_empty();
            let request = if whole { request } else { request.header("range", format!("bytes={range}")) };
            request.send()
        };
        for (range, status, content_range, bytes) in [
            ("", 200, "", &whole[..]),
            ("0-0", 206, "bytes 0-0/1000", &whole[..1]),
            ("-500", 206, "bytes 500-999/1000", &whole[500..]),
            ("990-", 206, "bytes 990-999/1000", &whole[990..]),
            ("999-2000", 206, "bytes 999-999/1000", &whole[999..]),
            ("-2000", 206, "bytes 0-999/1000", &whole[..]),
        ] {
            let answer = ask("GET", range).await.unwrap();
            assert_eq!(answer.status(), status, "{path} {name} {range}");
            let told = answer.headers().get("content-range").map(|told| told.to_str().unwrap().to_owned());
            assert_eq!(told.unwrap_or_default(), content_range, "{path} {name} {range}");
            assert_eq!(answer.headers()["content-type"], "audio/mpeg");
            assert_eq!(answer.bytes().await.unwrap(), bytes, "{path} {name} {range}");
        }
        for range in ["1000-", "1000-1001"] {
            let beyond = ask("GET", range).await.unwrap();
            assert_eq!(beyond.status(), 416, "{path} {name} {range}");
            assert_eq!(beyond.headers()["content-range"], "bytes */1000");
        }
        let head = ask("HEAD", "").await.unwrap();
        assert_eq!(head.status(), 200, "{path} {name}");
        assert_eq!(head.headers()["content-length"], "1000");
        assert!(head.bytes().await.unwrap().is_empty());
    }
    for (path, (name, value), status) in [
        (plain.clone(), nothing, 404),
        (plain.clone(), ("authorization", his.as_str()), 404),
        (plain.clone(), ("authorization", "Bearer x"), 401),
        (format!("{by_token}x"), nothing, 401),
        // A token is for one thing, and alone counts where it is sent.
        (by_token.replace(&closed.to_string(), &open.to_string()), nothing, 401),
        (format!("{by_token}x"), ("authorization", login.as_str()), 401),
    ] {
        for method in ["GET", "HEAD"] {
            let request = site.client.request(method.parse().unwrap(), site.url(&path)).header(name, value);
            let answer = request.header("range", "bytes=0-0").send().await.unwrap();
            assert_eq!(answer.status(), status, "{method} {path} {name}");
        }
    }
}
