//! A database that goes away in the middle, and disks without room.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use reflector::db::migrate;
use reflector::db::private::{PrivateOptions, PrivatePostgres};
use reflector::model::recording;
use reflector::model::stage::{Stage, StageStatus};
use reflector::model::transcript::Status;
use reflector::queue;
use reflector::storage::{Storage, StorageKey};
use serde_json::json;

use super::crashes::history;
use crate::support::media::Media;
use crate::support::site::{Site, multipart};
use crate::support::small_disk::SmallDisk;
use crate::support::workshop::{Workshop, two_people};

/// A PostgreSQL of the test's own, in a folder that its account can reach.
async fn server(dir: &Path) -> (PrivatePostgres, String) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).expect("an open folder");
    let dir = reflector::db::private::place(&dir.join("postgres")).expect("a folder for PostgreSQL");
    let options = PrivateOptions { dir, durable: false, max_connections: 60 };
    let server = tokio::task::spawn_blocking(|| PrivatePostgres::start(options))
        .await
        .expect("a thread")
        .expect("PostgreSQL starts");
    let url = server.url(PrivatePostgres::DATABASE);
    migrate::up(&url).await.expect("the migrations run");
    queue::init(&url).await.expect("the queue's tables");
    (server, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_restarts_in_the_middle_and_the_work_goes_on_from_there() {
    let dir = tempfile::Builder::new().prefix("reflector-restart-").tempdir_in("/tmp").expect("a folder");
    let (server, url) = server(dir.path()).await;
    let workshop = Workshop::on(&url);
    let worker = workshop.worker();
    let id = workshop.upload(&two_people()).await;
    workshop.until_stage(id, Stage::Transcribe, StageStatus::Running).await;
    let server =
        tokio::task::spawn_blocking(move || server.restart()).await.expect("a thread").expect("it restarts");
    workshop.until_ended(id).await;
    let history = history(&workshop, id).await;
    for stage in Stage::ALL {
        assert_eq!(history.get(&(*stage, "done".to_owned())), Some(&1), "{stage}: {history:?}");
    }
    let ingest: i64 = history.iter().filter(|((stage, _), _)| *stage == Stage::Ingest).map(|(_, n)| n).sum();
    assert_eq!(ingest, 1, "what was done before is not begun again: {history:?}");
    drop(worker);
    drop(workshop);
    server.stop().expect("PostgreSQL stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_into_a_full_store_is_refused_in_plain_words_and_goes_up_once_there_is_room() {
    let disk = SmallDisk::new();
    let site = Site::on(Workshop::new().await.storing_in(disk.path())).await;
    let id = site.create("talk").await.to_string();
    let ballast = disk.path().join("ballast");
    fill(&ballast);
    let sound = vec![7_u8; 100_000];
    let (status, refused) = site.chunk(&id, 0, 1, &sound).await;
    assert_eq!(status, 507, "{refused}");
    let detail = refused["detail"].as_str().expect("a reason");
    assert!(detail.contains("no room left on the disk"), "{detail}");
    let arrived = site.json(&format!("/v1/transcripts/{id}/record/upload")).await.1;
    assert_eq!((&arrived["complete"], &arrived["received_bytes"]), (&json!(false), &json!(0)), "{arrived}");
    let (kind, form) = multipart(&[("file", Some("talk.wav"), &sound)]);
    let form = site.client.post(site.url("/upload")).header("content-type", kind).body(form);
    let answer = form.send().await.expect("an answer");
    assert_eq!(answer.status(), 507);
    let page = answer.text().await.expect("its text");
    assert!(page.contains("The disk is full") && page.contains("free some space and try again"), "{page}");
    assert_eq!(site.json("/v1/transcripts").await.1["total"], 1, "nothing is left of the form");

    std::fs::remove_file(&ballast).expect("room again");
    let (status, taken) = site.chunk(&id, 0, 1, &sound).await;
    assert_eq!(status, 200, "{taken}");
    assert_eq!(site.json(&format!("/v1/transcripts/{id}")).await.1["status"], "uploaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_is_said_in_plain_words_and_costs_nothing_but_a_second_try() {
    let disk = SmallDisk::new();
    let workshop = Workshop::new().await.storing_in(disk.path());
    let media = Media::new();
    // 60 s as MP3 fit, their PCM (1.9 MB) beside it does not.
    let id = workshop.upload(&media.tone(60, "-b:a 64k", "tone.mp3")).await;
    let _worker = workshop.worker();
    let over = workshop.until_over(id).await;
    assert_eq!(over.status, Status::Error);
    let error = workshop.stage(id, Stage::Ingest).await.error.expect("a reason");
    assert!(error.contains("no room"), "{error}");
    upload_is_kept(&workshop, over.recording_id.expect("a recording")).await;

    disk.grow(64);
    workshop.reprocess(id, None).await;
    workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
}

/// All of what was uploaded is there still.
pub(super) async fn upload_is_kept(workshop: &Workshop, recording: reflector::ids::RecordingId) {
    let storage = Storage::local(&workshop.storage).expect("the store");
    for part in recording::parts(&mut *workshop.conn().await, recording).await.expect("the parts") {
        let key = StorageKey::UploadPart { recording, part: part.part.unsigned_abs() };
        let size = storage.size(&key).await.expect("the store answers");
        assert_eq!(size, Some(part.size.unsigned_abs()), "part {}", part.part);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_database_is_said_in_plain_words_and_waited_out() {
    let disk = SmallDisk::of(300);
    let (server, url) = server(disk.path()).await;
    let site = Site::on(Workshop::on(&url)).await;
    let workshop = &site.workshop;
    let id = workshop.upload(&two_people()).await;
    let ballast = disk.path().join("ballast");
    fill(&ballast);
    // The first row of a table needs room on the disk.
    let people = format!("/v1/transcripts/{id}/participants");
    let (status, refused) = site.send("POST", &people, &json!({ "name": "Ada" })).await;
    assert_eq!(status, 507, "{refused}");
    assert!(refused["detail"].as_str().expect("a reason").contains("no room left on the disk"), "{refused}");
    let form = site.client.post(site.url("/rooms")).body("name=weekly");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let answer = form.send().await.expect("an answer");
    assert_eq!(answer.status(), 507);
    assert!(answer.text().await.expect("its text").contains("The disk is full"));
    assert_eq!(site.page(&format!("/transcripts/{id}")).await.0, 200, "what is there can be read");

    let worker = workshop.worker();
    let patience = Instant::now();
    // PostgreSQL's code and the system's words for it: whichever comes first.
    while !["53100", "No space left on device"].iter().any(|sign| workshop.log().contains(sign)) {
        assert!(patience.elapsed() < Duration::from_secs(120), "no worker was refused:\n{}", workshop.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(workshop.transcript(id).await.status, Status::Uploaded);
    std::fs::remove_file(&ballast).expect("room again");
    workshop.until_ended(id).await;
    assert_eq!(site.send("POST", &people, &json!({ "name": "Ada" })).await.0, 200);
    drop(worker);
    drop(site);
    server.stop().expect("PostgreSQL stops");
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    let block = vec![0; 64 * 1024];
    while file.write_all(&block).is_ok() {}
}
