//! What failed for a reason that may pass is tried again by itself: once a day, so often, and never twice at once. Days are given, not
//! waited for.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_query;
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::jobs::try_again;
use reflector::model::stage::{self, Begun, MAX_STARTS, Stage, StageStatus, Why};
use reflector::model::transcript;
use serde_json::json;

use crate::support::site::Site;

/// Noon today, and so many hours later: far from the hour at which it is done.
fn noon(hours: i64) -> DateTime<Utc> {
    let noon = clock::now().date_naive().and_hms_opt(12, 0, 0).expect("there is a noon").and_utc();
    noon + TimeDelta::hours(hours)
}

async fn again(site: &Site, times: u32, hours: i64) -> usize {
    try_again(site.app.pool(), site.app.bus(), times, noon(hours)).await.expect("the database answers")
}

/// A transcript whose title failed for that reason, so many hours after noon.
async fn failed(site: &Site, name: &str, why: &str, hours: i64) -> TranscriptId {
    let id = site.finished(name).await;
    let mut conn = site.workshop.conn().await;
    stage::restart(&mut conn, id, Stage::Title, noon(hours)).await.expect("a query").expect("it starts");
    drop(conn);
    fail(site, id, why, hours).await;
    id
}

/// Has what is queued of it fail.
async fn fail(site: &Site, id: TranscriptId, why: &str, hours: i64) {
    let mut conn = site.workshop.conn().await;
    let states = stage::list(&conn, id).await.expect("a query");
    let queued = states.iter().find(|state| state.status == StageStatus::Queued).expect("it was begun");
    let begun = stage::begin(&mut conn, id, queued.run, queued.stage, "by hand", noon(hours)).await;
    let Begun::Start { attempt, .. } = begun.expect("a query") else { panic!("it does not start") };
    let remark = Some(json!({ "id": why, "values": { "why": "the server is away", "count": 5 } }));
    let why = Why { text: "the server is away (tried 5 times)".into(), remark };
    assert!(stage::fail(&mut conn, &attempt, why, noon(hours)).await.expect("a query"));
}

async fn run(site: &Site, id: TranscriptId) -> i32 {
    transcript::get(&*site.workshop.conn().await, id).await.expect("a query").expect("it is there").run
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_once_a_day_and_so_often_and_pages_say_so() {
    let site = Site::set(|config| config.failures.retry_days = 2).await;
    let id = failed(&site, "talk.wav", "why-tried", 0).await;
    let first = run(&site, id).await;
    let said = async |wanted: &str| {
        for path in [format!("/transcripts/{id}"), "/admin/jobs".to_owned()] {
            let (_, page) = site.page(&path).await;
            assert!(page.contains(wanted), "{path}: {wanted}\n{page}");
        }
    };
    said("It is tried again by itself, once a day and 2 times at most (0 so far).").await;
    assert_eq!(again(&site, 2, 1).await, 0, "not before the next morning");

    // Whoever is first begins it; the others find it at work.
    let workers = (0..4).map(|_| again(&site, 2, 24));
    let begun: usize = futures::future::join_all(workers).await.into_iter().sum();
    assert_eq!((begun, run(&site, id).await), (1, first + 1), "one run");
    let states = stage::list(&*site.workshop.conn().await, id).await.expect("a query");
    let of = |stage: Stage| states.iter().find(|state| state.stage == stage).expect("it is there");
    assert_eq!(of(Stage::Title).status, StageStatus::Queued, "what failed");
    assert_eq!(of(Stage::Transcribe).status, StageStatus::Done, "and nothing before it");
    assert_eq!(again(&site, 2, 49).await, 0, "it is still at work");
    fail(&site, id, "why-tried", 30).await;
    assert_eq!(again(&site, 2, 31).await, 0, "once a day");
    said("once a day and 2 times at most (1 so far).").await;
    assert_eq!(again(&site, 2, 48).await, 1);
    fail(&site, id, "why-tried", 49).await;
    assert_eq!(again(&site, 2, 72).await, 0, "so often and no more");
    said("It was tried again by itself 2 times, and will not be any more.").await;
    let (_, trail) = site.json(&format!("/v1/audit?transcript_id={id}&action=process")).await;
    assert_eq!((&trail["total"], &trail["items"][0]["who"]), (&json!(2), &json!("reflector")), "{trail}");

    // A person's own try begins the count anew.
    site.workshop.reprocess(id, None).await;
    fail(&site, id, "why-tried", 73).await;
    said("2 times at most (0 so far).").await;
    assert_eq!(again(&site, 2, 96).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_pass_or_is_not_wanted_is_left_to_people() {
    let site = Site::new().await;
    let silent = failed(&site, "silent.wav", "why-no-audio", 0).await;
    let mut conn = site.workshop.conn().await;
    let deadly = site.finished("deadly.wav").await;
    let begun = stage::restart(&mut conn, deadly, Stage::Transcribe, noon(0)).await.expect("a query");
    let number = begun.expect("it starts").run;
    for start in 0..=MAX_STARTS {
        let begun = stage::begin(&mut conn, deadly, number, Stage::Transcribe, "by hand", noon(0))
            .await
            .expect("a query");
        assert_eq!(matches!(begun, Begun::GaveUp(_)), start == MAX_STARTS, "{start}: {begun:?}");
    }
    let mut others = Vec::new();
    for change in ["locked = true", "deleted_at = now()", "recording_id = NULL"] {
        let id = failed(&site, "other.wav", "why-tried", 0).await;
        sql_query(format!("UPDATE transcript SET {change} WHERE id = '{id}'"))
            .execute(&mut conn)
            .await
            .expect("an update");
        others.push(id);
    }
    let old = failed(&site, "old.wav", "why-tried", -9 * 24).await;
    assert_eq!(again(&site, 3, 24).await, 0);
    for id in [silent, deadly, others[0], old] {
        let (_, page) = site.page(&format!("/transcripts/{id}")).await;
        assert!(page.contains("did not work") && !page.contains("is tried again by itself"), "{id}: {page}");
    }
    // Switched off it tries nothing, and says nothing.
    let plain = failed(&site, "plain.wav", "why-storage-full", 0).await;
    assert_eq!(again(&site, 0, 24).await, 0);
    assert_eq!(again(&site, 1, 24).await, 1, "{plain} alone");
    assert_eq!(run(&site, silent).await, 2, "the others are as they were");
}
