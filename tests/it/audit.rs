//! Who did what with which transcript, and who may know.

use std::time::{Duration, Instant};

use diesel_async::SimpleAsyncConnection;
use reflector::clock;
use reflector::config::Config;
use reflector::ids::TranscriptId;
use reflector::jobs::{Keep, forget};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::site::{Site, with_login};

fn by_password(config: &mut Config) {
    with_login(config);
    config.auth.public_mode = true;
}

/// An account's token.
async fn person(site: &Site, email: &str, admin: bool) -> String {
    site.person(email, admin).await.token
}

async fn send(site: &Site, token: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = site.client.request(method, site.url(path)).bearer_auth(token).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

async fn get(site: &Site, token: &str, path: &str) -> (u16, Value) {
    send(site, token, Method::GET, path, &Value::Null).await
}

/// Actions and who, newest first.
fn entries(page: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| (text(&item["action"]), text(&item["who"]))).collect()
}

fn expected(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(action, who)| ((*action).to_owned(), (*who).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_noted_with_who_and_where_and_refusals_are_not() {
    let site = Site::set(by_password).await;
    let (ada, eve) =
        (person(&site, "ada@example.org", false).await, person(&site, "eve@example.org", false).await);
    let (_, made) = send(&site, &ada, Method::POST, "/v1/transcripts", &json!({ "name": "Plans" })).await;
    let id = made["id"].as_str().unwrap();
    let one = |rest: &str| format!("/v1/transcripts/{id}{rest}");
    assert_eq!(get(&site, &eve, &one("")).await.0, 404);
    for _ in 0..3 {
        assert_eq!(get(&site, &ada, &one("")).await.0, 200);
    }
    assert_eq!(send(&site, &ada, Method::PATCH, &one(""), &json!({ "title": "Better plans" })).await.0, 200);
    let shared = send(&site, &ada, Method::PATCH, &one(""), &json!({ "share_mode": "semi-private" })).await;
    assert_eq!(shared.0, 200);
    assert_eq!(get(&site, &eve, &one("")).await.0, 200);
    assert_eq!(get(&site, &eve, &one("/download/txt")).await.0, 200);
    assert_eq!(send(&site, &eve, Method::DELETE, &one(""), &Value::Null).await.0, 403);
    assert_eq!(send(&site, &ada, Method::DELETE, &one(""), &Value::Null).await.0, 200);

    let (status, page) = get(&site, &ada, "/v1/audit").await;
    assert_eq!(status, 200, "{page}");
    let (ada_, eve_) = ("ada@example.org", "eve@example.org");
    let wanted =
        [("delete", ada_), ("export", eve_), ("view", eve_), ("share", ada_), ("edit", ada_), ("view", ada_)];
    assert_eq!(entries(&page), expected(&wanted));
    assert_eq!((&page["total"], &page["items"][0]["transcript_id"]), (&json!(6), &json!(id)));
    assert_eq!(page["items"][0]["address"], "127.0.0.1");

    let (_, views) = get(&site, &ada, "/v1/audit?action=view&size=1").await;
    assert_eq!((entries(&views), &views["total"]), (expected(&[("view", eve_)]), &json!(2)));
    let other = TranscriptId::new();
    assert_eq!(get(&site, &ada, &format!("/v1/audit?transcript_id={other}")).await.1["total"], 0);
    assert_eq!(get(&site, &ada, "/v1/audit?size=1000").await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_what_concerns_theirs_an_administrator_all_and_nobody_else_anything() {
    let site = Site::set(by_password).await;
    let (ada, eve, root) = (
        person(&site, "ada@example.org", false).await,
        person(&site, "eve@example.org", false).await,
        person(&site, "root@example.org", true).await,
    );
    for token in [&ada, &eve] {
        let (_, made) = send(&site, token, Method::POST, "/v1/transcripts", &json!({ "name": "Mine" })).await;
        let path = format!("/v1/transcripts/{}", made["id"].as_str().unwrap());
        assert_eq!(get(&site, token, &path).await.0, 200);
    }
    assert_eq!(entries(&get(&site, &ada, "/v1/audit").await.1), expected(&[("view", "ada@example.org")]));
    assert_eq!(get(&site, &root, "/v1/audit").await.1["total"], 2);
    assert_eq!(site.json("/v1/audit").await.0, 404, "a visitor of a public site");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_pages_are_noted_too_and_entries_have_an_end() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    assert_eq!(site.page(&format!("/transcripts/{id}")).await.0, 200);
    assert_eq!(site.get(&format!("/v1/transcripts/{id}/audio/mp3")).await.status(), 200);
    assert_eq!(site.form(&format!("/transcripts/{id}/title"), "title=Other").await.0, 303);
    assert_eq!(site.form(&format!("/transcripts/{id}/delete"), "").await.0, 303);
    let wanted = [("delete", "anybody"), ("edit", "anybody"), ("play", "anybody"), ("view", "anybody")];
    assert_eq!(entries(&site.json("/v1/audit").await.1), expected(&wanted));

    let keep = Keep::of(site.app.config());
    forget(site.app.pool(), keep, clock::now() + chrono::TimeDelta::days(364)).await.unwrap();
    assert_eq!(site.json("/v1/audit").await.1["total"], 4);
    forget(site.app.pool(), keep, clock::now() + chrono::TimeDelta::days(366)).await.unwrap();
    assert_eq!(site.json("/v1/audit").await.1["total"], 0, "a year is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_again_asks_for_nothing_and_what_could_not_be_written_is_written_the_next_time() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let mut conn = site.workshop.conn().await;
    conn.batch_execute("ALTER TABLE audit RENAME TO away").await.unwrap();
    assert_eq!(site.json(&path).await.0, 200);
    conn.batch_execute("ALTER TABLE away RENAME TO audit").await.unwrap();
    assert_eq!(site.json("/v1/audit").await.1["total"], 0);
    let mut asked = Vec::new();
    for _ in 0..3 {
        let before = site.app.pool().queries();
        assert_eq!(site.json(&path).await.0, 200);
        asked.push(site.app.pool().queries() - before);
    }
    assert!(asked[0] > asked[1] && asked[1] == asked[2], "{asked:?}");
    let log = site.json("/v1/audit").await.1;
    assert_eq!(entries(&log), expected(&[("view", "anybody")]));
    // Another way to look at it is no other entry; to listen is.
    assert_eq!(site.json(&format!("{path}/topics")).await.0, 200);
    assert_eq!(site.get(&format!("{path}/audio/mp3")).await.status(), 200);
    assert_eq!(
        entries(&site.json("/v1/audit").await.1),
        expected(&[("play", "anybody"), ("view", "anybody")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_postgresql_lost_when_it_crashed_is_noted_with_the_next_one() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    for _ in 0..2 {
        assert_eq!(site.json(&path).await.0, 200);
    }
    assert_eq!(site.json("/v1/audit").await.1["total"], 1);
    // The last second is gone, and every connection.
    let crash = "DELETE FROM audit; SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    site.workshop.conn().await.batch_execute(crash).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    // Whoever asks at that very moment may be told that the database is away, or over a connection that ends only now.
    let mut log = Value::Null;
    while log["total"] != 1 {
        assert!(Instant::now() < deadline, "nobody notes it again: {log}");
        site.json(&path).await;
        log = site.json("/v1/audit").await.1;
    }
    assert_eq!(entries(&log), expected(&[("view", "anybody")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_noted_when_they_are_shared_changed_and_deleted_and_so_is_what_is_put_into_them() {
    let site = Site::set(by_password).await;
    let (ada, eve) =
        (person(&site, "ada@example.org", false).await, person(&site, "eve@example.org", false).await);
    let make = async |path: &str, body: Value| {
        let (status, made) = send(&site, &ada, Method::POST, path, &body).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_owned()
    };
    let room = make("/v1/rooms", json!({ "name": "weekly" })).await;
    let talk = make("/v1/transcripts", json!({ "name": "talk" })).await;
    let (one, it) = (format!("/v1/rooms/{room}"), format!("/v1/transcripts/{talk}"));
    let ada_ = "ada@example.org";
    // What is done, and what is noted of it.
    for (method, path, body, noted) in [
        (Method::GET, one.clone(), json!(null), None),
        (Method::PATCH, one.clone(), json!({ "is_locked": true }), Some("edit")),
        (Method::PATCH, one.clone(), json!({ "is_shared": true }), Some("share")),
        (Method::PATCH, one.clone(), json!({ "webhook_url": "https://hooks.example.org/" }), Some("share")),
        (Method::PATCH, it.clone(), json!({ "room_id": room }), Some("share")),
        (Method::PATCH, it.clone(), json!({ "room_id": room, "name": "x" }), Some("edit")),
        (Method::PATCH, it.clone(), json!({ "room_id": null }), Some("share")),
        (Method::DELETE, one.clone(), json!(null), Some("delete")),
        (Method::POST, format!("{one}/restore"), json!(null), Some("restore")),
    ] {
        let before = get(&site, &ada, "/v1/audit").await.1;
        let (status, answer) = send(&site, &ada, method.clone(), &path, &body).await;
        assert_eq!(status, 200, "{method} {path} {answer}");
        let after = get(&site, &ada, "/v1/audit").await.1;
        let new = after["total"].as_i64().unwrap() - before["total"].as_i64().unwrap();
        assert_eq!(new, i64::from(noted.is_some()), "{method} {path} {body}");
        let Some(noted) = noted else { continue };
        assert_eq!(entries(&after)[0], (noted.to_owned(), ada_.to_owned()), "{method} {path} {body}");
        let (about, not) =
            if path.contains("rooms") { ("room_id", "transcript_id") } else { ("transcript_id", "room_id") };
        let newest = &after["items"][0];
        let wanted = if about == "room_id" { &room } else { &talk };
        assert_eq!((&newest[about], &newest[not]), (&json!(wanted), &Value::Null));
    }
    assert_eq!(get(&site, &ada, &format!("/v1/audit?room_id={room}")).await.1["total"], 5);
    // Made where others see it at once; not a second time for the same key.
    let path = "/v1/transcripts";
    for _ in 0..2 {
        let request = site.client.post(site.url(path)).bearer_auth(&ada).header("idempotency-key", "one");
        let body = json!({ "name": "minutes", "room_id": room });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
    }
    let made = get(&site, &ada, "/v1/audit?action=share").await.1;
    assert_eq!(made["total"], 5, "{made}");
    assert!(made["items"][0]["transcript_id"].is_string());
    // Refusals are not noted, and what concerns another's room is not for everybody.
    assert_eq!(send(&site, &eve, Method::DELETE, &one, &Value::Null).await.0, 403);
    assert_eq!(get(&site, &eve, "/v1/audit").await.1["total"], 0);
    assert_eq!(get(&site, &ada, &format!("/v1/audit?room_id={room}")).await.1["total"], 5);
}
