//! What each finds in search, in the trash and in the list, cell by cell; and whose answer an idempotency key gets.

use std::collections::BTreeSet;

use reflector::ids::{TranscriptId, UserId};
use reflector::model::transcript;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::routes::share;
use super::{ADA, cookie, guarded, person, public, send, token};
use crate::support::site::Site;

/// Letters of things: who owns it, how it is shared; `x` after it: in the trash. `N` is nobody's.
const THINGS: [&str; 11] = ["Np", "Npx", "Npubx", "Ap", "As", "Apub", "Apx", "Apubx", "Bp", "Bpub", "Bpx"];

/// What each is to find: outside the trash, and in it. Written by hand from what the documents promise.
const EXPECTED: [(&str, &[&str], &[&str]); 8] = [
    ("a visitor", &["Np", "Apub", "Bpub"], &[]),
    ("Ada", &["Ap", "As", "Apub"], &["Apx", "Apubx"]),
    ("Bob", &["Bp", "Bpub"], &["Bpx"]),
    ("the administrator", &["Np"], &["Npx", "Npubx"]),
    ("Ada's key for all", &["Ap", "As", "Apub"], &["Apx", "Apubx"]),
    ("Ada's key to read", &["Ap", "As", "Apub"], &[]),
    ("Ada's key to write", &[], &[]),
    ("the administrator's key", &[], &[]),
];

async fn thing(site: &Site, name: &str, ada: UserId, bob: UserId) -> TranscriptId {
    let id = site.finished("The walrus speaks").await;
    let owner = match &name[..1] {
        "A" => Some(ada),
        "B" => Some(bob),
        _ => None,
    };
    let mode = match name[1..].trim_end_matches('x') {
        "p" => "private",
        "s" => "semi-private",
        _ => "public",
    };
    share(site, id, mode, owner).await;
    if name.ends_with('x') {
        let mut conn = site.workshop.conn().await;
        transcript::delete(&mut conn, id, reflector::clock::now()).await.unwrap();
    }
    id
}

pub(super) async fn key(site: &Site, email: &str, scopes: &[&str]) -> String {
    let bearer = format!("Bearer {}", token(site, email).await);
    let body = json!({ "scopes": scopes });
    let (status, made) = send(site, "POST", "/v1/user/api-keys", ("authorization", &bearer), &body).await;
    assert_eq!(status, 200, "{made}");
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn search_trash_and_list_show_each_what_is_theirs_to_see() {
    let site = public().await;
    let (ada, bob) = (person(&site, ADA, false).await.id, person(&site, "bob@example.org", false).await.id);
    person(&site, "root@example.org", true).await;
    let mut ids = Vec::new();
    for name in THINGS {
        ids.push((name, thing(&site, name, ada, bob).await.to_string()));
    }
    let headers = [
        ("x-nothing", "x".to_owned()),
        ("cookie", cookie(&site, ADA).await),
        ("authorization", format!("Bearer {}", token(&site, "bob@example.org").await)),
        ("cookie", cookie(&site, "root@example.org").await),
        ("x-api-key", key(&site, ADA, &["read", "write"]).await),
        ("x-api-key", key(&site, ADA, &["read"]).await),
        ("x-api-key", key(&site, ADA, &["write"]).await),
        ("x-api-key", key(&site, "root@example.org", &["read", "write"]).await),
    ];
    let mut cells = 0;
    for ((who, outside, trash), (name, value)) in EXPECTED.into_iter().zip(headers) {
        let ask = async |request: RequestBuilder| {
            let response = request.header(name, &value).send().await.unwrap();
            assert_eq!(response.status(), 200, "{who}");
            response.text().await.unwrap()
        };
        let get = |path: &str| site.client.get(site.url(path));
        // Whatever names a thing shows it: ids, links, hidden fields.
        let found = |text: &str| -> BTreeSet<&str> {
            ids.iter().filter(|(_, id)| text.contains(id)).map(|(name, _)| *name).collect()
        };
        let wanted = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
        for query in ["walrus", "\"the walrus\"", "wal*", ""] {
            let search = get("/v1/transcripts/search").query(&[("q", query), ("limit", "100")]);
            let text = ask(search.try_clone().unwrap()).await;
            assert_eq!(found(&text), wanted(outside), "{who}: {query:?}");
            let total = serde_json::from_str::<Value>(&text).unwrap()["total"].clone();
            assert_eq!(total, json!(outside.len()), "{who}: {query:?} counts no other");
            let search = search.query(&[("include_deleted", "true")]);
            if who == "a visitor" {
                assert_eq!(search.send().await.unwrap().status(), 401, "{who} in the trash: {query:?}");
            } else {
                assert_eq!(found(&ask(search).await), wanted(trash), "{who} in the trash: {query:?}");
            }
            cells += 2 * THINGS.len();
        }
        let text = ask(get("/v1/transcripts?size=100")).await;
        assert_eq!(found(&text), wanted(outside), "{who}: list");
        for path in ["/transcripts?q=walrus", "/transcripts", "/"] {
            assert_eq!(found(&ask(get(path)).await), wanted(outside), "{who}: {path}");
        }
        cells += 4 * THINGS.len();
    }
    assert_eq!(cells, 8 * 12 * 11);

    // A visitor of a site that is not public finds nothing, not even that there is a search.
    let closed = guarded().await;
    assert_eq!(closed.get("/v1/transcripts/search?q=walrus").await.status(), 401);
    assert_eq!(closed.get("/transcripts?q=walrus").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_trash_is_destroyed_by_whoever_may_and_downloaded_by_its_owner_alone() {
    let site = public().await;
    let (ada, bob) = (person(&site, ADA, false).await.id, person(&site, "bob@example.org", false).await.id);
    person(&site, "root@example.org", true).await;
    let headers = [
        ("visitor", "x-nothing", "x".to_owned()),
        ("Ada's key to read", "x-api-key", key(&site, ADA, &["read"]).await),
        ("Bob", "cookie", cookie(&site, "bob@example.org").await),
        ("root", "cookie", cookie(&site, "root@example.org").await),
        ("Ada", "cookie", cookie(&site, ADA).await),
    ];
    // In this order, as the owner's own attempt succeeds: a public thing of Ada's outside the trash, one in it, and nobody's in it.
    for (path, method, name, expected) in [
        ("download/zip", "GET", "Apub", [403, 403, 403, 403, 200]),
        ("destroy", "DELETE", "Apub", [403, 403, 403, 403, 400]),
        ("destroy", "DELETE", "Apubx", [404, 404, 404, 404, 200]),
        ("destroy", "DELETE", "Npx", [404, 404, 404, 200, 404]),
        ("speaker/assign", "PATCH", "As", [404, 403, 403, 403, 200]),
    ] {
        let id = thing(&site, name, ada, bob).await;
        for ((who, header, value), status) in headers.iter().zip(expected) {
            let url = site.url(&format!("/v1/transcripts/{id}/{path}"));
            let request = site.client.request(method.parse().unwrap(), url).header(*header, value);
            let body = json!({ "speaker": 1, "timestamp_from": 0.0, "timestamp_to": 1.0 });
            let answer = request.json(&body).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{who}: {method} {path} of {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_gets_nobody_anothers_answer() {
    let site = public().await;
    person(&site, ADA, false).await;
    person(&site, "bob@example.org", false).await;
    let (reads, writes) = (key(&site, ADA, &["read"]).await, key(&site, ADA, &["write"]).await);
    let body = json!({ "name": "Weekly" });
    let made = async |name: &str, value: &str| {
        let request = site.client.post(site.url("/v1/transcripts")).header("Idempotency-Key", "the same");
        let answer = request.header(name, value).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["id"].clone())
    };
    let bearer = format!("Bearer {}", token(&site, ADA).await);
    let askers = [
        ("cookie", cookie(&site, ADA).await),
        ("cookie", cookie(&site, "bob@example.org").await),
        ("x-api-key", writes),
        ("x-forwarded-for", "198.51.100.7".to_owned()),
        ("x-forwarded-for", "198.51.100.8".to_owned()),
    ];
    let mut answers = Vec::new();
    for (name, value) in &askers {
        let (first, again) = (made(name, value).await, made(name, value).await);
        assert_eq!(first.0, 200, "{name}");
        assert_eq!(first, again, "{name}: done once");
        answers.push(first.1.to_string());
    }
    let all: BTreeSet<_> = answers.iter().collect();
    assert_eq!(all.len(), askers.len(), "{answers:?}");
    assert_eq!(made("authorization", &bearer).await.1.to_string(), answers[0], "Ada, however she comes in");
    assert_eq!(
        made("x-api-key", &reads).await.0,
        403,
        "what may not be done is not answered from memory either"
    );
}
