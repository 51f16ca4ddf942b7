//! Hands events to this process's subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::{Heard, Told, Topic};

/// Events that a slow subscriber may fall behind.
const BACKLOG: usize = 256;

#[derive(Clone, Default)]
pub(super) struct Hub(Arc<Mutex<HashMap<Topic, broadcast::Sender<Heard>>>>);

impl Hub {
    pub(super) fn send(&self, topic: Topic, told: Told) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A channel that nobody listens to any more is forgotten, so the map stays as small as the audience.
        if channels.get(&topic).is_some_and(|channel| channel.send(Heard::Told(told)).is_err()) {
            channels.remove(&topic);
        }
    }

    /// Tells every subscriber of this process that events may not have come here.
    pub(super) fn missed(&self) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.send(Heard::Missed).is_ok());
    }

    pub(super) fn subscribe(&self, topic: Topic) -> impl Stream<Item = Heard> + Send + use<> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(topic).or_insert_with(|| broadcast::channel(BACKLOG).0);
        BroadcastStream::new(channel.subscribe()).map(|received| match received {
            Ok(heard) => heard,
            Err(BroadcastStreamRecvError::Lagged(_)) => Heard::Behind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{Event, EventId};
    use crate::ids::TranscriptId;

    fn told(number: u64) -> Told {
        Told { id: EventId { since: 1, number }, event: Event::Duration { duration: number as f64 } }
    }

    #[tokio::test]
    async fn a_subscriber_that_falls_behind_is_told_so() {
        let (hub, topic) = (Hub::default(), Topic::Transcript(TranscriptId::new()));
        let mut events = Box::pin(hub.subscribe(topic));
        for number in 0..BACKLOG as u64 + 5 {
            hub.send(topic, told(number));
        }
        assert_eq!(events.next().await, Some(Heard::Behind));
        assert_eq!(events.next().await, Some(Heard::Told(told(5))));
        hub.missed();
        let last = events.skip(BACKLOG - 1).next().await;
        assert_eq!(last, Some(Heard::Missed), "and what follows comes in order");
    }

    #[tokio::test]
    async fn channels_nobody_listens_to_are_forgotten() {
        let (hub, topic) = (Hub::default(), Topic::Lists);
        drop(hub.subscribe(topic));
        hub.send(topic, told(1));
        assert!(hub.0.lock().unwrap().is_empty());
    }
}
