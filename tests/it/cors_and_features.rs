//! What an operator switches off is not there; which other sites' pages may use the API.

use reflector::config::Config;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::auth::{ADA, cookie};
use crate::support::site::{Site, with_login};
use crate::support::socket::{Came, Watcher};

/// Asks as a browser does for a page of another site.
async fn from(site: &Site, origin: &str, method: Method, path: &str) -> Response {
    let request = site.client.request(method, site.url(path)).header("origin", origin);
    request.header("sec-fetch-site", "cross-site").json(&json!({ "name": "talk" })).send().await.unwrap()
}

async fn preflight(site: &Site, origin: &str, path: &str) -> Response {
    let request = site.client.request(Method::OPTIONS, site.url(path)).header("origin", origin);
    let request = request.header("access-control-request-method", "PATCH");
    request.header("access-control-request-headers", "authorization,content-type").send().await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

const APP: &str = "https://app.example.org";

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_is_let_in_by_itself() {
    let site = Site::new().await;
    let answer = from(&site, APP, Method::GET, "/v1/transcripts").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "access-control-allow-origin")), (200, None));
    assert_eq!(from(&site, APP, Method::POST, "/v1/transcripts").await.status(), 403);
    let answer = preflight(&site, APP, "/v1/transcripts").await;
    assert_eq!(header(&answer, "access-control-allow-origin"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_site_may_use_the_api_and_no_page_and_others_may_not() {
    let listed = |config: &mut Config| {
        config.cors.origins = vec![APP.into(), "http://localhost:3000".into()];
        config.cors.allow_credentials = true;
    };
    let site = Site::set(listed).await;
    let asked = preflight(&site, APP, "/v1/transcripts/x").await;
    assert_eq!(asked.status(), 200);
    assert_eq!(header(&asked, "access-control-allow-origin"), Some(APP));
    assert_eq!(header(&asked, "access-control-allow-credentials"), Some("true"));
    assert!(header(&asked, "access-control-allow-methods").unwrap().contains("PATCH"));
    let headers = header(&asked, "access-control-allow-headers").unwrap();
    for wanted in [
        "authorization",
        "content-type",
        "x-api-key",
        "idempotency-key",
        "x-upload-token",
        "if-match",
        "if-range",
        "range",
        "last-event-id",
    ] {
        assert!(headers.split(',').any(|one| one.trim() == wanted), "{wanted}: {headers}");
    }
    let made = from(&site, APP, Method::POST, "/v1/transcripts").await;
    assert_eq!(made.status(), 200, "it may change something, too");
    assert_eq!(header(&made, "access-control-allow-origin"), Some(APP));
    assert!(header(&made, "vary").unwrap().to_lowercase().contains("origin"));
    let told = from(&site, APP, Method::GET, "/v1/transcripts").await;
    let exposed = header(&told, "access-control-expose-headers").unwrap();
    for wanted in ["etag", "content-range", "content-disposition", "accept-ranges"] {
        assert!(exposed.split(',').any(|one| one.trim() == wanted), "{wanted}: {exposed}");
    }
    // A refusal can be read, too: a program must learn why.
    let refused = from(&site, APP, Method::GET, "/v1/transcripts?size=0").await;
    assert_eq!(
        (refused.status().as_u16(), header(&refused, "access-control-allow-origin")),
        (422, Some(APP))
    );

    for page in ["/", "/transcripts", "/health"] {
        let answer = from(&site, APP, Method::GET, page).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{page}");
    }
    for other in
        ["https://app.example.org.evil.test", "http://app.example.org", "https://APP.example.org", "null"]
    {
        let answer = from(&site, other, Method::GET, "/v1/transcripts").await;
        assert_eq!(header(&answer, "access-control-allow-origin"), None, "{other}");
        assert_eq!(from(&site, other, Method::POST, "/v1/transcripts").await.status(), 403, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_site_may_read_with_a_token_and_change_nothing() {
    let site = Site::set(|config| {
        with_login(config);
        config.cors.origins = vec!["*".into()];
    })
    .await;
    let asked = preflight(&site, "https://any.example", "/v1/me").await;
    assert_eq!(header(&asked, "access-control-allow-origin"), Some("https://any.example"));
    assert_eq!(header(&asked, "access-control-allow-credentials"), None);
    let ada = site.person("ada@example.org", false).await;
    let request = site.client.get(site.url("/v1/me")).bearer_auth(&ada.token);
    let answer = request.header("origin", "https://any.example").send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("https://any.example"));
    assert_eq!(from(&site, "https://any.example", Method::POST, "/v1/transcripts").await.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_site_may_open_the_sockets_and_others_may_not() {
    let site = Site::set(|config| config.cors.origins = vec![APP.into()]).await;
    let one = format!("/v1/transcripts/{}/events", site.finished("talk.wav").await);
    let mut socket = Watcher::open(&site, &one, &[("origin", APP)]).await;
    socket.until("STATUS").await;
    let mut lists = Watcher::open(&site, "/v1/events", &[("origin", APP)]).await;
    let made = from(&site, APP, Method::POST, "/v1/transcripts").await;
    assert_eq!(made.status(), 200);
    lists.until("TRANSCRIPT_CREATED").await;
    for other in ["https://app.example.org.evil.test", "http://app.example.org", "null", "*"] {
        for path in [one.as_str(), "/v1/events"] {
            assert_eq!(Watcher::refused(&site, path, &[("origin", other)]).await.0, 403, "{other}: {path}");
        }
    }

    // Where people log in, by what its page shows; by a cookie only where its requests may carry that.
    for (credentials, listed) in [(false, APP), (true, APP), (false, "*")] {
        let site = Site::set(|config| {
            with_login(config);
            config.cors.origins = vec![listed.into()];
            config.cors.allow_credentials = credentials;
        })
        .await;
        let token = site.person(ADA, false).await.token;
        let shown = format!("bearer, {token}");
        let cookie = cookie(&site, ADA).await;
        let (by_token, by_cookie) =
            ([("origin", APP), ("sec-websocket-protocol", &*shown)], [("origin", APP), ("cookie", &*cookie)]);
        if listed == "*" {
            assert_eq!(Watcher::refused(&site, "/v1/events", &by_token).await.0, 403, "* is for reading");
            continue;
        }
        Watcher::open(&site, "/v1/events", &by_token).await;
        let mut nobody = Watcher::open(&site, "/v1/events", &[("origin", APP)]).await;
        assert_eq!(nobody.came().await, Came::Closed(4401), "its script is told to log in");
        if credentials {
            Watcher::open(&site, "/v1/events", &by_cookie).await;
        } else {
            assert_eq!(Watcher::refused(&site, "/v1/events", &by_cookie).await.0, 403);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_told_to_everybody() {
    let site = Site::set(with_login).await;
    let (status, told) = site.json("/v1/config").await;
    assert_eq!((status, &told["zulip_enabled"], &told["email_enabled"]), (200, &json!(false), &json!(false)));
    let on = json!({
        "require_login": false, "privacy": true, "browse": true, "rooms": true, "send_to_zulip": true,
        "email_transcript": true,
    });
    assert_eq!(told["features"], on);
    let site = Site::set(|config| {
        config.mail.host = Some("127.0.0.1".into());
        config.mail.from = Some("reflector@example.org".into());
        config.zulip.realm = Some("http://127.0.0.1:9".into());
        config.zulip.bot_email = Some("bot@example.org".into());
        config.zulip.api_key = Some("key".into());
    })
    .await;
    let (_, told) = site.json("/v1/config").await;
    assert_eq!((&told["zulip_enabled"], &told["email_enabled"]), (&json!(true), &json!(true)));
}

/// That it is switched off, as API or page tells it.
async fn off(site: &Site, method: &str, path: &str, setting: &str) {
    if path.starts_with("/v1/") {
        let (status, told) = site.send(method, path, &json!({})).await;
        assert_eq!((status, &told["code"]), (404, &json!("feature_off")), "{method} {path}: {told}");
        assert!(told["detail"].as_str().unwrap().contains(setting), "{told}");
    } else {
        let response = site.client.request(method.parse().unwrap(), site.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 404, "{method} {path}");
        assert!(response.text().await.unwrap().contains("switched off"), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_answers_404_with_its_code_and_no_page_offers_it() {
    let site = Site::set(|config| {
        config.features.browse = false;
        config.features.rooms = false;
        config.features.privacy = false;
        config.features.send_to_zulip = false;
        config.features.email_transcript = false;
        config.mail.host = Some("127.0.0.1".into());
        config.mail.from = Some("reflector@example.org".into());
    })
    .await;
    let id = site.finished("talk.wav").await;
    let one = format!("/v1/transcripts/{id}");
    for (method, path, setting) in [
        ("GET", "/transcripts", "features.browse"),
        ("GET", "/v1/transcripts", "features.browse"),
        ("GET", "/v1/transcripts/search", "features.browse"),
        ("GET", "/rooms", "features.rooms"),
        ("POST", "/rooms", "features.rooms"),
        ("GET", "/v1/rooms", "features.rooms"),
        ("POST", "/v1/rooms", "features.rooms"),
        ("GET", "/privacy", "features.privacy"),
        ("GET", "/v1/zulip/streams", "features.send_to_zulip"),
        ("POST", &format!("{one}/zulip"), "features.send_to_zulip"),
        ("POST", &format!("{one}/email"), "features.email_transcript"),
        ("POST", &format!("/transcripts/{id}/send/email"), "features.email_transcript"),
        ("POST", &format!("/transcripts/{id}/room"), "features.rooms"),
    ] {
        off(&site, method, path, setting).await;
    }
    // What is left works, and leads nowhere else.
    assert_eq!(site.send("POST", "/v1/transcripts", &json!({ "name": "talk" })).await.0, 200);
    assert_eq!(site.json(&one).await.0, 200);
    let (_, told) = site.json("/v1/config").await;
    assert_eq!((&told["email_enabled"], &told["features"]["rooms"]), (&json!(false), &json!(false)));
    for path in ["/", &format!("/transcripts/{id}")] {
        let (status, page) = site.page(path).await;
        assert_eq!(status, 200);
        for gone in ["href=\"/transcripts\"", "href=\"/rooms\"", "/privacy", "/send\"", "name=\"room_id\""] {
            assert!(!page.contains(gone), "{gone} in {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_switched_off_is_on_the_pages() {
    let site = Site::new().await;
    let (_, page) = site.page("/").await;
    for there in ["href=\"/transcripts\"", "href=\"/rooms\"", "href=\"/privacy\""] {
        assert!(page.contains(there), "{there}");
    }
    let (status, page) = site.page("/privacy").await;
    assert_eq!(status, 200);
    assert!(page.contains("Nobody logs in here") && page.contains("Nothing by itself"), "{page}");
    let site = Site::set(|config| {
        with_login(config);
        config.auth.public_mode = true;
        config.retention.trash_days = 30;
        config.llm.url = Some("https://llm.example.org/v1".into());
        config.llm.model = Some("m".into());
    })
    .await;
    let (status, page) = site.page("/privacy").await;
    assert_eq!(status, 200, "it can be read before one logs in");
    for told in ["llm.example.org", "30 days", "deleted by itself after 7 days", "to everybody on the web"] {
        assert!(page.contains(told), "{told} in {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_who_must_log_in_still_see_what_they_have_a_link_to() {
    let site = Site::set(|config| {
        with_login(config);
        config.auth.public_mode = true;
        config.features.require_login = true;
    })
    .await;
    let ada = site.person("ada@example.org", false).await;
    let id = site.finished("talk.wav").await;
    site.give(id, "public", Some(ada.user.id)).await;
    for path in ["/", "/transcripts", "/rooms"] {
        let response = site.get(path).await;
        assert_eq!(response.status(), 303, "{path}");
        assert!(header(&response, "location").unwrap().starts_with("/login"), "{path}");
    }
    for (method, path) in [("GET", "/v1/transcripts"), ("POST", "/v1/transcripts"), ("GET", "/v1/rooms")] {
        assert_eq!(site.send(method, path, &Value::Null).await.0, 401, "{method} {path}");
    }
    for path in
        [format!("/transcripts/{id}"), format!("/v1/transcripts/{id}"), "/login".into(), "/v1/config".into()]
    {
        assert_eq!(site.get(&path).await.status(), 200, "{path}");
    }
    assert_eq!(ada.json(&site, "/v1/transcripts").await.0, 200);
}
