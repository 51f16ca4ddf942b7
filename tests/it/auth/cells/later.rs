//! What came later, and what is no transcript's.

use diesel_async::AsyncPgConnection;
use reflector::auth::secret;
use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::audit::{self, Action, Actor, Thing};
use reflector::model::quote::{self, Quote};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{World, letter};
use crate::support::socket::{Came, Watcher};

/// The link that a thing's owner has made, as anybody could have got it.
fn link(id: TranscriptId) -> String {
    format!("a quote of {id}").replace(' ', "-")
}

/// Makes that link, and an entry in the audit log.
pub(super) async fn quoted(conn: &mut AsyncPgConnection, id: TranscriptId) {
    let now = clock::now();
    let ends = now + chrono::TimeDelta::days(1);
    quote::create(conn, &Quote::new(id, (0.0, 5.0), secret::hash(&link(id)), now, ends)).await.unwrap();
    audit::note(conn, Actor::program(), Action::Process, Thing::Transcript(id), now).await.unwrap();
}

/// What a viewer's attempt came to.
pub(super) async fn later(world: &World, viewer: &str, action: &str, id: TranscriptId) -> char {
    let (name, value) = &world.headers[viewer];
    let site = &world.site;
    let ask = |method: &str, path: &str| -> RequestBuilder {
        site.client.request(method.parse().unwrap(), site.url(path)).header(*name, value)
    };
    let one = format!("/v1/transcripts/{id}");
    let page = format!("/transcripts/{id}");
    let on = |body: Value, revision: &str| {
        let mut body = body;
        body["revision"] = json!(revision);
        body
    };
    let get = |path: String| ask("GET", &path);
    let request = match action {
        "quote" => get(format!("/quote/{}", link(id))),
        "token" => return by_token(world, ask("POST", &format!("{one}/audio/token"))).await,
        "csv" => get(format!("{one}/download/csv")),
        "parts" | "speakers-page" | "share-page" | "send-page" => {
            get(format!("{page}/{}", action.trim_end_matches("-page")))
        }
        "leaf" => get(format!("{page}/text?part=1")),
        "find" => get(format!("{one}/find?q=the")),
        "quotes" | "doubts" | "versions" | "compare" => get(format!("{one}/{action}")),
        "quote+" => ask("POST", &format!("{one}/quotes")).json(&json!({ "start": 20.0, "end": 25.0 })),
        "quote-" => {
            let kept = quote::list(&mut *site.workshop.conn().await, id, clock::now()).await.unwrap();
            let oldest = kept.last().expect("the one that was made with the thing").id;
            ask("DELETE", &format!("{one}/quotes/{oldest}"))
        }
        "version" => ask("POST", &format!("{one}/versions/1/restore")),
        "speakers-merge" => {
            let body = json!({ "speaker_from": 1, "speaker_to": 0 });
            ask("PATCH", &format!("{one}/speaker/merge")).json(&body)
        }
        "zulip" => ask("POST", &format!("{one}/zulip?stream=talks&topic=weekly")),
        "title-form" => form(ask("POST", &format!("{page}/title")), "title=Another"),
        "share-form" => form(ask("POST", &format!("{page}/share")), "share_mode=public"),
        "audit" => return told(ask("GET", &format!("/v1/audit?transcript_id={id}")), id).await,
        "settle" | "write" | "word" | "replace" | "redo" | "back" | "split" | "merge" | "all-back" => {
            let (method, path, body) = match action {
                "settle" => ("POST", "doubts", json!({ "places": [{ "segment": 0, "word": 0 }] })),
                "write" => ("PATCH", "segments/0", json!({ "text": "Good evening, let us begin." })),
                "word" => ("PATCH", "segments/0/words/0", json!({ "text": "Nice" })),
                "replace" => ("POST", "edits/replace", json!({ "find": "budget", "replace": "plan" })),
                "redo" => ("POST", "edits/redo", json!({})),
                "back" => ("POST", "segments/0/restore-machine-text", json!({})),
                "split" => ("POST", "segments/0/split", json!({ "word": 2 })),
                "merge" => ("POST", "segments/0/merge", json!({})),
                _ => ("POST", "edits/restore-machine-text", json!({})),
            };
            // As they would name it who had just seen the text.
            ask(method, &format!("{one}/{path}")).json(&on(body, &world.revision(id).await))
        }
        _ => return of_the_site(world, viewer, action).await,
    };
    letter(request.send().await.unwrap(), action).await
}

fn form(request: RequestBuilder, body: &str) -> RequestBuilder {
    request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned())
}

/// Has an address made, and opens it with nothing else.
async fn by_token(world: &World, request: RequestBuilder) -> char {
    let answer = request.send().await.unwrap();
    if answer.status() != 200 {
        return letter(answer, "token").await;
    }
    let made: Value = answer.json().await.unwrap();
    let url = made["url"].as_str().unwrap();
    let path = url.split_once("/v1/").expect("an address of the API").1;
    letter(world.site.get(&format!("/v1/{path}")).await, "what the token opens").await
}

/// Whether the log tells of it.
async fn told(request: RequestBuilder, id: TranscriptId) -> char {
    let answer = request.send().await.unwrap();
    if answer.status() != 200 {
        return letter(answer, "audit").await;
    }
    let page: Value = answer.json().await.unwrap();
    let items = page["items"].as_array().unwrap();
    assert!(items.iter().all(|item| item["transcript_id"] == json!(id)), "{page}");
    if items.is_empty() { '-' } else { '+' }
}

/// Addresses that are about no transcript.
async fn of_the_site(world: &World, viewer: &str, action: &str) -> char {
    let (name, value) = &world.headers[viewer];
    let path = match action {
        "events" => "/v1/events",
        "list" => "/v1/transcripts",
        "search" => "/v1/transcripts/search?q=budget",
        "log" => "/v1/audit",
        "zulip-streams" => "/v1/zulip/streams",
        "start" => "/",
        "library" => "/transcripts",
        "admin" => "/admin",
        "admin-jobs" => "/admin/jobs",
        "admin-audit" => "/admin/audit",
        _ => panic!("{action}"),
    };
    let mut request = world.site.client.get(world.site.url(path)).header(*name, value);
    if action == "events" {
        request = request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    }
    let said = letter(request.send().await.unwrap(), action).await;
    if action != "events" || said != '+' {
        return said;
    }
    // A socket that is opened may be closed at once, with the reason.
    let mut socket = Watcher::open(&world.site, path, &[(*name, value)]).await;
    match tokio::time::timeout(std::time::Duration::from_secs(1), socket.came()).await {
        Ok(Came::Closed(4401)) => '?',
        Ok(Came::Closed(other)) => panic!("{viewer}: closed with {other}"),
        Ok(Came::Event(_)) | Err(_) => '+',
    }
}
