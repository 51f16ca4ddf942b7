//! Events over Redis and in-process.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reflector::bus::{Bus, Event};
use reflector::ids::TranscriptId;
use reflector::tls::Trust;

use crate::support::redis::RedisServer;

fn status(value: &str) -> Event {
    Event::Status { value: value.into() }
}

async fn next(events: &mut (impl Stream<Item = Event> + Unpin)) -> Event {
    tokio::time::timeout(Duration::from_secs(30), events.next()).await.expect("no event came").unwrap()
}

async fn reaches_only_those_who_watch_that_transcript(here: Bus, there: Bus) {
    let (one, other) = (TranscriptId::new(), TranscriptId::new());
    let mut events = Box::pin(there.subscribe(one));
    let mut again = Box::pin(there.subscribe(one));
    here.publish(other, &status("error")).await;
    here.publish(one, &status("processing")).await;
    here.publish(one, &status("ended")).await;
    assert_eq!(next(&mut events).await, status("processing"));
    assert_eq!(next(&mut events).await, status("ended"));
    assert_eq!(next(&mut again).await, status("processing"));
}

#[tokio::test]
async fn in_process_events_reach_those_who_watch() {
    let bus = Bus::in_process();
    reaches_only_those_who_watch_that_transcript(bus.clone(), bus).await;
}

#[tokio::test]
async fn redis_events_reach_other_processes() {
    let server = RedisServer::start();
    let (here, there) = (
        Bus::redis(&server.url(), &Trust::system()).await.unwrap(),
        Bus::redis(&server.url(), &Trust::system()).await.unwrap(),
    );
    reaches_only_those_who_watch_that_transcript(here, there).await;
}

#[tokio::test]
async fn subscribers_survive_a_restart_of_redis_and_are_told_to_fetch_again() {
    let mut server = RedisServer::start();
    let bus = Bus::redis(&server.url(), &Trust::system()).await.unwrap();
    let id = TranscriptId::new();
    let mut events = Box::pin(bus.subscribe(id));
    server.stop();
    assert!(bus.ping().await.is_err());
    bus.publish(id, &status("lost")).await;
    server.resume();
    assert_eq!(next(&mut events).await, Event::Resync {});
    // The publishing connection comes back on its own, too; what is sent before that is lost and said to be.
    for _ in 0..100 {
        bus.publish(id, &status("ended")).await;
        if let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(200), events.next()).await {
            assert_eq!(event, status("ended"));
            return;
        }
    }
    panic!("no event came after Redis was back");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_said_at_start() {
    assert!(Bus::redis("unix:///nowhere/redis.sock", &Trust::system()).await.is_err());
}
