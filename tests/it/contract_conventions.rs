//! What holds for every route of /v1: envelopes, times, units, refusals.

use std::time::Duration;

use axum::response::IntoResponse;
use chrono::DateTime;
use diesel::{QueryDsl, sql_query};
use diesel_async::RunQueryDsl;
use reflector::config::MailTls;
use reflector::db::schema::{idempotency_key, participant};
use reflector::model::Status;
use reflector::model::transcript;
use serde_json::{Value, json};

use crate::support::receiver::Receiver;
use crate::support::site::{Site, with_login};
use crate::support::smtp::SmtpServer;

/// Names of an object's fields, in order of the alphabet.
pub(super) fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The ancestor's fields of a transcript in a list, and ours after them.
const TRANSCRIPT: [&str; 23] = [
    "id",
    "user_id",
    "name",
    "status",
    "locked",
    "duration",
    "title",
    "short_summary",
    "long_summary",
    "created_at",
    "share_mode",
    "source_language",
    "target_language",
    "reviewed",
    "meeting_id",
    "source_kind",
    "room_id",
    "room_name",
    "audio_deleted",
    "change_seq",
    "has_cloud_video",
    "cloud_video_duration",
    "vocabulary",
];

fn with<'f>(more: &[&'f str]) -> Vec<&'f str> {
    let mut all: Vec<_> = TRANSCRIPT.iter().chain(more).copied().collect();
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_the_ancestors_envelope_and_bounds() {
    let site = Site::new().await;
    for n in 0..5 {
        site.create(&format!("talk {n}")).await;
    }
    let (status, page) = site.json("/v1/transcripts").await;
    assert_eq!((status, fields(&page)), (200, vec!["items", "page", "pages", "size", "total"]));
    assert_eq!([&page["page"], &page["size"], &page["total"], &page["pages"]], [1, 50, 5, 1]);
    assert_eq!(fields(&page["items"][0]), with(&[]));
    for (query, items, pages, first) in
        [("page=1&size=2", 2, 3, "talk 4"), ("page=3&size=2", 1, 3, "talk 0"), ("page=4&size=2", 0, 3, "")]
    {
        let (status, page) = site.json(&format!("/v1/transcripts?{query}")).await;
        let found = page["items"].as_array().unwrap();
        assert_eq!((status, found.len(), &page["pages"]), (200, items, &json!(pages)), "{query}");
        assert_eq!(
            found.as_slice().first().map_or("", |one| one["name"].as_str().unwrap()),
            first,
            "newest first"
        );
    }
    for query in ["page=0", "size=0", "size=101", "page=x", "sort_by=name", "source_kind=video", "room_id=x"]
    {
        for path in ["/v1/transcripts", "/v1/audit"] {
            if path == "/v1/audit" && !query.starts_with("page") && !query.starts_with("size") {
                continue;
            }
            let (status, refused) = site.json(&format!("{path}?{query}")).await;
            assert_eq!((status, fields(&refused)), (422, vec!["detail"]), "{path}?{query}");
            assert_eq!(fields(&refused["detail"][0]), ["loc", "msg", "type"], "{path}?{query}");
            assert_eq!(refused["detail"][0]["loc"][0], "query", "{path}?{query}");
        }
    }
    let (status, page) = site.json("/v1/transcripts?size=100").await;
    assert_eq!((status, &page["size"]), (200, &json!(100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_the_ancestors_fields_wherever_it_is_given() {
    let site = Site::new().await;
    let (_, made) = site.send("POST", "/v1/transcripts", &json!({ "name": "Weekly" })).await;
    assert_eq!(fields(&made), with(&["participants"]));
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let alone =
        ["participants", "stages", "error", "action_items", "summary_sentences", "notes", "notes_revision"];
    let (_, changed) = site.send("PATCH", &path, &json!({ "reviewed": true })).await;
    assert_eq!(fields(&changed), with(&alone));
    let (_, given) = site.json(&path).await;
    assert_eq!(fields(&given), with(&[&alone[..], &["transcript", "transcript_format"]].concat()));
    assert_eq!((&given["reviewed"], &given["source_kind"]), (&json!(true), &json!("file")));
    let (_, page) = site.json("/v1/transcripts?search_term=TALK").await;
    assert_eq!((page["total"].clone(), fields(&page["items"][0])), (json!(1), with(&[])));

    let topic = ["duration", "id", "segments", "summary", "timestamp", "title", "transcript"];
    let (_, topics) = site.json(&format!("{path}/topics")).await;
    assert_eq!(fields(&topics[0]), topic);
    assert_eq!(fields(&topics[0]["segments"][0]), ["speaker", "start", "text"]);
    let more = |field: &'static str| {
        let mut all = [&topic[..], &[field]].concat();
        all.sort_unstable();
        all
    };
    let (_, words) = site.json(&format!("{path}/topics/with-words")).await;
    assert_eq!(fields(&words[0]), more("words"));
    assert_eq!(fields(&words[0]["words"][0]), ["end", "speaker", "start", "text"]);
    let one = format!("{path}/topics/{}/words-per-speaker", topics[0]["id"].as_str().unwrap());
    let (_, by_speaker) = site.json(&one).await;
    assert_eq!(fields(&by_speaker), more("words_per_speaker"));
    assert_eq!(fields(&by_speaker["words_per_speaker"][0]), ["speaker", "words"]);
    let (_, person) =
        site.send("POST", &format!("{path}/participants"), &json!({ "name": "Ada", "speaker": 0 })).await;
    assert_eq!(fields(&person), ["email", "id", "name", "speaker", "user_id"]);
    assert_eq!(site.json(&format!("{path}/participants")).await, (200, json!([person])), "a plain list");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_have_an_offset_durations_are_milliseconds_and_times_seconds() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.finished("talk.wav").await);
    let (_, given) = site.json(&path).await;
    let made = DateTime::parse_from_rfc3339(given["created_at"].as_str().unwrap()).unwrap();
    assert!((reflector::clock::now() - made.to_utc()).num_minutes() < 5);
    assert_eq!(given["duration"], 60_000.0, "a minute");
    let (_, found) = site.json("/v1/transcripts/search?q=budget").await;
    assert_eq!(found["results"][0]["duration"], 60_000.0);
    let (_, topics) = site.json(&format!("{path}/topics")).await;
    assert_eq!((&topics[1]["timestamp"], &topics[1]["duration"]), (&json!(20.0), &json!(40.0)));
    assert_eq!(topics[1]["segments"][0]["start"], 20.0);
    let (_, text) = site.json(&format!("{path}?transcript_format=json")).await;
    assert_eq!(fields(&text["transcript"][0]), ["end", "speaker", "speaker_name", "start", "text"]);
    assert_eq!(
        (&text["transcript"][1]["start"], &text["transcript"][1]["end"]),
        (&json!(20.0), &json!(26.0))
    );
}

/// Additions of ours: what the page of the list can do, the API can.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_narrowed_by_status_and_ordered_as_the_page_does() {
    let site = Site::new().await;
    let mut conn = site.workshop.conn().await;
    for (name, status, milliseconds) in [
        ("beta", Status::Ended, 3000.0),
        ("Alpha", Status::Processing, 2000.0),
        ("gamma", Status::Error, 0.0),
        ("delta", Status::Uploaded, 2000.0),
    ] {
        let id = site.create(name).await;
        transcript::set_status(&mut conn, id, status).await.unwrap();
        transcript::set_duration(&mut conn, id, milliseconds).await.unwrap();
    }
    let names = async |query: &str| {
        let (status, page) = site.json(&format!("/v1/transcripts?{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        let items = page["items"].as_array().unwrap();
        let names: Vec<_> = items.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        assert!(query.contains("size") || page["total"] == names.len(), "{query}: {page}");
        names.join(" ")
    };
    for (query, wanted) in [
        ("", "delta gamma Alpha beta"),
        ("sort_by=created_at", "delta gamma Alpha beta"),
        ("sort_by=change_seq", "beta Alpha gamma delta"),
        ("sort_by=oldest", "beta Alpha gamma delta"),
        ("sort_by=longest", "beta delta Alpha gamma"),
        ("sort_by=shortest", "gamma delta Alpha beta"),
        ("sort_by=title", "Alpha beta delta gamma"),
        ("sort_by=title&page=2&size=3", "gamma"),
        ("change_seq_from=0", "delta gamma Alpha beta"),
        ("change_seq_from=0&sort_by=created_at", "delta gamma Alpha beta"),
        ("change_seq_from=0&sort_by=change_seq", "beta Alpha gamma delta"),
        ("change_seq_from=0&sort_by=title", "Alpha beta delta gamma"),
        ("status=ended", "beta"),
        ("status=uploaded,processing", "delta Alpha"),
        ("status=uploaded, processing&sort_by=oldest", "Alpha delta"),
        ("status=idle", ""),
        ("status=", "delta gamma Alpha beta"),
        ("status=error&search_term=GAM", "gamma"),
    ] {
        assert_eq!(names(query).await, wanted, "{query}");
    }
    let last: i64 = site.json("/v1/transcripts").await.1["items"][1]["change_seq"].as_i64().unwrap();
    assert_eq!(names(&format!("change_seq_from={last}")).await, "delta");
    for query in ["status=done", "status=ended,x"] {
        let (status, refused) = site.json(&format!("/v1/transcripts?{query}")).await;
        assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["query", "status"])), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_query_is_told_of_the_query() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}", site.create("talk").await);
    for (method, path, field) in [
        ("GET", "/v1/transcripts?status=done".to_owned(), "status"),
        ("GET", format!("{path}/doubts?below=2"), "below"),
        ("POST", format!("{path}/record/upload?open=true&chunk_number=0&seconds=-1"), "seconds"),
        ("POST", format!("{path}/record/upload?chunk_number=0&total_chunks=2&take=1"), "take"),
    ] {
        let request = site.client.request(method.parse().unwrap(), site.url(&path));
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 422, "{path}");
        let refused: Value = response.json().await.unwrap();
        assert_eq!(refused["detail"][0]["loc"], json!(["query", field]), "{path}: {refused}");
    }
}

/// An answer to a request under a key.
#[derive(Clone, Debug, PartialEq)]
struct Keyed {
    status: u16,
    /// It is one of before.
    replayed: bool,
    tag: Option<String>,
    body: Value,
}

/// Posts JSON under a key, as whoever has this token.
async fn post(site: &Site, token: &str, path: &str, key: &str, body: &Value) -> Keyed {
    let request = site.client.post(site.url(path)).header("Idempotency-Key", key).bearer_auth(token);
    let response = request.json(body).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (replayed, tag) = (header("idempotency-replayed").is_some_and(|said| said == "true"), header("etag"));
    let status = response.status().as_u16();
    Keyed { status, replayed, tag, body: response.json().await.unwrap() }
}

async fn run(site: &Site, text: &str) {
    sql_query(text).execute(&mut site.workshop.conn().await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_asked_for_again_under_its_key_is_sent_once() {
    let mail = SmtpServer::start();
    let port = mail.port();
    let site = Site::working_with(|config| {
        config.mail.host = Some("127.0.0.1".into());
        config.mail.port = port;
        config.mail.from = Some("Reflector <reflector@example.org>".into());
        config.mail.tls = MailTls::None;
        config.server.site_url = Some("https://reflector.example/".into());
    })
    .await;
    let path = format!("/v1/transcripts/{}/email", site.finished("talk.wav").await);
    let body = json!({ "email": "ada@example.org" });
    let first = post(&site, "", &path, "one", &body).await;
    assert_eq!((first.status, first.replayed, &first.body), (200, false, &json!({ "sent": 1 })));
    // It has gone out: what still waits would not be asked for twice anyway.
    mail.until(1).await;
    let sendings = path.replace("/email", "/sendings");
    for _ in 0..100 {
        if site.json(&sendings).await.1[0]["status"] == "delivered" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let again = post(&site, "", &path, "one", &body).await;
    assert_eq!(again, Keyed { replayed: true, ..first });
    let (_, log) = site.json(&sendings).await;
    assert_eq!(log.as_array().unwrap().len(), 1, "one letter: {log}");
    let (_, trail) = site.json("/v1/audit?action=share").await;
    assert_eq!(trail["total"], 1, "and one entry of it: {trail}");
    // Without the key it is a wish of its own.
    assert_eq!(site.send("POST", &path, &body).await.0, 200);
    assert_eq!(mail.until(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_post_made_is_made_once_under_a_key_and_answered_alike() {
    let site = Site::set(with_login).await;
    let (ada, bob) =
        (site.person("ada@example.org", false).await, site.person("bob@example.org", false).await);
    let (id, other) = (site.finished("talk.wav").await, site.finished("other.wav").await);
    for id in [id, other] {
        site.give(id, "private", Some(ada.user.id)).await;
    }
    let (path, other) = (format!("/v1/transcripts/{id}"), format!("/v1/transcripts/{other}"));
    let (_, text) = ada.json(&site, &format!("{path}/segments")).await;
    let revision = text["revision"].clone();
    let person = json!({ "name": "Ada" });
    let routes = [
        ("participants", person.clone()),
        ("segments/0/split", json!({ "revision": revision, "word": 1 })),
        ("edits/replace?x", json!({ "revision": revision, "find": "budget", "replace": "plan" })),
        ("process", json!({ "from": "title" })),
    ];
    for (route, body) in &routes {
        // Each changes the text: who names the revision of before is refused, unless it is the same request.
        let revision = ada.json(&site, &format!("{path}/segments")).await.1["revision"].clone();
        let mut body = body.clone();
        if body.get("revision").is_some() {
            body["revision"] = revision;
        }
        let route = format!("{path}/{route}");
        let first = post(&site, &ada.token, &route, "k", &body).await;
        assert_eq!((first.status, first.replayed), (200, false), "{route}: {first:?}");
        let again = post(&site, &ada.token, &route, "k", &body).await;
        assert_eq!(again, Keyed { replayed: true, ..first.clone() }, "{route}");
        body["more"] = json!(1);
        let refused = post(&site, &ada.token, &route, "k", &body).await;
        assert_eq!((refused.status, fields(&refused.body)), (422, vec!["detail"]), "{route}: another body");
        assert_eq!(refused.body["detail"][0]["loc"], json!(["header", "Idempotency-Key"]), "{route}");
    }
    let made: i64 = participant::table.count().get_result(&mut site.workshop.conn().await).await.unwrap();
    assert_eq!(made, 1);
    // The key belongs to who asks and where: a stranger's is none, and at another path it is another.
    let route = format!("{path}/participants");
    assert_eq!(post(&site, &bob.token, &route, "k", &person).await.status, 404);
    let elsewhere = post(&site, &ada.token, &format!("{other}/participants"), "k", &person).await;
    assert_eq!((elsewhere.status, elsewhere.replayed), (200, false));
    let queried = post(&site, &ada.token, &format!("{route}?x=1"), "k", &person).await;
    assert_eq!(queried.status, 422, "what the query says is part of the request");
    let request = site.client.post(site.url(&route)).header("Idempotency-Key", "k").bearer_auth(&ada.token);
    let revised = request.header("If-Match", "\"3.12\"").json(&person).send().await.unwrap();
    assert_eq!(revised.status(), 422, "and the revision that it is said of");
    // What may not be seen any more is not told from memory, and what is gone for good leaves no answer behind.
    site.give(id, "private", Some(bob.user.id)).await;
    assert_eq!(post(&site, &ada.token, &route, "k", &person).await.status, 404);
    for (method, path) in [("DELETE", path.clone()), ("DELETE", format!("{path}/destroy"))] {
        assert_eq!(bob.send(&site, method, &path, &json!({})).await.0, 200, "{method} {path}");
    }
    let left: i64 = idempotency_key::table.count().get_result(&mut site.workshop.conn().await).await.unwrap();
    assert_eq!(left, 1, "only that of the other transcript");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_shown_once_is_not_kept_for_who_asks_again() {
    let site = Site::set(with_login).await;
    let ada = site.person("ada@example.org", false).await;
    let id = site.finished("talk.wav").await;
    site.give(id, "private", Some(ada.user.id)).await;
    let sound = reflector::storage::StorageKey::Mp3 { transcript: id };
    site.app.storage().put_bytes(&sound, crate::support::site::mp3()).await.unwrap();
    for (route, body, secret) in [
        ("/v1/user/api-keys".to_owned(), json!({ "name": "script" }), "key"),
        (format!("/v1/transcripts/{id}/quotes"), json!({ "start": 0.0, "end": 5.0 }), "url"),
        (format!("/v1/transcripts/{id}/audio/token"), json!({}), "token"),
    ] {
        let made = post(&site, &ada.token, &route, "k", &body).await;
        assert_eq!(made.status, 200, "{route}: {made:?}");
        assert!(made.body[secret].is_string(), "{route}");
        let again = post(&site, &ada.token, &route, "k", &body).await;
        assert_eq!((again.status, &again.body["code"]), (409, &json!("told_once")), "{route}: {again:?}");
        assert_eq!(fields(&again.body), ["code", "detail"], "{route}");
    }
    assert_eq!(ada.json(&site, "/v1/user/api-keys").await.1.as_array().unwrap().len(), 1);
    assert_eq!(ada.json(&site, &format!("/v1/transcripts/{id}/quotes")).await.1.as_array().unwrap().len(), 1);
    let kept: Vec<Option<String>> = idempotency_key::table
        .select(idempotency_key::answer)
        .load(&mut site.workshop.conn().await)
        .await
        .unwrap();
    assert_eq!(kept, [None, None, None]);
    // A login makes nothing, and nothing is kept of it.
    let login = json!({ "email": "ada@example.org", "password": crate::support::site::PASSWORD });
    for _ in 0..2 {
        let entered = post(&site, &ada.token, "/v1/auth/login", "k", &login).await;
        assert_eq!((entered.status, entered.replayed), (200, false));
    }
    let left: i64 = idempotency_key::table.count().get_result(&mut site.workshop.conn().await).await.unwrap();
    assert_eq!(left, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_answers_can_not_be_read_without_their_key_and_ends_with_the_thousandth() {
    let site = Site::new().await;
    let body = json!({ "name": "weekly", "webhook_url": "https://hooks.example.org/" });
    let made = post(&site, "", "/v1/rooms", "a key of one's own", &body).await;
    let secret = made.body["webhook_secret"].as_str().expect("a room has a secret").to_owned();
    let answers = async || {
        let answers = idempotency_key::table.select(idempotency_key::answer);
        let kept: Vec<Option<String>> = answers.load(&mut site.workshop.conn().await).await.unwrap();
        kept.into_iter().flatten().collect::<Vec<String>>()
    };
    for kept in answers().await {
        assert!(!kept.contains(&secret) && !kept.contains("weekly") && kept.len() > 100, "{kept}");
    }
    let again = post(&site, "", "/v1/rooms", "a key of one's own", &body).await;
    assert_eq!(again, Keyed { replayed: true, ..made });

    // A thousand more of the same, an hour ago: with the next one the oldest of them go.
    run(
        &site,
        "INSERT INTO idempotency_key (request_sha256, asker_sha256, body_sha256, status, answer, created_at)
         SELECT encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), asker_sha256, body_sha256, 200, n::text,
                now() - interval '1 hour' + n * interval '1 second'
         FROM idempotency_key, generate_series(1, 1000) n",
    )
    .await;
    assert_eq!(post(&site, "", "/v1/rooms", "another", &json!({ "name": "other" })).await.status, 200);
    let left = answers().await;
    assert_eq!(left.len(), 1000);
    assert!(!left.contains(&"2".to_owned()) && left.contains(&"3".to_owned()), "the oldest are gone");
    assert!(post(&site, "", "/v1/rooms", "a key of one's own", &body).await.replayed, "the newest are there");

    run(&site, "UPDATE idempotency_key SET answer = NULL, too_long = true").await;
    let long = post(&site, "", "/v1/rooms", "another", &json!({ "name": "other" })).await;
    assert_eq!((long.status, &long.body["code"]), (409, &json!("not_kept")), "{long:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_before_the_answer_gets_it_when_they_ask_again() {
    let receiver = Receiver::start(|_| {
        let slow = futures::stream::once(async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            Ok::<_, std::convert::Infallible>("heard")
        });
        axum::body::Body::from_stream(slow).into_response()
    })
    .await;
    let site = Site::set(|config| config.outgoing.allow_hosts = vec!["127.0.0.0/8".into()]).await;
    let (_, room) =
        site.send("POST", "/v1/rooms", &json!({ "name": "r", "webhook_url": receiver.url() })).await;
    let path = format!("/v1/rooms/{}/webhook/test", room["id"].as_str().unwrap());
    let request = site.client.post(site.url(&path)).header("Idempotency-Key", "k").json(&json!({}));
    assert!(request.timeout(Duration::from_millis(200)).send().await.is_err(), "the client gives up");
    let again = post(&site, "", &path, "k", &json!({})).await;
    assert_eq!((again.status, again.replayed), (200, true), "{again:?}");
    assert_eq!((&again.body["success"], receiver.seen().len()), (&json!(true), 1), "{again:?}");

    // One that does not end is not waited for long; of one whose server died nobody knows how it ended.
    run(&site, "UPDATE idempotency_key SET status = NULL, answer = NULL").await;
    let request = site.client.post(site.url(&path)).header("Idempotency-Key", "k").json(&json!({}));
    let busy = request.send().await.unwrap();
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (409, "1"));
    assert_eq!(busy.json::<Value>().await.unwrap()["code"], "at_work");
    run(&site, "UPDATE idempotency_key SET created_at = created_at - interval '1 hour'").await;
    let lost = post(&site, "", &path, "k", &json!({})).await;
    assert_eq!((lost.status, &lost.body["code"]), (409, &json!("outcome_unknown")), "{lost:?}");
    assert_eq!(receiver.seen().len(), 1, "it is never done twice");
    // What was refused takes no key.
    let bare = json!({ "name": "bare" });
    let made = post(&site, "", "/v1/rooms", "bare", &bare).await.body;
    let path = format!("/v1/rooms/{}/webhook/test", made["id"].as_str().unwrap());
    assert_eq!(post(&site, "", &path, "k", &json!({})).await.status, 400);
    let body = json!({ "webhook_url": receiver.url() });
    let room = path.replace("/webhook/test", "");
    assert_eq!(site.send("PATCH", &room, &body).await.0, 200);
    let done = post(&site, "", &path, "k", &json!({})).await;
    assert_eq!((done.status, done.replayed), (200, false), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_under_a_key_is_told_in_the_language_of_who_asks_as_one_without_a_key() {
    let site = Site::new().await;
    let path = format!("/v1/transcripts/{}/process", site.create("bare").await);
    let refused = async |key: Option<&str>, language: &str| {
        let mut request = site.client.post(site.url(&path)).header("Accept-Language", language);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.json(&json!({})).send().await.unwrap();
        let said = answer.headers().get("x-reflector-said").map(|said| said.to_str().unwrap().to_owned());
        (answer.status().as_u16(), said, answer.json::<Value>().await.unwrap())
    };
    let (plain, keyed) = (refused(None, "fr").await, refused(Some("k"), "fr").await);
    assert!(plain.0 == 400 && plain.1.is_some(), "{plain:?}");
    assert_eq!(keyed, plain);
    assert_eq!(refused(Some("k"), "en").await, (400, None, plain.2), "English needs no second telling");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_that_died_did_not_make_is_made_once_after_a_quarter_of_an_hour() {
    let site = Site::new().await;
    for (path, table) in [("/v1/transcripts", "transcript"), ("/v1/rooms", "room")] {
        let body = json!({ "name": "weekly" });
        let lost = post(&site, "", path, "k", &body).await;
        assert_eq!((lost.status, lost.replayed), (200, false), "{path}: {lost:?}");
        let aged = |minutes: i32| {
            format!(
                "UPDATE idempotency_key SET status = NULL, answer = NULL, transcript_id = NULL, room_id = NULL,
                 created_at = now() - make_interval(mins => {minutes})"
            )
        };
        // As if its transaction had never ended.
        run(&site, &aged(14)).await;
        run(&site, &format!("DELETE FROM {table}")).await;
        let early = post(&site, "", path, "k", &body).await;
        assert_eq!((early.status, &early.body["code"]), (409, &json!("at_work")), "{path}: {early:?}");
        run(&site, &aged(16)).await;
        let (one, other) = tokio::join!(post(&site, "", path, "k", &body), post(&site, "", path, "k", &body));
        assert_eq!((one.status, other.status), (200, 200), "{path}: {one:?} {other:?}");
        assert_eq!(one.body, other.body, "{path}: both are told of the same");
        assert_ne!(one.replayed, other.replayed, "{path}: one of them made it");
        assert_ne!(one.body["id"], lost.body["id"], "{path}");
    }
}

#[test]
fn every_post_but_a_chunk_and_a_login_takes_a_key_and_says_so() {
    let document = serde_json::to_value(reflector::web::openapi()).unwrap();
    let mut without = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(post) = item.get("post") else { continue };
        let parameters = post["parameters"].as_array().cloned().unwrap_or_default();
        let key = parameters.iter().find(|one| one["name"] == "Idempotency-Key");
        let Some(key) = key else {
            without.push(path.as_str());
            continue;
        };
        assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{path}");
        for status in ["409", "422"] {
            assert!(post["responses"].get(status).is_some(), "{path}: {status}");
        }
        assert!(post["responses"]["200"]["headers"].get("Idempotency-Replayed").is_some(), "{path}");
    }
    assert_eq!(without, ["/v1/auth/login", "/v1/transcripts/{id}/record/upload"]);
}
