//! How the installation does, as everybody may see it: the queue, the models, the storage.

use chrono::{SubsecRound, TimeDelta};
use diesel_async::{AsyncConnection, RunQueryDsl};
use reflector::clock;
use reflector::db::schema::transcript;
use reflector::ids::{TranscriptId, UserId};
use reflector::jobs;
use reflector::model::engine::{self, EngineState};
use reflector::model::stage::{self, Stage};
use reflector::model::transcript as transcripts;
use reflector::model::{ShareMode, recording};

use crate::support::accounts::{ADA, BOB, ROOT, Visitor, by_password, give, guarded, person};
use crate::support::site::Site;

/// One whose first stage waits for a worker, of a recording of so many seconds.
pub async fn queued(site: &Site, name: &str, owner: Option<UserId>, seconds: f64) -> TranscriptId {
    let id = site.create(name).await;
    let mut conn = site.workshop.conn().await;
    recording::begin(&mut conn, id, name, "audio/wav", 1).await.unwrap();
    transcripts::set_duration(&mut conn, id, seconds * 1000.0).await.unwrap();
    let plain: &mut diesel_async::AsyncPgConnection = &mut conn;
    plain.transaction(async |conn| jobs::start(conn, id).await).await.unwrap().unwrap();
    drop(conn);
    give(site, id, owner, ShareMode::Private).await;
    id
}

/// Places of these words in a page, which must all be there.
fn in_order(page: &str, words: &[&str]) {
    let mut from = 0;
    for word in words {
        let at = page[from..].find(word).unwrap_or_else(|| panic!("{word} after {from}: {page}"));
        from += at;
    }
}

/// What a worker for speech notes that has its model in memory.
pub fn at_work() -> EngineState {
    EngineState {
        worker: "host-7:4711".into(),
        model: "whisper-tiny.en".into(),
        device: Some("cpu".into()),
        numbers: Some("bf16".into()),
        loaded: true,
        failure: None,
        memory_bytes: 1_200_000_000,
        // As exactly as the database keeps it.
        seen_at: clock::now().trunc_subsecs(6),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_says_ones_place_and_the_time_left_and_nothing_of_what_others_have() {
    let site = guarded().await;
    let (ada, bob) = (person(&site, ADA, false).await, person(&site, BOB, false).await);
    person(&site, ROOT, true).await;
    queued(&site, "His secret.wav", Some(bob.id), 3600.0).await;
    queued(&site, "Her talk.wav", Some(ada.id), 60.0).await;
    queued(&site, "His other.wav", Some(bob.id), 60.0).await;
    let (ada, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);

    let (status, page) = ada.page("/queue").await;
    assert_eq!(status, 200);
    in_order(&page, &["Your queue", "Her talk.wav", "left</strong>", "2nd in line"]);
    assert!(
        !page.contains("His ") && page.contains("2 recordings of others are in the queue, too."),
        "{page}"
    );
    let (_, page) = root.page("/queue").await;
    in_order(
        &page,
        &[
            "A recording of bob@example.org",
            "Next in line",
            "A recording of ada@example.org",
            "2nd in line",
            "A recording of bob@example.org",
            "3rd in line",
        ],
    );
    assert!(!page.contains("secret") && !page.contains("talk.wav"), "{page}");
    assert_eq!(Visitor::nobody(&site).page("/queue").await.0, 303);

    // What comes before is counted in: an hour of speech before a minute's.
    let minutes = |page: &str, title: &str| -> f64 {
        let after = &page[page.find(title).unwrap()..];
        let said = after.split("<strong>about ").nth(1).unwrap().split(' ').take(2).collect::<Vec<_>>();
        let number: f64 = said[0].parse().unwrap();
        if said[1] == "h" { number * 60.0 } else { number }
    };
    let hers = minutes(&ada.page("/queue").await.1, "Her talk.wav");
    assert!((15.0..40.0).contains(&hers), "{hers} minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_stands_first_with_its_progress_and_an_empty_queue_says_so() {
    let site = Site::new().await;
    assert!(site.page("/queue").await.1.contains("Nothing waits"));
    let waiting = queued(&site, "waiting.wav", None, 60.0).await;
    let running = queued(&site, "running.wav", None, 60.0).await;
    let mut conn = site.workshop.conn().await;
    let begun = stage::begin(&mut conn, running, 1, Stage::Ingest, "by hand", clock::now()).await.unwrap();
    let stage::Begun::Start { attempt, .. } = begun else { panic!("it does not start") };
    stage::progress(&mut conn, &attempt, 0.5, None).await.unwrap();
    // As a worker does that has taken it.
    diesel::sql_query(
        "UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'test', attempts = 1 WHERE key LIKE $1",
    )
    .bind::<diesel::sql_types::Text, _>(format!("%{running}%"))
    .execute(&mut conn)
    .await
    .unwrap();
    let (_, page) = site.page("/queue").await;
    in_order(&page, &["running.wav", "Preparing the audio", "Working", "waiting.wav", "Next in line"]);
    assert!(page.contains("data-busy") && page.contains(&format!("href=\"/transcripts/{waiting}\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_listed_with_licence_and_size_and_what_the_workers_have_in_memory() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    person(&site, ROOT, true).await;
    let (ada, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);
    let (status, page) = ada.page("/models").await;
    assert_eq!(status, 200);
    assert!(page.contains("No worker for speech runs"), "{page}");
    assert!(page.contains("whisper-large-v3") && page.contains("MIT") && page.contains("In use"), "{page}");
    assert!(page.contains("topics, title and summary are extracted"));
    let state = at_work();
    let now = state.seen_at;
    let mut conn = site.workshop.conn().await;
    engine::note(&mut conn, &state).await.unwrap();
    let (_, page) = root.page("/models").await;
    for part in ["whisper-tiny.en", "In memory", "cpu", "bf16", "1.2 GB of memory", "host-7:4711"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!ada.page("/models").await.1.contains("host-7"), "machines are the administrators' to know");
    let failed = EngineState { loaded: false, failure: Some("no memory".into()), ..state.clone() };
    engine::note(&mut conn, &failed).await.unwrap();
    let (_, page) = ada.page("/models").await;
    assert!(page.contains("Failed to load") && page.contains("No memory."), "{page}");
    // A process that was not heard of for a minute has ended, and the next that is heard forgets it.
    let old = EngineState { seen_at: now - TimeDelta::seconds(120), ..state.clone() };
    engine::note(&mut conn, &old).await.unwrap();
    assert!(ada.page("/models").await.1.contains("No worker for speech runs"));
    let other = EngineState { worker: "other:1".into(), ..state };
    engine::note(&mut conn, &other).await.unwrap();
    assert_eq!(engine::list(&mut conn, now - TimeDelta::seconds(120)).await.unwrap(), [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_for_speech_says_what_it_has_in_memory() {
    let site = Site::working().await;
    let begun = std::time::Instant::now();
    loop {
        let mut conn = site.workshop.conn().await;
        let found = engine::list(&mut conn, clock::now()).await.unwrap();
        if let [one] = found.as_slice() {
            assert!(one.memory_bytes > 1_000_000 && !one.loaded && one.device.is_none(), "{one:?}");
            assert!(one.worker.ends_with(&format!(":{}", std::process::id())));
            break;
        }
        assert!(begun.elapsed().as_secs() < 60, "no row: {found:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(site.page("/models").await.1.contains("Loaded when needed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_counted_by_person_with_what_lies_in_the_trash() {
    let site = guarded().await;
    let (ada, bob) = (person(&site, ADA, false).await, person(&site, BOB, false).await);
    person(&site, ROOT, true).await;
    let mut conn = site.workshop.conn().await;
    for (name, owner, bytes) in [("a", ada.id, 3_000_000), ("b", ada.id, 2_000_000), ("c", bob.id, 7_000_000)]
    {
        let id = site.create(name).await;
        let upload = recording::begin(&mut conn, id, name, "audio/wav", 1).await.unwrap();
        recording::record_part(&mut conn, upload.id, 0, bytes, &"0".repeat(64), clock::now()).await.unwrap();
        give(&site, id, Some(owner), ShareMode::Private).await;
        if name == "b" {
            transcripts::delete(&mut conn, id, clock::now()).await.unwrap();
        } else {
            // 100 s: an mp3 of 0.8 MB, and 3.2 MB of samples.
            transcripts::set_duration(&mut conn, id, 100_000.0).await.unwrap();
        }
    }
    let (ada, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);
    let (status, page) = ada.page("/storage").await;
    assert_eq!(status, 200);
    in_order(&page, &["Used by you", "Transcripts", ">2<", "5.0 MB", "about 4.0 MB", "2.0 MB"]);
    assert!(!page.contains("bob@") && !page.contains("Room on this machine"), "{page}");
    let (_, page) = root.page("/storage").await;
    in_order(
        &page,
        &[
            "Used by everybody",
            "12.0 MB",
            "Room on this machine",
            "free of",
            "bob@example.org",
            "11.0 MB",
            "ada@example.org",
            "9.0 MB",
            "2.0 MB of it in the trash",
        ],
    );
    assert_eq!(Visitor::nobody(&site).page("/storage").await.0, 303);
    diesel::delete(transcript::table).execute(&mut conn).await.unwrap();
    assert!(root.page("/storage").await.1.contains("Nobody keeps anything yet."));
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_of_a_public_site_are_led_to_the_login_where_one_is_needed() {
    let site = Site::set(|config| {
        by_password(config);
        config.auth.public_mode = true;
    })
    .await;
    for path in ["/queue", "/models", "/storage"] {
        let (status, page) = site.page(path).await;
        assert_eq!(status, 401, "{path}");
        assert!(
            page.contains("Please log in") && page.contains("<a class=\"button main\" href=\"/login\">"),
            "{page}"
        );
    }
}
