//! Recordings that are being made: pieces without a known number, takes, the end by hand or by itself; and several files in one form.

use chrono::TimeDelta;
use diesel::sql_types::{Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::config::AuthMode;
use reflector::ids::TranscriptId;
use reflector::model::stage::{Stage, StageState, StageStatus};
use reflector::model::transcript::Status;
use reflector::storage::StorageKey;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::support::garage::Garage;
use crate::support::media::Media;
use crate::support::site::{Site, multipart};
use crate::support::words::content_words;
use crate::support::workshop::two_people;

/// A transcript for a recording that is about to be made.
async fn live(site: &Site, name: &str) -> String {
    let body = json!({ "name": name, "source_kind": "live", "source_language": "auto" });
    let (status, made) = site.send("POST", "/v1/transcripts", &body).await;
    assert_eq!((status, &made["source_kind"]), (200, &json!("live")));
    made["id"].as_str().unwrap().to_owned()
}

/// Sends a piece; `query` beside its number.
async fn piece(site: &Site, id: &str, number: u32, query: &str, bytes: &[u8]) -> (u16, Value) {
    let path =
        format!("/v1/transcripts/{id}/record/upload?open=true&chunk_number={number}&filename=a.webm{query}");
    let (kind, body) = multipart(&[("chunk", Some("blob"), bytes)]);
    let request = site.client.post(site.url(&path)).header("content-type", kind).body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn finish(site: &Site, id: &str, body: Value) -> (u16, Value) {
    site.send("POST", &format!("/v1/transcripts/{id}/record/finish"), &body).await
}

async fn state(site: &Site, id: &str) -> Value {
    site.json(&format!("/v1/transcripts/{id}/record/upload")).await.1
}

/// Moves everything about the recording of a transcript so many hours back.
async fn age(site: &Site, id: &str, hours: i64) {
    let id: TranscriptId = id.parse().unwrap();
    let mut conn = site.workshop.conn().await;
    let at = clock::now() - TimeDelta::hours(hours);
    for change in [
        "UPDATE upload_part SET received_at = $1 WHERE recording_id IN (SELECT id FROM recording WHERE transcript_id = $2)",
        "UPDATE recording SET created_at = $1 WHERE transcript_id = $2",
    ] {
        diesel::sql_query(change)
            .bind::<Timestamptz, _>(at)
            .bind::<Uuid, _>(id.0)
            .execute(&mut conn)
            .await
            .unwrap();
    }
}

/// Half a minute of speech as a browser's recorder writes it: without a length, cluster by cluster.
fn webm(media: &Media, from: u32, seconds: u32, name: &str) -> Vec<u8> {
    let speech = format!("-ss {from} -t {seconds} -i {}", two_people().display());
    let path = media.ffmpeg(
        &format!("{speech} -ac 1 -ar 48000 -c:a libopus -b:a 48k -f webm -live 1 -cluster_time_limit 1000"),
        name,
    );
    std::fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_unknown_length_comes_in_pieces_and_is_finished_by_hand() {
    let site = Site::new().await;
    let id = live(&site, "Stand-up").await;
    let path = format!("/v1/transcripts/{id}");
    assert_eq!(finish(&site, &id, json!({})).await.0, 400, "nothing was recorded");
    assert_eq!(piece(&site, &id, 0, "&seconds=2", b"first").await, (200, json!({ "status": "ok" })));
    let (_, row) = site.json(&path).await;
    assert_eq!((&row["status"], &row["duration"]), (&json!("recording"), &json!(2000.0)));
    assert_eq!(piece(&site, &id, 2, "&seconds=6&take=1", b"third").await.0, 200);
    let now = state(&site, &id).await;
    assert_eq!((&now["open"], &now["total_chunks"], &now["take"]), (&json!(true), &Value::Null, &json!(1)));
    assert_eq!((&now["received"], &now["filename"]), (&json!([0, 2]), &json!("a.webm")));

    // The answer was lost: the same piece again is taken, another in its place is not.
    assert_eq!(piece(&site, &id, 0, "&seconds=2", b"first").await.0, 200);
    let (status, refused) = piece(&site, &id, 0, "&seconds=2", b"other").await;
    assert_eq!(
        (status, refused["detail"].as_str()),
        (409, Some("chunk 0 is there already, and is another one"))
    );
    let (status, refused) = site.chunk(&id, 1, 3, b"second").await;
    assert_eq!((status, refused["detail"].as_str()), (409, Some("this transcript is being recorded")));

    let (status, refused) = finish(&site, &id, json!({ "total_chunks": 3 })).await;
    assert_eq!(
        (status, refused["detail"].as_str()),
        (409, Some("not all of it has arrived: chunk 1 is missing"))
    );
    // An older length does not take the place of a newer one.
    assert_eq!(piece(&site, &id, 1, "&seconds=4", b"second").await.0, 200);
    assert_eq!(site.json(&path).await.1["duration"], 6000.0);
    assert_eq!(site.send("PATCH", &path, &json!({ "locked": true })).await.0, 200);
    assert_eq!(finish(&site, &id, json!({ "total_chunks": 3 })).await.0, 400, "locked");
    assert_eq!(site.send("PATCH", &path, &json!({ "locked": false })).await.0, 200);
    for _ in 0..2 {
        assert_eq!(finish(&site, &id, json!({ "total_chunks": 3 })).await, (200, json!({ "status": "ok" })));
    }
    let (_, row) = site.json(&path).await;
    assert_eq!((&row["status"], &row["stages"][0]["status"]), (&json!("uploaded"), &json!("queued")));
    let done = state(&site, &id).await;
    assert_eq!(
        (&done["complete"], &done["open"], &done["total_chunks"], &done["received_bytes"]),
        (&json!(true), &json!(false), &json!(3), &json!(16))
    );
    assert_eq!(piece(&site, &id, 2, "&seconds=6&take=1", b"third").await.0, 200, "its answer was lost");
    assert_eq!(piece(&site, &id, 3, "&seconds=8&take=1", b"fourth").await.0, 400, "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_outside_their_limits_are_refused_by_field() {
    let site = Site::new().await;
    let id = live(&site, "Limits").await;
    for (query, field) in [
        ("open=true&chunk_number=43200", "chunk_number"),
        ("open=true&chunk_number=0&total_chunks=2", "total_chunks"),
        ("open=false&chunk_number=0", "total_chunks"),
        ("open=true&chunk_number=0&take=1000", "take"),
        ("chunk_number=0&total_chunks=2&take=1", "take"),
        ("open=true&chunk_number=0&seconds=-1", "seconds"),
        ("open=true&chunk_number=0&seconds=86401", "seconds"),
        ("open=true&chunk_number=0&seconds=NaN", "seconds"),
    ] {
        let (kind, body) = multipart(&[("chunk", Some("blob"), b"abc")]);
        let url = site.url(&format!("/v1/transcripts/{id}/record/upload?{query}"));
        let answer = site.client.post(url).header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{query}");
        let refused: Value = answer.json().await.unwrap();
        assert_eq!(refused["detail"][0]["loc"][1], field, "{query}: {refused}");
    }
    for total in [0, 43_201] {
        let (status, refused) = finish(&site, &id, json!({ "total_chunks": total })).await;
        assert_eq!((status, &refused["detail"][0]["loc"][1]), (422, &json!("total_chunks")));
    }
    assert_eq!(state(&site, &id).await["received"], json!([]), "nothing of it was kept");
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["status"], "idle");
    // An upload is not ended by hand.
    assert_eq!(site.chunk(&id, 0, 2, b"abc").await.0, 200);
    let (status, refused) = finish(&site, &id, json!({})).await;
    assert_eq!(status, 409);
    assert!(refused["detail"].as_str().unwrap().contains("an upload in 2 chunks"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_of_an_interrupted_recording_become_one_sound_and_a_broken_one_is_told() {
    let site = Site::working().await;
    let media = Media::new();
    let (first, second) = (webm(&media, 0, 8, "first.webm"), webm(&media, 8, 6, "second.webm"));
    let whole = live(&site, "Two takes").await;
    let one = live(&site, "One take, cut off").await;
    let mut number = 0;
    // The first take ends in the middle of a cluster, as a crash leaves it; of the second one nothing but its head has come.
    let takes: [(u32, &[u8]); 3] =
        [(0, &first[..first.len() - 100]), (1, b"\x1a\x45\xdf\xa3"), (2, second.as_slice())];
    for (take, bytes) in takes {
        for bytes in bytes.chunks(bytes.len().div_ceil(3)) {
            assert_eq!(piece(&site, &whole, number, &format!("&take={take}"), bytes).await.0, 200);
            number += 1;
        }
    }
    assert_eq!(piece(&site, &one, 0, "", &second[..second.len() / 2]).await.0, 200);
    assert_eq!(finish(&site, &whole, json!({ "total_chunks": number })).await.0, 200);
    assert_eq!(finish(&site, &one, json!({})).await.0, 200);
    for (id, seconds, warning) in [
        (&whole, 14.0, Some("a piece of the recording could not be read, and is left out")),
        (&one, 3.0, None),
    ] {
        let id: TranscriptId = id.parse().unwrap();
        site.workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
        let found = site.workshop.transcript(id).await.duration / 1000.0;
        assert!((found - seconds).abs() < 1.0, "{found} s of {seconds}");
        assert_eq!(site.workshop.stage(id, Stage::Ingest).await.warning.as_deref(), warning);
    }
}

/// What is shown of a text.
async fn shown(site: &Site, id: &str) -> String {
    let (status, row) = site.json(&format!("/v1/transcripts/{id}")).await;
    assert_eq!(status, 200, "{row}");
    row["transcript"].as_str().unwrap().to_owned()
}

/// Numbers of the versions of a text, with whether it is the one that is shown.
async fn versions(site: &Site, id: &str) -> Vec<(i64, bool)> {
    let found = site.json(&format!("/v1/transcripts/{id}/versions")).await.1;
    let version = |one: &Value| (one["version"].as_i64().unwrap(), one["current"].as_bool().unwrap());
    found["versions"].as_array().unwrap().iter().map(version).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_recording_in_object_storage_is_heard_again_and_its_text_is_never_less_than_it_was() {
    let (media, garage) = (Media::new(), Garage::shared());
    let site = Site::working_with(|config| config.storage.s3 = Some(garage.config())).await;
    let sound = webm(&media, 6, 5, "live.webm");
    let id = live(&site, "Stand-up").await;
    for (number, bytes) in (0..).zip(sound.chunks(sound.len().div_ceil(3))) {
        assert_eq!(piece(&site, &id, number, "", bytes).await.0, 200);
    }
    assert_eq!(finish(&site, &id, json!({ "total_chunks": 3 })).await.0, 200);
    let of: TranscriptId = id.parse().unwrap();
    site.workshop.until_ended(of).await;
    let first = shown(&site, &id).await;
    assert!(!content_words(&first).is_empty(), "{first}");
    assert!(!site.workshop.storage.exists(), "nothing of it is on the disk");

    // As long as it is heard again, what was there is shown; then what is new, which is no less.
    let process = format!("/v1/transcripts/{id}/process");
    assert_eq!(site.send("POST", &process, &json!({})).await, (200, json!({ "status": "ok" })));
    let mut seen = Vec::new();
    while site.workshop.transcript(of).await.status != Status::Ended {
        seen.push(shown(&site, &id).await);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    site.workshop.until_ended(of).await;
    let second = shown(&site, &id).await;
    assert!(seen.contains(&first), "it was looked at before it was over");
    assert!(seen.iter().all(|text| [&first, &second].contains(&text)), "{first}\n{second}\n{seen:?}");
    assert!(content_words(&second).is_superset(&content_words(&first)), "{first}\n{second}");
    assert_eq!(versions(&site, &id).await, [(2, true), (1, false)]);

    // A run that comes to nothing takes nothing away: the store has lost the recording.
    let storage = site.app.storage();
    let recording = site.workshop.transcript(of).await.recording_id.unwrap();
    for part in 0..3 {
        storage.delete(&StorageKey::UploadPart { recording, part }).await.unwrap();
    }
    assert_eq!(site.send("POST", &process, &json!({})).await.0, 200);
    let stuck =
        |states: &[StageState]| states.iter().any(|one| one.stage == Stage::Ingest && one.error.is_some());
    site.workshop.until(of, "the recording is missed", stuck).await;
    assert_eq!((shown(&site, &id).await, versions(&site, &id).await.len()), (second, 2));

    // And what was heard first can be had again.
    let restore = format!("/v1/transcripts/{id}/versions/1/restore");
    assert_eq!(site.send("POST", &restore, &json!({})).await.0, 200);
    assert_eq!(shown(&site, &id).await, first);
    assert_eq!(versions(&site, &id).await, [(2, false), (1, true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_finishes_is_finished_as_it_is_after_six_hours_and_what_is_empty_is_forgotten() {
    let site = Site::new().await;
    let media = Media::new();
    let sound = webm(&media, 0, 6, "talk.webm");
    let [left, fresh, thrown, empty] = ["Left", "Fresh", "Thrown away", "Empty"];
    let (left, fresh) = (live(&site, left).await, live(&site, fresh).await);
    let (thrown, empty) = (live(&site, thrown).await, live(&site, empty).await);
    // A gap: the second of these pieces never came.
    let half = sound.len() / 2;
    assert_eq!(piece(&site, &left, 0, "", &sound[..half]).await.0, 200);
    assert_eq!(piece(&site, &left, 2, "", &sound[half..]).await.0, 200);
    for id in [&fresh, &thrown, &empty] {
        assert_eq!(piece(&site, id, 0, "", &sound).await.0, 200);
    }
    diesel::sql_query(
        "DELETE FROM upload_part WHERE recording_id IN (SELECT id FROM recording WHERE transcript_id = $1)",
    )
    .bind::<Uuid, _>(empty.parse::<TranscriptId>().unwrap().0)
    .execute(&mut *site.workshop.conn().await)
    .await
    .unwrap();
    age(&site, &left, 7).await;
    age(&site, &fresh, 5).await;
    // Long after an abandoned upload would be gone.
    age(&site, &thrown, 24 * 30).await;
    age(&site, &empty, 7).await;
    site.send("DELETE", &format!("/v1/transcripts/{thrown}"), &json!({})).await;

    let _worker = site.workshop.worker();
    site.workshop.until_stage(left.parse().unwrap(), Stage::Ingest, StageStatus::Done).await;
    assert_eq!(state(&site, &left).await["total_chunks"], 3, "the gap counts");
    let status = async |id: &str| site.json(&format!("/v1/transcripts/{id}")).await.1["status"].clone();
    assert_eq!(status(&fresh).await, "recording", "somebody may be pausing");
    assert_eq!(status(&empty).await, "idle");
    assert_eq!(site.send("POST", &format!("/v1/transcripts/{thrown}/restore"), &json!({})).await.0, 200);
    assert_eq!(status(&thrown).await, "recording");
    assert_eq!(state(&site, &thrown).await["received"], json!([0]), "nothing of it is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_recordings_are_offered_to_whom_they_belong_and_finished_without_script() {
    let site = Site::new().await;
    let id = live(&site, "Board <meeting>").await;
    assert_eq!(piece(&site, &id, 0, "&seconds=751.2", b"sound").await.0, 200);
    let (_, start) = site.page("/").await;
    let offered = format!("action=\"/transcripts/{id}/finish\"");
    assert!(!start.contains(&offered), "nothing has interrupted it: {start}");
    assert!(start.contains(" hidden data-busy>"), "it is looked after: {start}");
    age(&site, &id, 1).await;
    let (_, start) = site.page("/").await;
    for part in [
        "A recording of 12:31 min was interrupted",
        "Board &#60;meeting&#62;",
        &offered,
        &format!("/record?resume={id}"),
        &format!("action=\"/transcripts/{id}/delete\""),
    ] {
        assert!(start.contains(part), "{part}: {start}");
    }
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(page.contains("This is being recorded") && page.contains("Finish it or go on"), "{page}");
    let (status, page) = site.page(&format!("/record?resume={id}")).await;
    assert!(status == 200 && page.contains("12:31 min are kept"), "{page}");
    let to = format!("/transcripts/{id}");
    assert_eq!(site.form(&format!("{to}/finish"), "").await, (303, to.clone()));
    assert_eq!(site.json(&format!("/v1{to}")).await.1["status"], "uploaded");
    assert!(!site.page("/").await.1.contains("was interrupted</strong><br><span data-name>“Board"));
    let answer = site.get(&format!("/record?resume={id}")).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (303, to.as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_of_a_public_site_records_and_finishes_and_is_not_offered_what_others_record() {
    let mut site = Site::set(|config| {
        config.auth.mode = AuthMode::Password;
        config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
        config.auth.public_mode = true;
    })
    .await;
    // One browser sends all of it.
    let mut headers = HeaderMap::new();
    headers.insert("x-upload-token", HeaderValue::from_static("0123456789abcdef0123456789abcdef"));
    site.client = reqwest::Client::builder().default_headers(headers).build().unwrap();
    let id = live(&site, "A visitor’s").await;
    for number in 0..2 {
        assert_eq!(piece(&site, &id, number, "", b"sound").await.0, 200, "piece {number}");
    }
    assert!(!site.page("/").await.1.contains("A visitor’s”</span>"), "their own browser knows it");
    assert_eq!(finish(&site, &id, json!({})).await.0, 200);
    assert_eq!(piece(&site, &id, 2, "", b"more").await.0, 403, "it is over");
}

/// The start page's form with these files, as a browser without script sends it.
async fn form(site: &Site, files: &[(&str, &[u8])]) -> (u16, String, String) {
    let mut fields: Vec<(&str, Option<&str>, &[u8])> = vec![("title", None, b"Board")];
    fields.extend(files.iter().map(|(name, bytes)| ("file", Some(*name), *bytes)));
    let (kind, body) = multipart(&fields);
    let request = site.client.post(site.url("/upload")).header("content-type", kind).body(body);
    let answer = request.send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), to, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_of_one_form_become_a_transcript_each_in_their_order() {
    let site = Site::new().await;
    let (status, to, _) = form(&site, &[("one.wav", b"1"), ("two.wav", b"22"), ("three.wav", b"333")]).await;
    assert_eq!((status, to.as_str()), (303, "/transcripts"));
    let (_, list) = site.json("/v1/transcripts").await;
    let rows: Vec<(Value, Value)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].clone(), row["status"].clone()))
        .collect();
    assert_eq!(rows.len(), 3);
    // The newest first.
    for ((id, status), (name, bytes)) in
        rows.iter().rev().zip([("one.wav", 1), ("two.wav", 2), ("three.wav", 3)])
    {
        let arrived = state(&site, id.as_str().unwrap()).await;
        assert_eq!((&arrived["filename"], &arrived["received_bytes"]), (&json!(name), &json!(bytes)));
        assert_eq!(status, "uploaded");
    }
    let (status, to, _) = form(&site, &[("four.wav", b"4")]).await;
    assert!(status == 303 && to.starts_with("/transcripts/"), "one leads to its own page: {to}");
    let (status, _, page) = form(&site, &[("", b"")]).await;
    assert!(status == 400 && page.contains("Choose a recording first"), "{page}");
}
