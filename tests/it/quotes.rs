//! Quotes: a few seconds behind a link, and nothing else of the recording.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::db::schema::{quote, transcript};
use reflector::ids::TranscriptId;
use reflector::model::{self, participant};
use reflector::storage::StorageKey;
use serde_json::{Value, json};

use crate::auth::{ADA, guarded, person, send, token};
use crate::support::site::Site;

const BOB: &str = "bob@example.org";

/// Every sample its own number, as far as those go: a minute and a bit.
fn samples() -> Vec<u8> {
    (0..61 * 16_000u32).flat_map(|n| ((n % 60_000) as u16).to_le_bytes()).collect()
}

/// The short talk of these tests with sound to be cut: sentences from 0, 20 and 40 s, a word each second.
async fn talk(site: &Site) -> TranscriptId {
    let id = site.finished("Quarterly secrets").await;
    site.app.storage().put_bytes(&StorageKey::Pcm { transcript: id }, samples()).await.unwrap();
    id
}

async fn quoted(site: &Site, id: TranscriptId, body: &Value) -> Value {
    let (status, made) = site.send("POST", &format!("/v1/transcripts/{id}/quotes"), body).await;
    assert_eq!(status, 200, "{made}");
    made
}

/// A link's path.
fn path(site: &Site, made: &Value) -> String {
    let url = made["url"].as_str().unwrap();
    url.strip_prefix(&site.url("")).unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_or_hears_a_quote_is_in_the_log() {
    let site = Site::new().await;
    let id = talk(&site).await;
    let made = quoted(&site, id, &json!({ "start": 21.0, "end": 23.9 })).await;
    let at = path(&site, &made);
    for (path, wanted) in [(at.clone(), 200), (format!("{at}/audio"), 200), ("/quote/gone".into(), 404)] {
        assert_eq!(site.get(&path).await.status(), wanted, "{path}");
    }
    let (_, log) = site.json(&format!("/v1/audit?transcript_id={id}")).await;
    let done: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(done, ["play", "view", "share"], "the newest first: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_the_words_who_says_them_and_nothing_else() {
    let site = Site::new().await;
    let id = talk(&site).await;
    let mut conn = site.workshop.conn().await;
    participant::name_speakers(&mut conn, id, &[(1, "Grace <Hopper>".into())], None).await.unwrap();
    // "We should <cut> the budget." begins at 20, a word each second.
    let made = quoted(&site, id, &json!({ "start": 21.0, "end": 23.9 })).await;
    assert_eq!(made["text"], "should <cut> the");
    let ends: chrono::DateTime<chrono::Utc> = made["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!((ends - clock::now()).num_days(), 29, "a month");
    let at = path(&site, &made);
    assert!(at.starts_with("/quote/") && at.len() == 7 + 43, "{at}");
    let response = site.get(&at).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let page = response.text().await.unwrap();
    for there in
        ["should &#60;cut&#62; the", "Grace &#60;Hopper&#62;", "0:21 to 0:23", "3 seconds", "<audio controls"]
    {
        assert!(page.contains(there), "{there}: {page}");
    }
    let title = "Budget talks";
    for nowhere in [
        title,
        "Quarterly",
        "budget",
        "We ",
        "morning",
        "Agreed",
        &id.to_string(),
        "<script",
        "href=\"/transcripts",
    ] {
        assert!(!page.contains(nowhere), "{nowhere}: {page}");
    }
    // A quote over two people.
    let both = quoted(&site, id, &json!({ "start": 24.0, "end": 41.0 })).await;
    assert_eq!(both["text"], "budget. Agreed");
    let page = site.page(&path(&site, &both)).await.1;
    let (first, second) = (page.find("budget.").unwrap(), page.find("Agreed").unwrap());
    assert!(first < second && page.contains("Speaker 1") && page.contains("Grace"), "{page}");
    // As the text reads now: what was mended or taken out is so here, too.
    let revision = site.json(&format!("/v1/transcripts/{id}/segments")).await.1["revision"].clone();
    let body = json!({ "revision": revision, "find": "<cut>", "replace": "raise" });
    assert_eq!(site.send("POST", &format!("/v1/transcripts/{id}/edits/replace"), &body).await.0, 200);
    assert!(site.page(&at).await.1.contains("should raise the"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_plays_exactly_its_samples() {
    let site = Site::new().await;
    let id = talk(&site).await;
    let all = samples();
    for (start, end) in [(20.0, 26.0), (0.0, 0.5), (1.23456, 2.00004), (59.5, 60.0)] {
        let made = quoted(&site, id, &json!({ "start": start, "end": end })).await;
        let at = format!("{}/audio", path(&site, &made));
        let response = site.get(&at).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "audio/wav");
        assert_eq!(response.headers()["accept-ranges"], "bytes");
        let wave = response.bytes().await.unwrap();
        let sample = |seconds: f64| (seconds * 16_000.0).round() as usize * 2;
        assert_eq!(&wave[44..], &all[sample(start)..sample(end)], "{start} to {end}");
        let read = hound::WavReader::new(std::io::Cursor::new(&wave)).unwrap();
        let facts = (read.spec().sample_rate, read.spec().channels, read.spec().bits_per_sample);
        assert_eq!(facts, (16_000, 1, 16));
        assert_eq!(read.duration() as usize * 2, sample(end) - sample(start));
        // Ranges, as players ask for them.
        for (header, wanted) in [
            ("bytes=0-", 0..wave.len()),
            ("bytes=0-1", 0..2),
            ("bytes=40-49", 40..50),
            ("bytes=100-199", 100..200),
            ("bytes=-4", wave.len() - 4..wave.len()),
        ] {
            let part = site.client.get(site.url(&at)).header("range", header).send().await.unwrap();
            assert_eq!(part.status(), 206, "{header}");
            let range = format!("bytes {}-{}/{}", wanted.start, wanted.end - 1, wave.len());
            assert_eq!(part.headers()["content-range"], range.as_str());
            assert_eq!(part.bytes().await.unwrap(), wave.slice(wanted), "{header}");
        }
        let outside = site.client.get(site.url(&at)).header("range", "bytes=9999999-").send().await.unwrap();
        assert_eq!(outside.status(), 416);
        let head = site.client.head(site.url(&at)).send().await.unwrap();
        assert_eq!(head.headers()["content-length"], wave.len().to_string().as_str());
    }
    // Words stay when the sound is gone.
    let made = quoted(&site, id, &json!({ "start": 20.0, "end": 26.0 })).await;
    let gone = site.send("PATCH", &format!("/v1/transcripts/{id}"), &json!({ "audio_deleted": true })).await;
    assert_eq!(gone.0, 200);
    let (status, page) = site.page(&path(&site, &made)).await;
    assert!(status == 200 && page.contains("We should") && !page.contains("<audio"), "{page}");
    assert!(page.contains("sound is not kept"), "{page}");
    assert_eq!(site.get(&format!("{}/audio", path(&site, &made))).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_quoted_is_refused_by_the_name_of_its_field_and_the_limit() {
    let site = Site::new().await;
    let id = talk(&site).await;
    let quotes = format!("/v1/transcripts/{id}/quotes");
    for (body, field, said) in [
        (json!({ "start": -1, "end": 5 }), "start", "at least 0"),
        (json!({ "start": 60, "end": 61 }), "start", "60.00 s"),
        (json!({ "start": 5, "end": 5 }), "end", "after start"),
        (json!({ "start": 6, "end": 5 }), "end", "after start"),
        (json!({ "start": 5, "end": 60.5 }), "end", "60.00 s"),
        (json!({ "start": 5, "end": 6, "expires_in": 59 }), "expires_in", "60 to 31536000"),
        (json!({ "start": 5, "end": 6, "expires_in": 31_536_001 }), "expires_in", "60 to 31536000"),
        (json!({ "start": 5 }), "body", "end"),
        (json!({ "start": "five", "end": 6 }), "body", "start"),
    ] {
        let (status, refused) = site.send("POST", &quotes, &body).await;
        assert_eq!((status, &refused["detail"][0]["loc"][1]), (422, &json!(field)), "{body}: {refused}");
        assert!(refused["detail"][0]["msg"].as_str().unwrap().contains(said), "{body}: {refused}");
    }
    let mut conn = site.workshop.conn().await;
    transcript_is(&mut conn, id, 3_600_000.0).await;
    let (status, refused) = site.send("POST", &quotes, &json!({ "start": 0, "end": 600.5 })).await;
    assert!(status == 422 && refused.to_string().contains("600 seconds"), "{refused}");
    quoted(&site, id, &json!({ "start": 0, "end": 600 })).await;
    let empty = site.create("empty").await;
    let (status, refused) =
        site.send("POST", &format!("/v1/transcripts/{empty}/quotes"), &json!({ "start": 0, "end": 1 })).await;
    assert!(status == 409 && refused.to_string().contains("no sound"), "{refused}");
}

async fn transcript_is(conn: &mut diesel_async::AsyncPgConnection, id: TranscriptId, milliseconds: f64) {
    model::transcript::set_duration(conn, id, milliseconds).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_listed_without_themselves_and_end_when_they_are_taken_back_run_out_or_the_rest_is_deleted()
{
    let site = Site::new().await;
    let id = talk(&site).await;
    let one = format!("/v1/transcripts/{id}");
    let quotes = format!("{one}/quotes");
    let body = json!({ "start": 40.0, "end": 43.0, "expires_in": 3600 });
    let (first, second) = (quoted(&site, id, &body).await, quoted(&site, id, &body).await);
    let listed = async || {
        let (status, list) = site.json(&quotes).await;
        assert_eq!(status, 200);
        list.as_array().unwrap().clone()
    };
    let list = listed().await;
    assert_eq!([&list[0]["id"], &list[1]["id"]], [&second["id"], &first["id"]], "the newest first");
    let mut without = first.clone();
    without.as_object_mut().unwrap().remove("url");
    assert_eq!(list[1], without, "its link is nowhere");
    let hashes: Vec<String> =
        quote::table.select(quote::token_hash).load(&mut site.workshop.conn().await).await.unwrap();
    assert!(hashes.iter().all(|hash| !first["url"].as_str().unwrap().contains(hash)));

    let gone = async |path: &str| {
        let (status, page) = site.page(path).await;
        assert_eq!((status, site.get(&format!("{path}/audio")).await.status().as_u16()), (404, 404));
        assert!(page.contains("This quote is gone") && !page.contains("Agreed"), "{page}");
    };
    let (at_first, at_second) = (path(&site, &first), path(&site, &second));
    assert_eq!(site.page(&at_first).await.0, 200);
    let revoke = format!("{quotes}/{}", first["id"].as_str().unwrap());
    assert_eq!(site.send("DELETE", &revoke, &json!({})).await.0, 200);
    assert_eq!(site.send("DELETE", &revoke, &json!({})).await.0, 404, "it is gone already");
    gone(&at_first).await;
    assert_eq!(site.page(&at_second).await.0, 200, "the other one stays");
    assert_eq!(listed().await.len(), 1);
    let other = talk(&site).await;
    let wrong = format!("/v1/transcripts/{other}/quotes/{}", second["id"].as_str().unwrap());
    assert_eq!(site.send("DELETE", &wrong, &json!({})).await.0, 404, "another transcript's");

    // In the trash it shows nothing; out of it, it does.
    assert_eq!(site.send("DELETE", &one, &json!({})).await.0, 200);
    gone(&at_second).await;
    assert_eq!(site.send("POST", &format!("{one}/restore"), &json!({})).await.0, 200);
    assert_eq!(site.page(&at_second).await.0, 200);

    let mut conn = site.workshop.conn().await;
    let ago = clock::now() - chrono::TimeDelta::seconds(1);
    diesel::update(quote::table)
        .set((quote::created_at.eq(ago - chrono::TimeDelta::hours(1)), quote::expires_at.eq(ago)))
        .execute(&mut conn)
        .await
        .unwrap();
    gone(&at_second).await;
    assert!(listed().await.is_empty());
    assert_eq!(model::quote::forget(&mut conn, clock::now()).await.unwrap(), 1, "a sweep removes it");
    gone("/quote/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await;
    gone("/quote/x").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_the_owners_to_make_and_anybodys_to_open() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = talk(&site).await;
    let semi: model::ShareMode = "semi-private".parse().unwrap();
    diesel::update(transcript::table.find(id))
        .set((transcript::share_mode.eq(semi), transcript::user_id.eq(Some(ada.id))))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
    let quotes = format!("/v1/transcripts/{id}/quotes");
    let (hers, his) =
        (format!("Bearer {}", token(&site, ADA).await), format!("Bearer {}", token(&site, BOB).await));
    let body = json!({ "start": 40.0, "end": 43.0 });
    let ask =
        async |header: (&str, &str), method: &str, path: &str| send(&site, method, path, header, &body).await;
    let (status, made) = ask(("authorization", &hers), "POST", &quotes).await;
    assert_eq!(status, 200, "{made}");
    let revoke = format!("{quotes}/{}", made["id"].as_str().unwrap());
    for (method, path) in [("POST", &quotes), ("GET", &quotes), ("DELETE", &revoke)] {
        assert_eq!(ask(("authorization", &his), method, path).await.0, 403, "{method}: he may only read");
        assert_eq!(ask(("x-nothing", "x"), method, path).await.0, 401, "{method}");
    }
    let key = async |scopes: Value| {
        let body = json!({ "scopes": scopes });
        let made = send(&site, "POST", "/v1/user/api-keys", ("authorization", &hers), &body).await.1;
        made["key"].as_str().unwrap().to_owned()
    };
    let (reads, writes) = (key(json!(["read"])).await, key(json!(["write"])).await);
    assert_eq!(ask(("x-api-key", &reads), "POST", &quotes).await.0, 403);
    assert_eq!(ask(("x-api-key", &writes), "POST", &quotes).await.0, 404, "it would read by its own link");
    assert_eq!(ask(("x-api-key", &key(json!(["read", "write"])).await), "POST", &quotes).await.0, 200);

    // Nobody logs in to open it, and whoever shows a session that has ended is not sent to the login.
    let at = path(&site, &made);
    let (status, page) = site.page(&at).await;
    assert!(status == 200 && page.contains("Agreed"), "{page}");
    let old = site.client.get(site.url(&at)).header("cookie", "reflector=ended").send().await.unwrap();
    assert_eq!(old.status(), 200);
    assert_eq!(site.get(&format!("{at}/audio")).await.status(), 200);
    assert_eq!(site.get(&format!("/transcripts/{id}")).await.status(), 303, "and nothing else is open");
    let private = json!({ "share_mode": "private" });
    let one = format!("/v1/transcripts/{id}");
    assert_eq!(send(&site, "PATCH", &one, ("authorization", &hers), &private).await.0, 200);
    assert_eq!(site.page(&at).await.0, 200, "it is the owner's own word, until they take it back");
    let (_, log) = send(&site, "GET", "/v1/audit?action=share", ("authorization", &hers), &Value::Null).await;
    assert!(log["total"].as_i64().unwrap() >= 2, "{log}");
}
