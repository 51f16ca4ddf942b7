//! Two things at the same moment: whether somebody may change a transcript is decided on the transcript that is changed.

use std::time::{Duration, Instant};

use diesel::sql_types::{BigInt, Uuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::config::{Config, MailTls};
use reflector::ids::TranscriptId;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::site::{Site, multipart, with_login};

/// Letters are put into the queue; nobody takes them from it.
fn with_mail(config: &mut Config) {
    config.mail.host = Some("127.0.0.1".into());
    config.mail.port = 9;
    config.mail.from = Some("Reflector <reflector@example.org>".into());
    config.mail.tls = MailTls::None;
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Requests of this database that wait for somebody's lock.
async fn waiting(conn: &mut AsyncPgConnection) -> i64 {
    let text = "SELECT count(*) AS count FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sql_query(text).get_result::<Count>(conn).await.expect("a count").count
}

/// Another process, which changes transcripts by SQL.
struct Other {
    holds: AsyncPgConnection,
    looks: AsyncPgConnection,
}

impl Other {
    async fn new(site: &Site) -> Self {
        let one = || async { AsyncPgConnection::establish(&site.workshop.url).await.expect("a connection") };
        Self { holds: one().await, looks: one().await }
    }

    async fn sets(&mut self, id: TranscriptId, what: &str) {
        let text = format!("UPDATE transcript SET {what} WHERE id = $1");
        sql_query(text).bind::<Uuid, _>(id.0).execute(&mut self.holds).await.expect("an update");
    }

    /// Has a transcript in its hands when the request comes, and changes it before the request may go on: the answer's status.
    async fn meanwhile(&mut self, id: TranscriptId, what: &str, name: &str, request: RequestBuilder) -> u16 {
        self.holds.batch_execute("BEGIN").await.expect("a transaction");
        self.sets(id, "updated_at = updated_at").await;
        let asked = tokio::spawn(request.send());
        let begin = Instant::now();
        while waiting(&mut self.looks).await == 0 {
            assert!(!asked.is_finished(), "{name} does not wait for who has the transcript: {asked:?}");
            assert!(begin.elapsed() < Duration::from_secs(30), "{name} never comes to the transcript");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.sets(id, what).await;
        self.holds.batch_execute("COMMIT").await.expect("it is kept");
        asked.await.expect("a task").expect("an answer").status().as_u16()
    }
}

fn call(site: &Site, method: &str, path: &str, body: &Value) -> RequestBuilder {
    site.client.request(method.parse().expect("a method"), site.url(path)).json(body)
}

fn form(site: &Site, path: &str, body: &str) -> RequestBuilder {
    let request = site.client.post(site.url(path)).body(body.to_owned());
    request.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_the_trash_while_a_request_is_under_way_is_not_changed_by_it() {
    let site = Site::set(with_mail).await;
    let id = site.finished("Held").await;
    let of = format!("/v1/transcripts/{id}");
    let (status, quote) = site.send("POST", &format!("{of}/quotes"), &json!({ "start": 0, "end": 2 })).await;
    assert_eq!(status, 200, "{quote}");
    let (status, person) = site.send("POST", &format!("{of}/participants"), &json!({ "name": "Eve" })).await;
    assert_eq!(status, 200, "{person}");
    let participant = format!("/participants/{}", person["id"].as_str().expect("an id"));
    let link = format!("/quotes/{}", quote["id"].as_str().expect("an id"));
    let revoke = format!("{link}/revoke");
    let (status, before) = site.json(&of).await;
    assert_eq!(status, 200, "{before}");

    let mut other = Other::new(&site).await;
    for (method, path, body) in [
        ("PATCH", "", json!({ "name": "Other", "share_mode": "public" })),
        ("DELETE", "", json!({})),
        ("POST", "/versions/1/restore", json!({})),
        ("PATCH", "/segments/0", json!({ "revision": "1.0", "text": "Other." })),
        ("POST", "/edits/replace", json!({ "revision": "1.0", "find": "a", "replace": "b" })),
        ("PATCH", "/speaker/assign", json!({ "speaker": 1, "timestamp_from": 0, "timestamp_to": 9 })),
        ("PATCH", "/speaker/merge", json!({ "speaker_from": 0, "speaker_to": 1 })),
        ("POST", "/participants", json!({ "name": "Other" })),
        ("PATCH", participant.as_str(), json!({ "name": "Other" })),
        ("DELETE", participant.as_str(), json!({})),
        ("POST", "/quotes", json!({ "start": 0, "end": 2 })),
        ("DELETE", link.as_str(), json!({})),
        ("POST", "/process", json!({})),
        ("POST", "/email", json!({ "email": "bob@example.org" })),
    ] {
        let name = format!("{method} {path}");
        let request = call(&site, method, &format!("{of}{path}"), &body);
        assert_eq!(other.meanwhile(id, "deleted_at = now()", &name, request).await, 404, "{name}");
        other.sets(id, "deleted_at = NULL").await;
    }
    let page = format!("/transcripts/{id}");
    for (path, body) in [
        ("/title", "title=Other"),
        ("/speakers", "speaker-0=Other"),
        ("/speakers/merge", "speaker_from=0&speaker_to=1"),
        ("/process", "from=transcribe&vocabulary=Other"),
        ("/room", "room_id="),
        ("/share", "share_mode=public"),
        ("/send/email", "email=bob%40example.org"),
        (revoke.as_str(), ""),
        ("/delete", ""),
    ] {
        let request = form(&site, &format!("{page}{path}"), body);
        assert_eq!(other.meanwhile(id, "deleted_at = now()", path, request).await, 404, "{path}");
        other.sets(id, "deleted_at = NULL").await;
    }
    let after = site.json(&of).await.1;
    for field in ["name", "title", "share_mode", "status", "participants", "vocabulary", "transcript"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let quotes = site.json(&format!("{of}/quotes")).await.1;
    assert_eq!(quotes.as_array().map(Vec::len), Some(1), "{quotes}");
    assert_eq!(site.json(&format!("{of}/sendings")).await.1, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_at_once_leave_alone_what_goes_to_the_trash_meanwhile() {
    let site = Site::new().await;
    let (gone, stays) = (site.finished("Gone").await, site.finished("Stays").await);
    let mut other = Other::new(&site).await;
    let ticked = |what: &str| form(&site, "/transcripts/bulk", &format!("id={gone}&id={stays}&{what}"));
    let request = ticked("do=share&share_mode=public");
    assert_eq!(other.meanwhile(gone, "deleted_at = now()", "share", request).await, 303);
    other.sets(gone, "deleted_at = NULL").await;
    for (id, wanted) in [(gone, "private"), (stays, "public")] {
        assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["share_mode"], wanted);
    }
    // What was taken back from the trash meanwhile is not in it twice.
    other.sets(gone, "deleted_at = now()").await;
    let request = ticked("do=restore");
    assert_eq!(other.meanwhile(gone, "deleted_at = NULL", "restore", request).await, 303);
    assert_eq!(site.json(&format!("/v1/transcripts/{gone}")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_whose_transcript_goes_to_the_trash_is_complete_when_it_is_taken_out_and_sent_on() {
    let site = Site::new().await;
    let id = site.create("Held").await;
    let path =
        |number: u32| format!("/v1/transcripts/{id}/record/upload?chunk_number={number}&total_chunks=2");
    let chunk = |number: u32| {
        let (kind, body) = multipart(&[("chunk", Some("talk.wav"), b"RIFF")]);
        site.client.post(site.url(&path(number))).header("content-type", kind).body(body)
    };
    assert_eq!(chunk(0).send().await.expect("an answer").status(), 200);
    let mut other = Other::new(&site).await;
    assert_eq!(other.meanwhile(id, "deleted_at = now()", "a chunk", chunk(1)).await, 404);
    other.sets(id, "deleted_at = NULL").await;
    let (_, upload) = site.json(&format!("/v1/transcripts/{id}/record/upload")).await;
    assert_eq!((&upload["complete"], &upload["received"]), (&json!(false), &json!([0])), "{upload}");
    assert_eq!(chunk(1).send().await.expect("an answer").status(), 200);
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["status"], "uploaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_of_what_its_owner_takes_back_at_the_same_moment() {
    let site = Site::set(|config| {
        with_login(config);
        with_mail(config);
    })
    .await;
    let (ada, bob) =
        (site.person("ada@example.org", false).await, site.person("bob@example.org", false).await);
    let id = site.finished("Held").await;
    site.give(id, "semi-private", Some(ada.user.id)).await;
    let mut other = Other::new(&site).await;
    let body = json!({ "email": "carol@example.org" });
    let request = call(&site, "POST", &format!("/v1/transcripts/{id}/email"), &body).bearer_auth(&bob.token);
    assert_eq!(other.meanwhile(id, "share_mode = 'private'", "a letter", request).await, 404);
    assert_eq!(ada.json(&site, &format!("/v1/transcripts/{id}/sendings")).await.1, json!([]));
}
