//! A database that goes away in the middle, and disks without room.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use reflector::db::migrate;
use reflector::db::private::{PrivateOptions, PrivatePostgres};
use reflector::model::recording;
use reflector::model::stage::{Stage, StageStatus};
use reflector::model::transcript::Status;
use reflector::queue;
use reflector::storage::{Storage, StorageKey};

use crate::support::media::Media;
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
async fn postgresql_restarts_in_the_middle_and_the_work_goes_on() {
    let dir = tempfile::Builder::new().prefix("reflector-restart-").tempdir_in("/tmp").expect("a folder");
    let (server, url) = server(dir.path()).await;
    let workshop = Workshop::on(&url);
    let worker = workshop.worker();
    let id = workshop.upload(&two_people()).await;
    workshop.until_stage(id, Stage::Transcribe, StageStatus::Running).await;
    let server =
        tokio::task::spawn_blocking(move || server.restart()).await.expect("a thread").expect("it restarts");
    workshop.until_ended(id).await;
    drop(worker);
    drop(workshop);
    server.stop().expect("PostgreSQL stops");
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

async fn upload_is_kept(workshop: &Workshop, recording: reflector::ids::RecordingId) {
    let storage = Storage::local(&workshop.storage).expect("the store");
    for part in recording::parts(&mut *workshop.conn().await, recording).await.expect("the parts") {
        let key = StorageKey::UploadPart { recording, part: part.part.unsigned_abs() };
        let size = storage.size(&key).await.expect("the store answers");
        assert_eq!(size, Some(part.size.unsigned_abs()), "part {}", part.part);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_database_is_waited_out() {
    let disk = SmallDisk::of(300);
    let (server, url) = server(disk.path()).await;
    let workshop = Workshop::on(&url);
    let id = workshop.upload(&two_people()).await;
    let ballast = disk.path().join("ballast");
    fill(&ballast);
    let worker = workshop.worker();
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    std::fs::remove_file(&ballast).expect("room again");
    workshop.until_ended(id).await;
    drop(worker);
    drop(workshop);
    server.stop().expect("PostgreSQL stops");
}

/// Writes until nothing more fits.
fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    let block = vec![0; 64 * 1024];
    while file.write_all(&block).is_ok() {}
}
