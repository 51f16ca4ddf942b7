//! Every address there is, asked by nobody; and what visitors of a public site may do.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::db::schema::transcript;
use reflector::ids::{TranscriptId, UserId};
use serde_json::{Value, json};

use super::{ADA, guarded, person, public, token};
use crate::support::site::Site;

/// What answers whoever asks where people log in, and why.
const PUBLIC: &[(&str, &str)] = &[
    ("GET /login", "it is where one logs in"),
    ("POST /login", "it is where one logs in"),
    ("GET /assets/{version}/{name}", "the login page's style sheet"),
    ("GET /health", "whether the process lives"),
    ("GET /livez", "whether the process lives"),
    ("GET /readyz", "whether its parts answer"),
    ("GET /metrics", "from this machine alone, as another test shows"),
    ("GET /setup", "the first account, by a code from the machine"),
    ("POST /setup", "the first account, by a code from the machine"),
    ("POST /appearance", "light or dark and the language, which the login page has too"),
    ("POST /v1/auth/login", "it is where programs log in"),
    ("GET /v1/me", "null for nobody"),
    ("GET /v1/config", "what is switched on, for whoever draws a login page"),
    ("GET /privacy", "what is kept and who reads it, before one gives anything"),
    ("GET /docs", "the same to read"),
    ("GET /openapi.json", "what the API looks like, the same everywhere: nothing of this installation"),
];

/// Every address: pages by the router's source, the API by its description, which another test holds to the router.
pub(super) fn addresses() -> BTreeSet<String> {
    let source = include_str!("../../../src/web/router.rs");
    let mut found: BTreeSet<String> = reflector::web::openapi().paths.paths.into_keys().collect();
    for line in source.lines() {
        for part in line.split(".route(").skip(1).chain(line.trim().starts_with("\"/").then_some(line)) {
            if let Some(path) = part.split('"').nth(1).filter(|path| path.starts_with('/')) {
                found.insert(path.to_owned());
            }
        }
    }
    found
}

/// An address with something in the place of its parameters.
pub(super) fn filled(path: &str, id: TranscriptId) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{') {
        Some(rest) if rest.starts_with("version") => "0".to_owned(),
        Some(rest) if rest.starts_with("name") => "site.css".to_owned(),
        Some(rest) if rest.starts_with("format") => "txt".to_owned(),
        Some("index}" | "word}") => "0".to_owned(),
        Some(_) => id.to_string(),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_closed_to_whoever_is_not_logged_in_unless_it_is_on_this_list() {
    let site = guarded().await;
    let id = site.finished("talk.wav").await;
    share(&site, id, "public", None).await;
    let all = addresses();
    assert!(
        all.len() >= 55 && all.contains("/v1/transcripts/{id}/audio/mp3") && all.contains("/settings"),
        "{all:#?}"
    );
    let mut open = BTreeSet::new();
    for path in all.iter().map(String::as_str).chain(["/nothing", "/v1/nothing", "/redoc"]) {
        for method in ["GET", "POST", "PATCH", "DELETE", "PUT"] {
            let request = site.client.request(method.parse().unwrap(), site.url(&filled(path, id)));
            let response = request.json(&json!({})).send().await.unwrap();
            let status = response.status().as_u16();
            let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
            let closed = match status {
                303 => to.is_some_and(|to| to == "/login" || to.starts_with("/login?next=")),
                401 => path.starts_with("/v1"),
                404 | 405 => true,
                _ => false,
            };
            if !closed {
                open.insert(format!("{method} {path}"));
            }
            if path.starts_with("/v1/") && !["/v1/auth/login", "/v1/me", "/v1/config"].contains(&path) {
                assert_eq!(status, 401, "{method} {path}");
            }
        }
    }
    let listed: BTreeSet<String> = PUBLIC.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(open, listed);
    let start = site.client.get(site.url("/")).header("sec-fetch-dest", "empty").send().await.unwrap();
    assert_eq!(start.status(), 401, "a script's fetch does not take the login page for an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_for_this_machine_and_for_administrators() {
    let site = guarded().await;
    person(&site, ADA, true).await;
    person(&site, "bob@example.org", false).await;
    assert_eq!(site.get("/metrics").await.status(), 200);
    let through = async |token: Option<&str>| {
        let mut request = site.client.get(site.url("/metrics")).header("x-forwarded-for", "198.51.100.7");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(through(None).await, 303);
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "forwarded", "via"] {
        // From an address of this machine's, as any proxy might say.
        let request = site.client.get(site.url("/metrics")).header(name, "127.0.0.1");
        assert_eq!(request.send().await.unwrap().status(), 303, "{name}");
    }
    assert_eq!(through(Some(&token(&site, ADA).await)).await, 200);
    assert_eq!(through(Some(&token(&site, "bob@example.org").await)).await, 303);
}

pub(super) async fn share(site: &Site, id: TranscriptId, mode: &str, owner: Option<UserId>) {
    let mode: reflector::model::ShareMode = mode.parse().unwrap();
    diesel::update(transcript::table.find(id))
        .set((transcript::share_mode.eq(mode), transcript::user_id.eq(owner)))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
}

/// Reading, changing, processing, deleting one transcript by API.
async fn tries(site: &Site, id: TranscriptId, token: Option<&str>) -> Vec<u16> {
    let one = format!("/v1/transcripts/{id}");
    let mut found = Vec::new();
    for (method, path) in [
        ("GET", one.clone()),
        ("GET", format!("{one}/audio/mp3")),
        ("PATCH", one.clone()),
        ("POST", format!("{one}/process")),
        ("POST", format!("{one}/participants")),
        ("DELETE", one.clone()),
    ] {
        let mut request = site.client.request(method.parse().unwrap(), site.url(&path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let body = json!({ "name": "x", "title": "x" });
        found.push(request.json(&body).send().await.unwrap().status().as_u16());
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_of_a_public_site_see_what_is_for_everybody_and_change_nothing() {
    let site = public().await;
    let ada = person(&site, ADA, false).await;
    let mine = token(&site, ADA).await;
    let private = site.finished("private.wav").await;
    share(&site, private, "private", Some(ada.id)).await;
    let semi = site.finished("semi.wav").await;
    share(&site, semi, "semi-private", Some(ada.id)).await;
    let shared = site.finished("shared.wav").await;
    share(&site, shared, "public", Some(ada.id)).await;
    let nobodys = site.finished("nobodys.wav").await;

    assert_eq!(tries(&site, private, None).await, vec![404; 6]);
    assert_eq!(tries(&site, semi, None).await, vec![404; 6]);
    assert_eq!(tries(&site, shared, None).await, [200, 200, 403, 403, 403, 403]);
    assert_eq!(tries(&site, nobodys, None).await, [200, 200, 403, 403, 403, 403]);
    let (_, list) = site.json("/v1/transcripts").await;
    let mut listed: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    listed.sort_unstable();
    let mut wanted = [shared.to_string(), nobodys.to_string()];
    wanted.sort_unstable();
    assert_eq!(listed, wanted, "titles of other people's private things are not told");
    let (status, page) = site.page("/").await;
    assert!(status == 200 && page.contains("href=\"/login\""));

    // They may add what belongs to nobody, and can't touch it afterwards.
    let (status, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "visitor's" })).await;
    assert_eq!((status, &made["user_id"]), (200, &Value::Null));
    let id = made["id"].as_str().unwrap().to_owned();
    let wave = std::fs::read(crate::support::workshop::two_people()).unwrap();
    assert_eq!(site.chunk(&id, 0, 1, &wave).await.0, 200);
    assert_eq!(site.send("DELETE", &format!("/v1/transcripts/{id}"), &json!({})).await.0, 403);
    for path in ["/v1/user/api-keys", "/settings"] {
        let status = site.get(path).await.status().as_u16();
        assert_eq!(status, 401, "{path}");
    }

    // The same things for the one who owns them, for another person and for an administrator.
    person(&site, "bob@example.org", false).await;
    let bob = token(&site, "bob@example.org").await;
    assert_eq!(tries(&site, private, Some(&bob)).await, vec![404; 6]);
    assert_eq!(tries(&site, semi, Some(&bob)).await, [200, 200, 403, 403, 403, 403]);
    assert_eq!(tries(&site, nobodys, Some(&bob)).await, [200, 200, 403, 403, 403, 403]);
    person(&site, "root@example.org", true).await;
    let root = token(&site, "root@example.org").await;
    assert_eq!(tries(&site, private, Some(&root)).await, vec![404; 6], "looking after is not looking into");
    assert_eq!(tries(&site, nobodys, Some(&root)).await, vec![200; 6]);
    assert_eq!(tries(&site, private, Some(&mine)).await, vec![200; 6]);
}
