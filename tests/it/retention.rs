//! What is deleted by itself: nobody's recordings on a public site, and the trash.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use reflector::clock;
use reflector::config::{AuthMode, Config};
use reflector::db::Pool;
use reflector::ids::TranscriptId;
use reflector::jobs::{Keep, call_for_ever, expire, remove_ownerless};
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::{audit, recording, user};
use reflector::storage::StorageKey;
use reflector::tls::Trust;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::postgres;
use crate::support::site::{Site, mp3};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn public(config: &mut Config) {
    config.auth.mode = AuthMode::Password;
    config.auth.secret_key = Some(KEY.into());
    config.auth.public_mode = true;
}

/// With a recording and sound, as if it had been made so many days ago.
async fn aged(site: &Site, name: &str, days: i64) -> TranscriptId {
    let id = NewTranscript::of_file(name);
    let id = transcript::create(&mut *site.workshop.conn().await, &id).await.unwrap().id;
    sound(site, id).await;
    set(site, id, "created_at", days).await;
    id
}

async fn sound(site: &Site, id: TranscriptId) {
    let mut conn = site.workshop.conn().await;
    let recording = recording::begin(&mut conn, id, "a.mp3", "audio/mpeg", 1).await.unwrap().id;
    let part = StorageKey::UploadPart { recording, part: 0 };
    for key in [part, StorageKey::Mp3 { transcript: id }, StorageKey::Pcm { transcript: id }] {
        site.app.storage().put_bytes(&key, mp3()).await.unwrap();
    }
}

async fn set(site: &Site, id: TranscriptId, column: &str, days: i64) {
    let at = clock::now() - TimeDelta::days(days);
    diesel::sql_query(format!("UPDATE transcript SET {column} = $1 WHERE id = $2"))
        .bind::<diesel::sql_types::Timestamptz, _>(at)
        .bind::<diesel::sql_types::Uuid, _>(id.0)
        .execute(&mut *site.workshop.conn().await)
        .await
        .unwrap();
}

async fn owned(site: &Site, id: TranscriptId) {
    let mut conn = site.workshop.conn().await;
    let ada =
        user::create_with_password(&mut conn, "ada@example.org", "x", false, clock::now()).await.unwrap();
    diesel::sql_query("UPDATE transcript SET user_id = $1 WHERE id = $2")
        .bind::<diesel::sql_types::Uuid, _>(ada.id.0)
        .bind::<diesel::sql_types::Uuid, _>(id.0)
        .execute(&mut conn)
        .await
        .unwrap();
}

async fn is_there(site: &Site, id: TranscriptId) -> bool {
    transcript::get(&*site.workshop.conn().await, id).await.unwrap().is_some()
}

async fn objects(site: &Site) -> usize {
    site.app.storage().list("").await.unwrap().len()
}

async fn expired(site: &Site) -> usize {
    let limits = Keep::of(site.app.config()).limits(clock::now());
    expire(site.app.pool(), site.app.storage(), site.app.bus(), limits).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_public_site_what_nobody_owns_goes_after_a_week_with_rows_files_and_objects() {
    let site = Site::set(public).await;
    let old = aged(&site, "old.mp3", 8).await;
    let in_trash = aged(&site, "thrown away.mp3", 8).await;
    set(&site, in_trash, "deleted_at", 1).await;
    let young = aged(&site, "young.mp3", 6).await;
    let somebodys = aged(&site, "somebody's.mp3", 400).await;
    owned(&site, somebodys).await;
    assert_eq!(objects(&site).await, 12);

    assert_eq!(expired(&site).await, 2);
    for (id, stays) in [(old, false), (in_trash, false), (young, true), (somebodys, true)] {
        assert_eq!(is_there(&site, id).await, stays);
        let recordings = recording::of(&mut *site.workshop.conn().await, id).await.unwrap();
        assert_eq!(recordings.len(), usize::from(stays));
    }
    assert_eq!(objects(&site).await, 6, "what is left belongs to the two that stay");
    assert_eq!(expired(&site).await, 0, "once is enough");
    let log = logged(&site).await;
    assert_eq!(log, BTreeSet::from([old, in_trash]), "the audit log has just what went");
}

/// What the audit log says that the program deleted by itself.
async fn logged(site: &Site) -> BTreeSet<TranscriptId> {
    let filter = audit::Filter {
        trail: audit::Trail::All,
        transcript_id: None,
        room_id: None,
        action: Some(audit::Action::Expire),
        who: None,
        from: None,
        to: None,
        page: 1,
        size: 100,
    };
    let (entries, total) = audit::list(&mut *site.workshop.conn().await, &filter).await.unwrap();
    assert_eq!(usize::try_from(total).unwrap(), entries.len());
    assert!(entries.iter().all(|entry| entry.who == "reflector" && entry.user_id.is_none()), "{entries:?}");
    entries.into_iter().filter_map(|entry| entry.transcript_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_nothing_goes_but_in_public_mode_after_days_that_somebody_set() {
    for (public_mode, public_days, goes) in
        [(false, None, false), (false, Some(7), false), (true, None, false), (true, Some(7), true)]
    {
        let site = Site::set(|config| {
            config.auth.public_mode = public_mode;
            config.retention.public_days = public_days;
        })
        .await;
        let old = aged(&site, "old.mp3", 4000).await;
        assert_eq!(expired(&site).await, usize::from(goes), "{public_mode} {public_days:?}");
        assert_eq!(is_there(&site, old).await, !goes, "{public_mode} {public_days:?}");
        let told = site.page("/").await.1.contains("deleted by itself after 7 days");
        assert_eq!(told, goes, "{public_mode} {public_days:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_is_emptied_after_the_days_that_the_settings_say_and_never_by_default() {
    let site = Site::set(|config| config.retention.trash_days = 30).await;
    assert!(!Keep::of(&Config::default()).deletes());
    let (long, lately, never) = (
        aged(&site, "long.mp3", 50).await,
        aged(&site, "lately.mp3", 50).await,
        aged(&site, "no.mp3", 50).await,
    );
    set(&site, long, "deleted_at", 31).await;
    set(&site, lately, "deleted_at", 29).await;
    assert_eq!(expired(&site).await, 1);
    assert_eq!(logged(&site).await, BTreeSet::from([long]));
    for (id, stays) in [(long, false), (lately, true), (never, true)] {
        assert_eq!(is_there(&site, id).await, stays);
    }
    assert_eq!(objects(&site).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_at_once_and_a_hundred_to_delete() {
    let site = Site::set(|config| config.retention.trash_days = 1).await;
    let mut conn = site.workshop.conn().await;
    for number in 0..150 {
        transcript::create(&mut conn, &NewTranscript::of_file(format!("{number}.mp3"))).await.unwrap();
    }
    diesel::sql_query("UPDATE transcript SET deleted_at = now() - interval '2 days'")
        .execute(&mut conn)
        .await
        .unwrap();
    let (one, other) = tokio::join!(expired(&site), expired(&site));
    assert_eq!(expired(&site).await + one + other, 150, "each was counted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_what_would_go_and_deletes_only_when_told_to() {
    let site = Site::set(public).await;
    let old = aged(&site, "from\nlast year.mp3", 365).await;
    let young = aged(&site, "from last week.mp3", 6).await;
    let run = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("retention")
            .args(arguments)
            .env("REFLECTOR_DATABASE__URL", &site.workshop.url)
            .env("REFLECTOR_STORAGE__DIR", &site.workshop.storage)
            .env("REFLECTOR_AUTH__MODE", "password")
            .env("REFLECTOR_AUTH__SECRET_KEY", KEY)
            .env("REFLECTOR_AUTH__PUBLIC_MODE", "true")
            .env("PUBLIC_DATA_RETENTION_DAYS", "30")
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        said
    };
    let shown = run(&[]);
    assert!(shown.starts_with("kept: what nobody owns 30 days; the trash for ever\n"), "{shown}");
    assert!(shown.contains(&old.to_string()) && shown.contains("fromlast year.mp3"), "{shown}");
    assert!(shown.ends_with("to be deleted: 1\n") && !shown.contains("last week"), "{shown}");
    assert!(run(&["--public-days", "5"]).ends_with("to be deleted: 2\n"));
    assert!(run(&["--public-days", "0"]).contains("what nobody owns for ever"));
    assert!(is_there(&site, old).await, "showing deletes nothing");

    assert!(run(&["--delete"]).ends_with("deleted: 1\n"));
    assert!(!is_there(&site, old).await && is_there(&site, young).await);
    assert_eq!(objects(&site).await, 3);

    // Whatever its age, at its operator's word; what somebody owns is theirs to delete.
    let somebodys = aged(&site, "somebody's.mp3", 1).await;
    owned(&site, somebodys).await;
    let all = run(&["--all"]);
    assert!(all.contains(&young.to_string()) && all.ends_with("nobody's: 1\n"), "{all}");
    assert_eq!(run(&["--remove", &young.to_string()]), format!("deleted: {young}\n"));
    assert!(!is_there(&site, young).await);
    let (pool, storage, bus) = (site.app.pool(), site.app.storage(), site.app.bus());
    assert!(!remove_ownerless(pool, storage, bus, somebodys).await.unwrap());
    assert!(is_there(&site, somebodys).await);
    assert_eq!(objects(&site).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_are_told_for_how_long_what_they_add_is_kept() {
    let told = |page: &str| page.contains("deleted after 7 days");
    let site = Site::set(public).await;
    assert!(told(&site.page("/").await.1));
    let for_ever = Site::set(|config| {
        public(config);
        config.retention.public_days = Some(0);
    });
    assert!(!told(&for_ever.await.page("/").await.1));
    assert!(!told(&Site::new().await.page("/").await.1), "nobody logs in: nothing is deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_well_calls_the_address_of_the_settings() {
    let (address, mut calls) = called().await;
    let _site = Site::working_with(|config| {
        config.telemetry.healthcheck_url = Some(format!("http://{address}/ping/1"));
    })
    .await;
    assert_eq!(call(&mut calls).await, "/ping/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_while_the_database_is_away_or_the_engine_hangs_and_again_once_they_are_back() {
    let (address, mut calls) = called().await;
    let database = postgres::fresh().await;
    let name = database.url.split("@/").nth(1).unwrap().split('?').next().unwrap();
    let (pool, url) = (Pool::new(&database.url, 1).unwrap(), format!("http://{address}/ping/2"));
    let hangs = Arc::new(AtomicBool::new(false));
    let hanging = hangs.clone();
    let stuck = move || AtomicBool::load(&hanging, Ordering::Relaxed).then_some(Duration::from_secs(700));
    let between = Duration::from_millis(20);
    let calling = tokio::spawn(call_for_ever(pool, (url, Trust::default()), between, stuck));
    assert_eq!(call(&mut calls).await, "/ping/2");
    assert_eq!(call(&mut calls).await, "/ping/2", "again and again");

    let server = postgres::server().await.url("postgres");
    let mut admin = AsyncPgConnection::establish(&server).await.unwrap();
    let away = format!(
        "ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    admin.batch_execute(&away).await.unwrap();
    silence(&mut calls).await;
    admin.batch_execute(&format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS true")).await.unwrap();
    assert_eq!(call(&mut calls).await, "/ping/2");

    hangs.store(true, Ordering::Relaxed);
    silence(&mut calls).await;
    hangs.store(false, Ordering::Relaxed);
    assert_eq!(call(&mut calls).await, "/ping/2");
    calling.abort();
}

/// No call comes, but what was on its way.
async fn silence(calls: &mut UnboundedReceiver<String>) {
    tokio::time::sleep(Duration::from_millis(400)).await;
    while calls.try_recv().is_ok() {}
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(calls.try_recv().is_err(), "it was said that all is well");
}

/// A service that is told that all is well: where it is, and the paths that are asked for.
async fn called() -> (SocketAddr, UnboundedReceiver<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (called, calls) = tokio::sync::mpsc::unbounded_channel();
    let answer = move |uri: axum::http::Uri| async move {
        // Nobody may listen any more.
        let _ = called.send(uri.path().to_owned());
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, calls)
}

async fn call(calls: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(Duration::from_secs(30), calls.recv()).await.unwrap().unwrap()
}
