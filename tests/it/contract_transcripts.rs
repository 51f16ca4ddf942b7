//! What every route of /v1 keeps to, and the ends of a transcript: destroy, zip, tags, keys, limits, one shape of errors.

use std::io::{Cursor, Read};

use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Stage};
use reflector::model::{idempotency, recording, transcript};
use reflector::storage::StorageKey;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::site::{Site, mp3, multipart};
use crate::support::socket::Watcher;

async fn objects(site: &Site) -> usize {
    site.app.storage().list("").await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn destroyed_means_no_row_and_no_object_is_left() {
    let site = Site::new().await;
    let kept = site.finished("kept.wav").await;
    let before = objects(&site).await;
    let id = site.create("gone.wav").await;
    assert_eq!(site.chunk(&id.to_string(), 0, 2, b"abc").await.0, 200, "an upload under way");
    for key in [StorageKey::Mp3 { transcript: id }, StorageKey::Pcm { transcript: id }] {
        site.app.storage().put_bytes(&key, mp3()).await.unwrap();
    }
    let path = format!("/v1/transcripts/{id}");
    let destroy = format!("{path}/destroy");
    let (status, refused) = site.send("DELETE", &destroy, &json!({})).await;
    assert_eq!((status, &refused["detail"]), (400, &json!("Transcript is not in the trash")));
    assert_eq!(
        site.send("POST", &format!("{path}/restore"), &json!({})).await.0,
        400,
        "so it is not restored"
    );

    site.send("DELETE", &path, &json!({})).await;
    assert_eq!(site.send("DELETE", &destroy, &json!({})).await, (200, json!({ "status": "ok" })));
    let mut conn = site.workshop.conn().await;
    assert!(transcript::get(&conn, id).await.unwrap().is_none());
    assert!(recording::of(&mut conn, id).await.unwrap().is_empty());
    assert_eq!(objects(&site).await, before, "only what belongs to the other one is there");
    assert!(site.app.storage().size(&StorageKey::Mp3 { transcript: kept }).await.unwrap().is_some());
    for (method, path) in [("DELETE", &destroy), ("POST", &format!("{path}/restore")), ("GET", &path)] {
        assert_eq!(site.send(method, path, &json!({})).await.0, 404, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_holds_the_sound_and_all_that_is_known() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    site.send("POST", &format!("{path}/participants"), &json!({ "name": "Ada", "speaker": 0 })).await;
    let response = site.get(&format!("{path}/download/zip")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.starts_with("attachment; filename=\"Budget talks.zip\""), "{name}");
    let bytes = response.bytes().await.unwrap();
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    assert_eq!(names, ["audio.mp3", "metadata.json"]);
    let mut sound = Vec::new();
    zip.by_name("audio.mp3").unwrap().read_to_end(&mut sound).unwrap();
    assert_eq!(sound, mp3());
    let metadata: Value = serde_json::from_reader(zip.by_name("metadata.json").unwrap()).unwrap();
    let mut fields: Vec<&str> = metadata.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "action_items",
            "created_at",
            "duration",
            "id",
            "long_summary",
            "meeting_id",
            "notes",
            "participants",
            "recording_id",
            "short_summary",
            "source_language",
            "target_language",
            "title",
            "topics",
            "webvtt"
        ]
    );
    assert_eq!((&metadata["title"], &metadata["duration"]), (&json!("Budget talks"), &json!(60_000.0)));
    assert_eq!(metadata["topics"][1]["words"][0]["text"], " We");
    assert!(metadata["webvtt"].as_str().unwrap().contains("<v Ada>Good morning"));

    // Sound that was deleted, or is not there yet, is left out.
    site.send("PATCH", &path, &json!({ "audio_deleted": true })).await;
    for id in [id, site.create("bare").await] {
        let bytes = site.get(&format!("/v1/transcripts/{id}/download/zip")).await.bytes().await.unwrap();
        let zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(zip.file_names().collect::<Vec<_>>(), ["metadata.json"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_known_is_not_sent_again() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    for path in [
        path.clone(),
        format!("{path}/topics"),
        format!("{path}/participants"),
        "/v1/transcripts".into(),
        "/v1/transcripts/search?q=budget".into(),
    ] {
        let first = site.get(&path).await;
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(first.headers()["cache-control"], "no-store", "{path}: browsers keep nothing");
        assert!(!first.bytes().await.unwrap().is_empty());
        let again = async |tag: &str| {
            site.client.get(site.url(&path)).header("if-none-match", tag).send().await.unwrap()
        };
        for known in [tag.clone(), format!("\"other\", W/{tag}")] {
            let known = again(&known).await;
            assert_eq!((known.status().as_u16(), known.headers()["etag"].to_str().unwrap()), (304, &*tag));
            assert!(known.bytes().await.unwrap().is_empty());
        }
        assert_eq!(again("\"other\"").await.status(), 200);
    }
    let tag = site.get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    site.send("POST", &format!("{path}/participants"), &json!({ "name": "Ada", "speaker": 0 })).await;
    let changed = site.client.get(site.url(&path)).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200, "a name is a change");
    site.send("DELETE", &path, &json!({})).await;
    let gone = site.client.get(site.url(&path)).header("if-none-match", "*").send().await.unwrap();
    assert_eq!(gone.status(), 404, "what is not there has no tag");
}

/// With two threads for what blocks: clients that do not take what they asked for must not keep them.
#[test]
fn zips_that_nobody_takes_hold_no_thread() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).max_blocking_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let site = Site::new().await;
        let id = site.finished("talk.wav").await;
        let key = StorageKey::Mp3 { transcript: id };
        site.app.storage().put_bytes(&key, vec![7; 16_000_000]).await.unwrap();
        let path = format!("/v1/transcripts/{id}/download/zip");
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(site.get(&path).await);
        }
        let sound = async { site.get(&format!("/v1/transcripts/{id}/audio/mp3")).await.bytes().await };
        let sound = tokio::time::timeout(std::time::Duration::from_secs(20), sound).await;
        assert_eq!(sound.expect("others are served").unwrap().len(), 16_000_000);
        let whole = waiting.pop().unwrap().bytes().await.unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(whole)).unwrap();
        assert_eq!(zip.by_name("audio.mp3").unwrap().size(), 16_000_000);
    });
}

async fn create(site: &Site, key: &str, body: &Value) -> (u16, Value) {
    let request = site.client.post(site.url("/v1/transcripts")).header("Idempotency-Key", key);
    let response = request.json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_again_is_done_once() {
    let site = Site::new().await;
    let body = json!({ "name": "Weekly" });
    let many = (0..8).map(|_| create(&site, "one", &body));
    let answers = futures::future::join_all(many).await;
    assert_eq!(answers[0].0, 200);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 1);

    let (status, refused) = create(&site, "one", &json!({ "name": "Other" })).await;
    assert_eq!(status, 422);
    assert_eq!(refused["detail"][0]["loc"], json!(["header", "Idempotency-Key"]));
    assert_eq!(create(&site, "two", &body).await.0, 200, "another key, another transcript");
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 2);
    for bad in ["", &"k".repeat(256), "a\tb"] {
        assert_eq!(create(&site, bad, &body).await.0, 422, "{bad:?}");
    }
    let mut conn = site.workshop.conn().await;
    idempotency::forget(&mut conn, clock::now()).await.unwrap();
    let answers = [create(&site, "one", &body).await];
    assert_eq!(create(&site, "two", &body).await.0, 200);
    // What was refused takes no key.
    assert_eq!(create(&site, "three", &json!({ "name": "x".repeat(201) })).await.0, 422);
    assert_eq!(create(&site, "three", &body).await.0, 200);

    assert_eq!(idempotency::forget(&mut conn, clock::now()).await.unwrap(), 3);
    let (_, new) = create(&site, "one", &body).await;
    assert_ne!(new["id"], answers[0].1["id"], "after a day a key is new");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_has_a_limit_that_is_named() {
    let site = Site::new().await;
    let id = site.create("x").await;
    let path = format!("/v1/transcripts/{id}");
    let people: Vec<Value> = (0..1001).map(|n| json!({ "name": format!("P{n}") })).collect();
    for (field, body, limit) in [
        ("name", json!({ "name": "x".repeat(201) }), "200"),
        ("title", json!({ "title": "x".repeat(201) }), "200"),
        ("short_summary", json!({ "short_summary": "x".repeat(100_001) }), "100000"),
        ("long_summary", json!({ "long_summary": "x".repeat(100_001) }), "100000"),
        ("participants", json!({ "participants": people }), "1000"),
        ("notes", json!({ "notes": "x".repeat(20_001) }), "20000"),
    ] {
        let (status, refused) = site.send("PATCH", &path, &body).await;
        assert_eq!((status, &refused["detail"][0]["loc"][1]), (422, &json!(field)), "{refused}");
        assert!(refused["detail"][0]["msg"].as_str().unwrap().contains(limit), "{refused}");
    }
    let long = "x".repeat(501);
    for query in [
        format!("/v1/transcripts?search_term={long}"),
        format!("/v1/transcripts/search?q={long}"),
        format!("/v1/transcripts/search?q=&speaker={long}"),
        "/v1/transcripts/search?q=&limit=101".into(),
        "/v1/transcripts/search?q=&offset=-1".into(),
        "/v1/transcripts?size=101".into(),
    ] {
        assert_eq!(site.json(&query).await.0, 422, "{}", &query[..40]);
    }
    let (status, large) = site.send("PATCH", &path, &json!({ "title": "x".repeat(1_000_001) })).await;
    assert_eq!(status, 413, "{large}");
    // A list that is full takes nobody else, by any way.
    let full: Vec<Value> = (0..1000).map(|n| json!({ "name": format!("P{n}"), "speaker": n })).collect();
    assert_eq!(site.send("PATCH", &path, &json!({ "participants": full })).await.0, 200);
    let people = format!("{path}/participants");
    let (status, refused) = site.send("POST", &people, &json!({ "name": "One more" })).await;
    assert_eq!((status, &refused["detail"][0]["loc"][1]), (422, &json!("participants")), "{refused}");
    let form = format!("/transcripts/{id}/speakers");
    assert_eq!(site.form(&form, "speaker-2000=One+more").await.0, 422);
    assert_eq!(site.form(&form, "speaker-10000=x").await.0, 422, "nobody has that number");
    assert_eq!(site.json(&people).await.1.as_array().unwrap().len(), 1000);
    // The form of the start page is streamed, its fields are not.
    let long = "x".repeat(70_000);
    for field in ["title", "source_language", "vocabulary"] {
        let (kind, body) = multipart(&[(field, None, long.as_bytes())]);
        let request = site.client.post(site.url("/upload")).header("content-type", kind).body(body);
        assert_eq!(request.send().await.unwrap().status(), 422, "{field}");
    }
    // A zero is what PostgreSQL's texts can't hold; nor does its calendar go as far back as ours.
    let far = "from=-200000-01-01T00:00:00Z&to=%2B200000-01-01T00:00:00Z";
    assert_eq!(site.json(&format!("/v1/transcripts/search?q=&{far}")).await.1["total"], 1);
    assert_eq!(site.page("/transcripts?from=-200000-01-01&to=%2B200000-01-01").await.0, 200);
    for path in ["/v1/transcripts?search_term=a%00b", "/v1/transcripts/search?q=a%00b&speaker=%00"] {
        assert_eq!(site.json(path).await.0, 200, "{path}");
    }
    let body = json!({ "title": "a\0b", "short_summary": "a\0b", "long_summary": "\0" });
    assert_eq!(site.send("PATCH", &path, &body).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_kept_line_by_line_told_of_and_written_over_by_nobody_who_has_not_read_them() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let (_, bare) = site.json(&path).await;
    assert_eq!(bare["notes"], "");
    let mut watcher = Watcher::open(&site, &format!("{path}/events"), &[]).await;
    watcher.until("STATUS").await;
    let write = async |body: Value| site.send("PATCH", &path, &body).await;

    let (status, first) = write(json!({ "notes": "Ask Ann.\r\n\r\n- when \u{7}\n" })).await;
    assert_eq!((status, &first["notes"]), (200, &json!("Ask Ann.\n\n- when")));
    let told = watcher.event().await;
    assert_eq!(
        (&told["event"], &told["data"]),
        (&json!("NOTES"), &json!({})),
        "who watches is not told what they say"
    );
    // Two have read the same. The second one's are not kept, nor is what came with them.
    let seen = &first["notes_revision"];
    let (status, mine) = write(json!({ "notes": "Mine", "notes_revision": seen })).await;
    assert_eq!(status, 200);
    let refused = json!({
        "detail": "Somebody else has changed the notes since",
        "notes_revision": mine["notes_revision"],
        "yours": "Theirs",
        "theirs": "Mine",
    });
    let late = write(json!({ "notes": "Theirs", "notes_revision": seen, "title": "Not this" })).await;
    assert_eq!(late, (409, refused.clone()));
    assert_eq!(write(json!({ "notes": "Theirs" })).await, (409, refused.clone()), "nor of who names none");
    let (_, kept) = site.json(&path).await;
    assert_eq!((&kept["notes"], &kept["title"]), (&json!("Mine"), &bare["title"]));
    // Sent again because the answer was lost; then with both in it.
    assert_eq!(write(json!({ "notes": "Mine", "notes_revision": seen })).await.0, 200);
    let both = json!({ "notes": "Mine\nTheirs", "notes_revision": refused["notes_revision"] });
    assert_eq!(write(both).await.0, 200);

    // What else is done with the transcript leaves them alone.
    assert_eq!(write(json!({ "title": "Another" })).await.1["notes"], "Mine\nTheirs");
    stage::restart(&mut *site.workshop.conn().await, id, Stage::Ingest, clock::now()).await.unwrap();
    site.send("DELETE", &path, &json!({})).await;
    assert_eq!(site.json(&path).await.0, 404);
    site.send("POST", &format!("{path}/restore"), &json!({})).await;
    let (_, again) = site.json(&path).await;
    assert_eq!(again["notes"], "Mine\nTheirs");
    let emptied = json!({ "notes": null, "notes_revision": again["notes_revision"] });
    assert_eq!(write(emptied).await.1["notes"], "");
    let (_, log) = site.json(&format!("/v1/audit?transcript_id={id}&action=edit")).await;
    assert!(log["total"].as_i64() > Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_in_files_for_people_and_in_json_and_in_no_subtitles() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let file = async |format: &str| {
        let response = site.get(&format!("{path}/download/{format}")).await;
        assert_eq!(response.status(), 200, "{format}");
        response.bytes().await.unwrap()
    };
    let text = async |format: &str| String::from_utf8(file(format).await.to_vec()).unwrap();
    assert!(!text("md").await.contains("## Notes") && !text("json").await.contains("notes"));
    site.send("PATCH", &path, &json!({ "notes": "Ask the walrus\n- when" })).await;
    assert!(text("md").await.contains("## Notes\n\nAsk the walrus  \n\\- when\n\n"));
    let json: Value = serde_json::from_str(&text("json").await).unwrap();
    assert_eq!(json["notes"], "Ask the walrus\n- when");
    for format in ["txt", "srt", "vtt", "csv", "rttm"] {
        assert!(!text(format).await.contains("walrus"), "{format}");
    }
    let mut docx = zip::ZipArchive::new(Cursor::new(file("docx").await)).unwrap();
    let mut document = String::new();
    docx.by_name("word/document.xml").unwrap().read_to_string(&mut document).unwrap();
    assert!(document.contains("Notes") && document.contains("Ask the walrus"), "{document}");
    let mut zip = zip::ZipArchive::new(Cursor::new(file("zip").await)).unwrap();
    let metadata: Value = serde_json::from_reader(zip.by_name("metadata.json").unwrap()).unwrap();
    assert_eq!(metadata["notes"], "Ask the walrus\n- when");
    let french = site.client.get(site.url(&format!("{path}/download/md"))).header("accept-language", "fr");
    assert!(french.send().await.unwrap().text().await.unwrap().contains("## Notes\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_written_by_a_plain_form_that_shows_both_where_somebody_else_was_faster() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/transcripts/{id}");
    let (_, page) = site.page(&path).await;
    assert!(page.contains("Nothing is noted yet.") && page.contains("Write notes"), "{page}");
    let seen = site.json(&format!("/v1{path}")).await.1["notes_revision"].as_str().unwrap().to_owned();
    let save = async |revision: &str, notes: &str| {
        let fields = [("notes_revision", revision), ("notes", notes)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = site.client.post(site.url(&format!("{path}/notes"))).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(save(&seen, "<b>Ask</b>\r\nAnn").await.0, 303);
    let (_, page) = site.page(&path).await;
    assert!(page.contains("&#60;b&#62;Ask&#60;/b&#62;\nAnn") && page.contains("Edit notes"), "{page}");
    let (status, both) = save(&seen, "Ask Bob").await;
    assert_eq!(status, 409);
    for part in [
        "Somebody else changed the notes meanwhile.",
        "&#60;b&#62;Ask&#60;/b&#62;\nAnn",
        ">Ask Bob</textarea>",
    ] {
        assert!(both.contains(part), "{part}: {both}");
    }
    let now = site.json(&format!("/v1{path}")).await.1["notes_revision"].as_str().unwrap().to_owned();
    assert!(both.contains(&format!("name=\"notes_revision\" value=\"{now}\"")), "{both}");
    assert_eq!(save(&now, "Ask Bob").await.0, 303);
    assert_eq!(site.json(&format!("/v1{path}")).await.1["notes"], "Ask Bob");
    assert_eq!(save(&now, &"x".repeat(20_001)).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_has_one_shape() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let one = |path: &str| format!("/v1/transcripts/{id}{path}");
    let mut foreign = HeaderMap::new();
    foreign.insert("sec-fetch-site", "cross-site".parse().unwrap());
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert("host", "evil.example".parse().unwrap());
    let none = HeaderMap::new;
    for (method, path, headers, status) in [
        ("GET", "/v1".to_owned(), none(), 404),
        ("GET", "/v1/nothing".into(), none(), 404),
        ("DELETE", "/v1/transcripts".into(), none(), 405),
        ("PUT", one(""), none(), 405),
        ("GET", one("/speaker/assign"), none(), 405),
        ("POST", one("/destroy"), none(), 405),
        ("GET", "/v1/transcripts?page=x".into(), none(), 422),
        ("GET", "/v1/transcripts/search".into(), none(), 422),
        ("GET", one("/topics/x/words-per-speaker"), none(), 404),
        ("GET", one("/download/odt"), none(), 404),
        ("GET", one("/events"), none(), 400),
        ("POST", "/v1/transcripts".into(), none(), 422),
        ("POST", one("/record/upload?chunk_number=0&total_chunks=1"), none(), 400),
        ("POST", "/v1/transcripts".into(), foreign, 403),
        ("GET", "/v1/transcripts".into(), elsewhere, 421),
    ] {
        let request = site.client.request(method.parse().unwrap(), site.url(&path)).headers(headers);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{method} {path}");
        assert!(response.headers().contains_key("x-request-id"), "{method} {path}");
        assert_eq!(response.headers().contains_key("allow"), status == 405, "{method} {path}");
        let body: Value = response.json().await.unwrap();
        match &body["detail"] {
            Value::String(text) => assert!(!text.is_empty()),
            Value::Array(list) => {
                for field in ["loc", "msg", "type"] {
                    assert!(!list[0][field].is_null(), "{method} {path}: {body}");
                }
            }
            other => panic!("{method} {path}: {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_from_before_search_are_learned() {
    use diesel_async::SimpleAsyncConnection;
    let site = Site::new().await;
    let id: TranscriptId = site.finished("talk.wav").await;
    let mut conn = site.workshop.conn().await;
    conn.batch_execute("DELETE FROM search_passage; DELETE FROM search_document").await.unwrap();
    assert_eq!(site.json("/v1/transcripts/search?q=morning").await.1["total"], 0);
    assert_eq!(reflector::jobs::learn(site.app.pool()).await.unwrap(), 1);
    assert_eq!(site.json("/v1/transcripts/search?q=morning").await.1["results"][0]["id"], json!(id));
    assert_eq!(reflector::jobs::learn(site.app.pool()).await.unwrap(), 0);
    // Those of which it does not know how often they say something are counted.
    conn.batch_execute("UPDATE search_document SET said = '', counted = false").await.unwrap();
    assert_eq!(reflector::jobs::learn(site.app.pool()).await.unwrap(), 1);
    assert_eq!(site.json("/v1/transcripts/search?q=morning").await.1["total"], 1);
}
