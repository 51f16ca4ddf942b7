//! What happens to the system while it is being backed up, and what watches it afterwards.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use diesel::ExpressionMethods;
use reflector::db::schema::recording;
use reflector::model::backup as noted;
use reflector::ops::backup::{
    BackupOptions, Destination, Key, Lock, RestoreOptions, Source, Watch, backup, freshness, restore,
};
use reflector::storage::{Storage, StorageKey};

use super::places::{Place, State, names, reflector};
use crate::support::site::Site;
use crate::support::workshop::{Workshop, two_people};

/// Does something once the database was dumped and before the first object is read.
struct Meddler(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Watch for Meddler {
    fn phase(&self, what: &str, _total: Option<u64>) {
        if what == "objects"
            && let Some(meddle) = self.0.lock().unwrap().take()
        {
            meddle();
        }
    }

    fn say(&self, _line: &str) {}
}

fn options(to: PathBuf) -> BackupOptions {
    BackupOptions {
        to: Destination::File(to),
        lock: Lock::Open,
        settings: Vec::new(),
        keys: Vec::new(),
        keep: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_or_deleted_meanwhile_makes_no_archive_inconsistent() {
    let workshop = std::sync::Arc::new(Workshop::new().await);
    let stays = workshop.upload(&two_people()).await;
    let goes = workshop.upload(&two_people()).await;
    let place = Place::empty().await;
    let archive = place.path("all.tar.zst");
    let runtime = tokio::runtime::Handle::current();

    let (during, inner) = (workshop.clone(), runtime.clone());
    let meddle = move || {
        inner.block_on(async {
            let storage = Storage::local(&during.storage).unwrap();
            let recording = during.transcript(goes).await.recording_id.unwrap();
            for part in 0..2 {
                storage.delete(&StorageKey::UploadPart { recording, part }).await.unwrap();
            }
            let mut conn = during.conn().await;
            let deletion = diesel::delete(recording::table).filter(recording::id.eq(recording));
            diesel_async::RunQueryDsl::execute(deletion, &mut conn).await.unwrap();
            drop(conn);
            during.upload(&two_people()).await;
        });
    };
    let (config, to) = (workshop.config(), archive.clone());
    let report = tokio::task::spawn_blocking(move || {
        backup(&runtime, &config, &options(to), &Meddler(Mutex::new(Some(Box::new(meddle)))))
    })
    .await
    .unwrap()
    .unwrap();
    assert_eq!(report.manifest.gone.len(), 2, "{:?}", report.manifest.gone);
    assert!(report.manifest.missing.is_empty(), "{:?}", report.manifest.missing);
    assert_eq!(report.manifest.tables["public.transcript"], 2, "as it was at the snapshot");
    assert_eq!(report.manifest.objects(), 2);

    place.reflector(&["restore", &archive.display().to_string()]).good();
    let state = place.state().await;
    let kept = workshop.transcript(stays).await.recording_id.unwrap();
    assert_eq!((state.rows("transcript"), state.rows("upload_part")), (2, 4));
    assert!(state.objects.keys().all(|key| key.contains(&kept.to_string())), "{state:?}");
}

/// Asks for an end once so many entries went by in a phase.
struct Impatient {
    phase: &'static str,
    left: AtomicI64,
    there: AtomicBool,
}

impl Impatient {
    fn new(phase: &'static str, entries: i64) -> Self {
        Self { phase, left: entries.into(), there: false.into() }
    }
}

impl Watch for Impatient {
    fn phase(&self, what: &str, _total: Option<u64>) {
        self.there.store(what == self.phase, Ordering::SeqCst);
    }

    fn step(&self) {
        if self.there.load(Ordering::SeqCst) {
            self.left.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn say(&self, _line: &str) {}

    fn stopped(&self) -> bool {
        self.left.load(Ordering::SeqCst) <= 0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_told_to_stop_leaves_nothing_and_a_restore_starts_again() {
    let workshop = Workshop::new().await;
    workshop.upload(&two_people()).await;
    let before = State::of(&workshop.url, &Storage::local(&workshop.storage).unwrap()).await;
    let place = Place::empty().await;
    let archives = place.path("archives");
    let runtime = tokio::runtime::Handle::current();

    let (config, handle, to) = (workshop.config(), runtime.clone(), archives.join("all.tar.zst"));
    std::fs::create_dir(&archives).unwrap();
    let stopped = tokio::task::spawn_blocking(move || {
        backup(&handle, &config, &options(to), &Impatient::new("objects", 1))
    });
    let error = format!("{:#}", stopped.await.unwrap().unwrap_err());
    assert!(error.contains("nothing is left of it") && error.contains("stopped"), "{error}");
    assert!(names(&archives).is_empty());

    let archive = archives.join("all.tar.zst");
    let arguments = ["backup", "--to", archive.to_str().unwrap()];
    reflector(&workshop.url, &workshop.config().storage, &arguments, &[]).good();
    let entries = 4; // The database's and the first object, not the second.
    let (mut config, from) = (workshop.config(), Source::File(archive.clone()));
    config.database.url.clone_from(&place.database.url);
    config.storage.clone_from(&place.storage);
    let stopped = tokio::task::spawn_blocking(move || {
        let options = RestoreOptions { from, key: Key::None, to_settings: None, force: false };
        restore(&runtime, &config, &options, &Impatient::new("restoring", entries))
    });
    let error = format!("{:#}", stopped.await.unwrap().unwrap_err());
    assert!(error.contains("start again with --force"), "{error}");
    assert_ne!(place.state().await, before);

    place.reflector(&["restore", archive.to_str().unwrap()]).refused(&["not empty"]);
    place.reflector(&["restore", archive.to_str().unwrap(), "--force"]).good();
    assert_eq!(place.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_objects_are_told_and_older_backups_stay_since_they_may_have_them() {
    let workshop = Workshop::new().await;
    let id = workshop.upload(&two_people()).await;
    let place = Place::empty().await;
    let to = format!("{}/", place.path("archives").display());
    let arguments = ["backup", "--to", &to, "--keep", "1"];
    reflector(&workshop.url, &workshop.config().storage, &arguments, &[]).good();
    let recording = workshop.transcript(id).await.recording_id.unwrap();
    let key = StorageKey::UploadPart { recording, part: 1 };
    Storage::local(&workshop.storage).unwrap().delete(&key).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    reflector(&workshop.url, &workshop.config().storage, &arguments, &[]).refused(&[
        "1 objects",
        &key.to_string(),
        "no older backup was removed",
    ]);
    assert_eq!(names(to.as_ref()).len(), 2);
    assert!(freshness(&workshop.url).await.unwrap_err().to_string().contains("missing in the storage"));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_doctor_know_the_last_backup() {
    let site = Site::new().await;
    let name = "reflector_backup_last_success_timestamp_seconds";
    let url = site.workshop.url.clone();
    assert!(freshness(&url).await.unwrap().contains("none yet"));

    let place = Place::empty().await;
    let archive = place.path("all.tar.zst").display().to_string();
    reflector(&url, &site.workshop.config().storage, &["backup", "--to", &archive], &[]).good();
    let (_, text) = site.page("/metrics").await;
    let line = text.lines().find(|line| line.starts_with(name)).expect("the age of the last backup");
    let time: f64 = line.split_whitespace().next_back().unwrap().parse().unwrap();
    assert!((reflector::clock::now().timestamp() as f64 - time).abs() < 120.0, "{line}");
    assert!(freshness(&url).await.unwrap().contains("0 hours ago"));
    let last = noted::last(&mut *site.workshop.conn().await).await.unwrap().expect("a row");
    assert_eq!(last.size_bytes, std::fs::metadata(&archive).unwrap().len() as i64);
}
