//! Events over Redis and in-process.

use std::time::Duration;

use futures::{Stream, StreamExt};
use redis::AsyncCommands;
use reflector::bus::{Bus, Event, Heard, KEPT, Told, Topic};
use reflector::ids::TranscriptId;
use reflector::tls::Trust;

use crate::support::redis::RedisServer;

fn status(value: &str) -> Event {
    Event::Status { value: value.into() }
}

async fn next(events: &mut (impl Stream<Item = Heard> + Unpin)) -> Heard {
    tokio::time::timeout(Duration::from_secs(30), events.next()).await.expect("no event came").unwrap()
}

async fn told(events: &mut (impl Stream<Item = Heard> + Unpin)) -> Told {
    match next(events).await {
        Heard::Told(told) => told,
        other => panic!("{other:?}"),
    }
}

async fn reaches_only_those_who_watch_that_topic(here: Bus, there: Bus) {
    let (one, other) = (TranscriptId::new(), TranscriptId::new());
    let mut events = Box::pin(there.subscribe(one));
    let mut again = Box::pin(there.subscribe(one));
    let mut lists = Box::pin(there.subscribe(Topic::Lists));
    here.publish(other, &status("error")).await;
    here.publish(one, &status("processing")).await;
    here.publish(one, &Event::Resync {}).await;
    here.publish(one, &status("ended")).await;
    here.announce(&Event::TranscriptDeleted { id: one }).await;
    assert_eq!(told(&mut events).await.event, status("processing"));
    assert_eq!(told(&mut events).await.event, Event::Resync {});
    assert_eq!(told(&mut events).await.event, status("ended"));
    assert_eq!(told(&mut again).await.event, status("processing"));
    let listed = |id, value: &str| Event::TranscriptStatus { id, value: value.into() };
    for wanted in [
        listed(other, "error"),
        listed(one, "processing"),
        listed(one, "ended"),
        Event::TranscriptDeleted { id: one },
    ] {
        assert_eq!(told(&mut lists).await.event, wanted);
    }
}

/// What one who was away asks for, by the ids of what they saw.
async fn tells_again_what_was_missed(here: Bus, there: Bus) {
    let id = TranscriptId::new();
    let begin = there.position(id).await.unwrap();
    assert_eq!(here.since(id, begin).await.unwrap(), Some(vec![]));
    let mut events = Box::pin(there.subscribe(id));
    let (one, two) = (status("processing"), status("ended"));
    here.publish(id, &one).await;
    here.publish(TranscriptId::new(), &one).await;
    here.publish(id, &two).await;
    let live = vec![told(&mut events).await, told(&mut events).await];
    assert_eq!([&live[0].event, &live[1].event], [&one, &two]);
    assert!(begin < live[0].id && live[0].id < live[1].id, "{begin} {live:?}");
    for bus in [&here, &there] {
        assert_eq!(bus.since(id, begin).await.unwrap().as_ref(), Some(&live));
        assert_eq!(bus.since(id, live[0].id).await.unwrap(), Some(live[1..].to_vec()));
        assert_eq!(bus.since(id, live[1].id).await.unwrap(), Some(vec![]));
        assert_eq!(bus.position(id).await.unwrap(), live[1].id);
    }
    // A whole text is told to who listens, and not kept.
    let text = Event::Transcript { text: "x".repeat(20_000), translation: None };
    here.publish(id, &text).await;
    assert_eq!(told(&mut events).await.event, text);
    assert_eq!(there.since(id, live[1].id).await.unwrap(), None, "to be read anew");
    let end = there.position(id).await.unwrap();
    here.publish(id, &two).await;
    assert_eq!(there.since(id, end).await.unwrap().unwrap()[0].event, two);

    for n in 0..KEPT + 200 {
        here.publish(id, &Event::Duration { duration: n as f64 }).await;
    }
    assert_eq!(there.since(id, end).await.unwrap(), None, "too old");
    let last = there.position(id).await.unwrap();
    assert_eq!(there.since(id, last).await.unwrap(), Some(vec![]));
    for strange in ["1-1", "99999999999999-0"] {
        assert_eq!(there.since(id, strange.parse().unwrap()).await.unwrap(), None, "{strange}");
    }
}

#[tokio::test]
async fn in_process_events_reach_those_who_watch() {
    let bus = Bus::in_process();
    reaches_only_those_who_watch_that_topic(bus.clone(), bus).await;
}

#[tokio::test]
async fn in_process_what_was_missed_is_told_again_by_its_id() {
    let bus = Bus::in_process();
    tells_again_what_was_missed(bus.clone(), bus).await;
}

async fn two_on(server: &RedisServer) -> (Bus, Bus) {
    let bus = async || Bus::redis(&server.url(), &Trust::system()).await.unwrap();
    (bus().await, bus().await)
}

#[tokio::test]
async fn redis_events_reach_other_processes() {
    let server = RedisServer::start();
    let (here, there) = two_on(&server).await;
    reaches_only_those_who_watch_that_topic(here, there).await;
}

#[tokio::test]
async fn redis_tells_other_processes_again_what_they_missed() {
    let server = RedisServer::start();
    let (here, there) = two_on(&server).await;
    tells_again_what_was_missed(here, there).await;
}

#[tokio::test]
async fn what_redis_keeps_is_bounded_and_goes_by_itself() {
    let server = RedisServer::start();
    let (bus, _) = two_on(&server).await;
    let (busy, watched) = (TranscriptId::new(), TranscriptId::new());
    for n in 0..KEPT * 2 {
        bus.publish(busy, &Event::Duration { duration: n as f64 }).await;
    }
    let begin = bus.position(watched).await.unwrap();
    let client = reflector::bus::client(server.url(), &Trust::system()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis.keys("*").await.unwrap();
    assert_eq!(keys.len(), 3, "two transcripts and the lists: {keys:?}");
    for key in &keys {
        let (kept, seconds): (usize, i64) = (redis.xlen(key).await.unwrap(), redis.ttl(key).await.unwrap());
        assert!(kept <= KEPT + 200 && (3000..=3600).contains(&seconds), "{key}: {kept} for {seconds} s");
    }
    // Once it has gone, nobody takes the silence for nothing having happened.
    let _: () = redis.del(format!("events:ts:{watched}")).await.unwrap();
    assert_eq!(bus.since(watched, begin).await.unwrap(), None);
}

#[tokio::test]
async fn subscribers_survive_a_restart_of_redis_and_are_told_that_they_may_have_missed_something() {
    let mut server = RedisServer::start();
    let bus = Bus::redis(&server.url(), &Trust::system()).await.unwrap();
    let id = TranscriptId::new();
    let before = bus.position(id).await.unwrap();
    let mut events = Box::pin(bus.subscribe(id));
    server.stop();
    assert!(bus.ping().await.is_err());
    assert!(bus.position(id).await.is_err() && bus.since(id, before).await.is_err());
    bus.publish(id, &status("lost")).await;
    server.resume();
    assert_eq!(next(&mut events).await, Heard::Missed);
    // The publishing connection comes back on its own, too; what is sent before that is lost and said to be.
    for _ in 0..100 {
        bus.publish(id, &status("ended")).await;
        if let Ok(Some(heard)) = tokio::time::timeout(Duration::from_millis(200), events.next()).await {
            let Heard::Told(told) = heard else { panic!("{heard:?}") };
            assert_eq!(told.event, status("ended"));
            assert_eq!(bus.since(id, before).await.unwrap(), None, "Redis keeps nothing over its own end");
            return;
        }
    }
    panic!("no event came after Redis was back");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_said_at_start() {
    assert!(Bus::redis("unix:///nowhere/redis.sock", &Trust::system()).await.is_err());
}
