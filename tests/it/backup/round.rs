//! There and back again: every row and every object.

use std::os::unix::fs::PermissionsExt;

use reflector::clock;
use reflector::model::participant;
use reflector::model::transcript::{self, Patch};
use reflector::storage::Storage;

use super::places::{Place, State, names, reflector, secret_file};
use crate::support::garage::Garage;
use crate::support::postgres;
use crate::support::workshop::{Workshop, two_people};

#[tokio::test(flavor = "multi_thread")]
async fn all_comes_back_from_an_encrypted_archive_and_unfinished_work_goes_on() {
    let workshop = Workshop::new().await;
    let id = workshop.upload(&two_people()).await;
    let worker = workshop.worker();
    workshop.until_ended(id).await;
    assert!(worker.stop().success());
    let mut conn = workshop.conn().await;
    let edit = Patch { title: Some(Some("A person's title".into())), ..Default::default() };
    transcript::patch(&mut conn, id, &edit).await.expect("an edit");
    participant::name_speakers(&mut conn, id, &[(0, "Dessa".into())], None).await.expect("a name");
    let deleted = workshop.upload(&two_people()).await;
    transcript::delete(&mut conn, deleted, clock::now()).await.expect("deleted");
    // Nobody works on this one until it was restored.
    let waiting = workshop.upload(&two_people()).await;
    drop(conn);

    let before = State::of(&workshop.url, &Storage::local(&workshop.storage).unwrap()).await;
    assert!(before.rows("segment") > 0 && before.rows("topic") > 0 && before.rows("participant") == 1);
    assert!(before.tables["graphile_worker._private_jobs"].0 > 0 && before.objects.len() >= 7);

    let dir = tempfile::tempdir().unwrap();
    let passphrase = secret_file(&dir.path().join("passphrase"), "correct horse battery\n");
    let keys = dir.path().join("keys");
    std::fs::create_dir_all(keys.join("ca")).unwrap();
    secret_file(&keys.join("redis-password"), "swordfish");
    secret_file(&keys.join("ca/root.key"), "PRIVATE");
    let settings = secret_file(&dir.path().join("reflector.toml"), "[llm]\napi_key = \"sk-1\"\n");
    let (folder, keys) = (format!("{}/archives/", dir.path().display()), keys.display().to_string());
    let arguments = [
        "backup",
        "--to",
        &folder,
        "--passphrase-file",
        &passphrase,
        "--keys",
        &keys,
        "--settings",
        &settings,
        "--keep",
        "1",
    ];
    let config = workshop.config();
    let said = reflector(&workshop.url, &config.storage, &arguments, &[]).good();
    assert!(said.contains("read back"), "{said}");
    let [name] = &names(folder.as_ref())[..] else { panic!("{:?}", names(folder.as_ref())) };
    let archive = format!("{folder}{name}");
    assert!(name.starts_with("reflector-") && name.ends_with(".tar.zst.age"), "{name}");
    assert_eq!(std::fs::metadata(&archive).unwrap().permissions().mode() & 0o777, 0o600);

    let place = Place::empty().await;
    let back = place.path("settings").display().to_string();
    let said = place
        .reflector(&["restore", &archive, "--passphrase-file", &passphrase, "--to-settings", &back])
        .good();
    assert!(said.contains("restored and compared"), "{said}");
    assert_eq!(place.state().await, before);
    for (file, text) in [("keys/keys/redis-password", "swordfish"), ("keys/keys/ca/root.key", "PRIVATE")] {
        let path = place.path("settings").join(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(place.path("settings/settings/reflector.toml").is_file());

    // A second backup takes the first one's place: the time in its name has seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let said = reflector(&workshop.url, &config.storage, &arguments, &[]).good();
    assert!(said.contains(&format!("removed {name}")), "{said}");
    assert_eq!(names(folder.as_ref()).len(), 1);

    let restored = Workshop::on(&place.database.url).storing_in(&place.storage.dir);
    let _worker = restored.worker();
    restored.until_ended(waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_comes_back_to_garage_and_whoever_lost_it_there() {
    let garage = Garage::start();
    let workshop = Workshop::new().await;
    workshop.upload(&two_people()).await;
    let source = Place::empty().await.in_bucket(garage.config());
    // The upload's parts go where this place keeps them.
    let local = Storage::local(&workshop.storage).unwrap();
    for key in local.list("").await.unwrap() {
        let (size, stream) = local.get_sized(&key).await.unwrap();
        assert_eq!(source.store().put_stream(&key, stream).await.unwrap(), size);
    }
    let before = State::of(&workshop.url, &source.store()).await;
    assert_eq!(before.objects.len(), 2);
    let archive = source.path("all.tar.zst").display().to_string();
    reflector(&workshop.url, &source.storage, &["backup", "--to", &archive], &[]).good();

    for key in source.store().list("").await.unwrap() {
        source.store().delete(&key).await.unwrap();
    }
    source.reflector(&["restore", &archive]).good();
    assert_eq!(source.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_comes_back_from_a_restic_repository() {
    let workshop = Workshop::new().await;
    workshop.upload(&two_people()).await;
    let before = State::of(&workshop.url, &Storage::local(&workshop.storage).unwrap()).await;
    let place = Place::empty().await;
    let password = secret_file(&place.path("password"), "correct horse battery");
    let repository = place.path("repository").display().to_string();
    let options = ["--restic", &repository, "--restic-password-file", &password];
    let config = workshop.config();
    let backup = [&["backup"], &options[..], &["--keep", "1"]].concat();

    let refused = reflector(&workshop.url, &config.storage, &backup, &[]);
    refused.refused(&["restic init"]);
    let init = std::process::Command::new("restic")
        .args(["--repo", &repository, "--password-file", &password, "init", "--quiet"])
        .status()
        .expect("restic is missing: run `make setup`");
    assert!(init.success());
    for _ in 0..2 {
        let said = reflector(&workshop.url, &config.storage, &backup, &[]).good();
        assert!(said.contains("snapshot") && said.contains("read back"), "{said}");
    }
    let snapshots = std::process::Command::new("restic")
        .args(["--repo", &repository, "--password-file", &password, "snapshots", "--json"])
        .output()
        .unwrap();
    let snapshots: Vec<serde_json::Value> = serde_json::from_slice(&snapshots.stdout).unwrap();
    assert_eq!(snapshots.len(), 1, "--keep 1");

    place.reflector(&[&["backup", "verify"], &options[..]].concat()).good();
    place.reflector(&[&["restore"], &options[..]].concat()).good();
    let mut back = place.state().await;
    // The second backup knows of the first.
    assert_eq!(back.tables.remove("public.backup_run").unwrap().0, 1);
    let mut before = before;
    before.tables.remove("public.backup_run");
    assert_eq!(back, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_not_empty_or_in_use_is_left_alone() {
    let workshop = Workshop::new().await;
    workshop.upload(&two_people()).await;
    let before = State::of(&workshop.url, &Storage::local(&workshop.storage).unwrap()).await;
    let place = Place::empty().await;
    let archive = place.path("all.tar.zst").display().to_string();
    reflector(&workshop.url, &workshop.config().storage, &["backup", "--to", &archive], &[]).good();
    reflector(&workshop.url, &workshop.config().storage, &["backup", "--to", &archive], &[])
        .refused(&["is there already"]);

    // Tables without rows are empty enough; other people's recordings are not.
    place.reflector(&["migrate"]).good();
    let other = Workshop::on(&place.database.url).storing_in(&place.storage.dir);
    other.upload(&two_people()).await;
    other.upload(&two_people()).await;
    place.reflector(&["restore", &archive]).refused(&["in use by"]);
    drop(other);
    let theirs = place.state().await;
    let refused = place.reflector(&["restore", &archive]);
    refused.refused(&["2 rows in public.transcript", "4 objects in the storage", "--force"]);
    assert_eq!(place.state().await, theirs);

    let said = place.reflector(&["restore", &archive, "--force"]).good();
    assert!(said.contains("4 objects that are not in the archive were removed"), "{said}");
    assert_eq!(place.state().await, before);
    // And once more, as after an interruption.
    place.reflector(&["restore", &archive, "--force"]).good();
    assert_eq!(place.state().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_an_older_version_is_brought_up_to_this_one() {
    let database = postgres::fresh().await;
    let place = Place::empty().await;
    let step = reflector::db::migrate::down(&database.url).await.unwrap().expect("a step");
    let archive = place.path("old.tar.zst").display().to_string();
    let ran = reflector(&database.url, &place.storage, &["backup", "--to", &archive], &[]);
    assert!(ran.code == Some(0) || ran.error.contains("is complete, but could not be noted"), "{ran:?}");
    let said = place.reflector(&["restore", &archive]).good();
    assert!(said.contains(&format!("brought up to this version: {step}")), "{said}");
    assert!(reflector::db::migrate::is_current(&place.database.url).await.unwrap());
}
