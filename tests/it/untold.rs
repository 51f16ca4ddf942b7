//! Events while Redis hangs: it takes connections and answers nothing.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use diesel::{QueryDsl, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::StreamExt;
use reflector::bus::{Bus, Event, Heard};
use reflector::db::schema::untold as untold_table;
use reflector::ids::TranscriptId;
use reflector::jobs;
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::untold;
use reflector::tls::Trust;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::support::postgres;
use crate::support::redis::RedisServer;
use crate::support::site::Site;

/// A way to Redis on which everything stands still while it is shut.
struct Way {
    url: String,
    open: watch::Sender<bool>,
}

impl Way {
    async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}", listener.local_addr().expect("its address"));
        let (open, seen) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = UnixStream::connect(&socket).await else { return };
                let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                tokio::spawn(pass(from_near, to_far, seen.clone()));
                tokio::spawn(pass(from_far, to_near, seen.clone()));
            }
        });
        Self { url, open }
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut open: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        let shut = open.wait_for(|open| *open).await.is_err();
        if shut || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_hangs_telling_ends_soon_and_all_is_told_in_order_afterwards() {
    let redis = RedisServer::start();
    let way = Way::to(redis.socket()).await;
    let bus = Bus::redis(&way.url, &Trust::system()).await.expect("Redis answers");
    let database = postgres::fresh().await;
    let mut conn = database.conn().await;
    let id = transcript::create(&mut conn, &NewTranscript::of_file("talk")).await.expect("a transcript").id;
    let event = |n: usize| Event::Duration { duration: n as f64 };
    let texts: Vec<String> = (1..=9).map(|n| serde_json::to_string(&event(n)).expect("JSON")).collect();
    untold::note(&mut conn, id, &texts[..5]).await.expect("five are noted");

    way.open.send_replace(false);
    let begin = Instant::now();
    jobs::tell(&mut conn, &bus, id).await;
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?} for five events", begin.elapsed());
    let left: i64 = untold_table::table.count().get_result(&mut conn).await.expect("a count");
    assert_eq!(left, 5, "nothing is lost");

    let listening = Bus::redis(&redis.url(), &Trust::system()).await.expect("Redis answers");
    let mut heard = Box::pin(listening.subscribe(id));
    way.open.send_replace(true);
    untold::note(&mut conn, id, &texts[5..]).await.expect("four more are noted");
    // The connection that hung may have to be made anew first.
    let begin = Instant::now();
    let mut left = 9;
    while left > 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "{left} events are never told");
        jobs::tell(&mut conn, &bus, id).await;
        left = untold_table::table.count().get_result::<i64>(&mut conn).await.expect("a count");
    }
    let mut told: Vec<Event> = Vec::new();
    while told.last() != Some(&event(9)) {
        let next = tokio::time::timeout(Duration::from_secs(30), heard.next()).await.expect("an event");
        let Some(Heard::Told(one)) = next else { panic!("{next:?} after {told:?}") };
        told.push(one.event);
    }
    // What Redis had heard and could not say so comes twice.
    told.dedup();
    assert_eq!(told, (1..=9).map(event).collect::<Vec<_>>());
}

/// A transcript of which that is to be told.
async fn noted(conn: &mut AsyncPgConnection, events: &[Event]) -> TranscriptId {
    let id = transcript::create(conn, &NewTranscript::of_file("talk")).await.expect("a transcript").id;
    let texts: Vec<String> = events.iter().map(|event| serde_json::to_string(event).expect("JSON")).collect();
    untold::note(conn, id, &texts).await.expect("they are noted");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_waits_for_a_redis_that_hangs_keeps_no_connection_to_the_database() {
    let redis = RedisServer::start();
    let way = Way::to(redis.socket()).await;
    let site = Site::set(|config| config.redis.url = Some(way.url.clone())).await;
    let path = format!("/transcripts/{}", site.finished("talk.wav").await);
    assert_eq!(site.page(&path).await.0, 200);
    way.open.send_replace(false);
    let (pool, before) = (site.app.pool(), site.app.pool().queries());
    // It has asked whether it may be read, and nothing yet of what it shows.
    let waits = async {
        while pool.queries() != before + 1 || pool.usage().0 != pool.usage().1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let mut page = std::pin::pin!(site.page(&path));
    tokio::select! {
        () = waits => {}
        (status, _) = &mut page => panic!("{status}: it has kept its connection"),
    }
    let (status, text) = page.await;
    assert!(status == 200 && text.contains("Budget talks"), "{status}");
    way.open.send_replace(true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_asks_a_redis_that_hangs_once_and_not_for_every_transcript() {
    let redis = RedisServer::start();
    let way = Way::to(redis.socket()).await;
    let bus = Bus::redis(&way.url, &Trust::system()).await.expect("Redis answers");
    let database = postgres::fresh().await;
    let mut conn = database.conn().await;
    for _ in 0..6 {
        noted(&mut conn, &[Event::Duration { duration: 1.0 }]).await;
    }
    way.open.send_replace(false);
    let begin = Instant::now();
    jobs::tell_left(&mut conn, &bus).await.expect("a sweep");
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?} for six transcripts", begin.elapsed());
    let left: i64 = untold_table::table.count().get_result(&mut conn).await.expect("a count");
    assert_eq!(left, 6, "nothing is lost");
    way.open.send_replace(true);
    let begin = Instant::now();
    let mut left = left;
    while left > 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "{left} events are never told");
        jobs::tell_left(&mut conn, &bus).await.expect("a sweep");
        left = untold_table::table.count().get_result(&mut conn).await.expect("a count");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_never_takes_holds_back_what_comes_after_it_for_a_day_and_no_longer() {
    let redis = RedisServer::start();
    let bus = Bus::redis(&redis.url(), &Trust::system()).await.expect("Redis answers");
    // What goes to lists, too, Redis does not take: there is something else under that name.
    let client = redis::Client::open(redis.url()).expect("an address");
    let mut plain = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let () = redis::cmd("SET").arg("events:lists").arg("x").query_async(&mut plain).await.expect("set");
    let database = postgres::fresh().await;
    let mut conn = database.conn().await;
    let held = [Event::Duration { duration: 1.0 }, Event::Notes {}];
    let id = noted(&mut conn, &held).await;
    let other = noted(&mut conn, &[Event::Notes {}]).await;
    let mut heard = Box::pin(bus.subscribe(id));
    jobs::tell_left(&mut conn, &bus).await.expect("a sweep");
    let left = untold::left(&mut conn).await.expect("what is left");
    assert_eq!(left, [id], "the other's was told: {other}");
    assert_eq!(untold::take(&mut conn, id).await.expect("what waits").len(), 2, "in order or not at all");

    sql_query("UPDATE untold SET noted_at = noted_at - interval '25 hours' WHERE event LIKE '%DURATION%'")
        .execute(&mut conn)
        .await
        .expect("a day goes by");
    jobs::tell_left(&mut conn, &bus).await.expect("a sweep");
    assert!(untold::left(&mut conn).await.expect("what is left").is_empty());
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), heard.next()).await.expect("an event");
        let Some(Heard::Told(one)) = next else { panic!("{next:?}") };
        if one.event == (Event::Notes {}) {
            break;
        }
    }
}
