//! Hands events to this process's subscribers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::Event;
use crate::ids::TranscriptId;

/// Events a slow subscriber may fall behind before it is told to start anew.
const BACKLOG: usize = 256;

#[derive(Clone, Default)]
pub(super) struct Hub(Arc<Mutex<HashMap<TranscriptId, broadcast::Sender<Event>>>>);

impl Hub {
    pub(super) fn send(&self, transcript: TranscriptId, event: Event) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A channel that nobody listens to any more is forgotten, so the map stays as small as the audience.
        if channels.get(&transcript).is_some_and(|channel| channel.send(event).is_err()) {
            channels.remove(&transcript);
        }
    }

    /// Tells every subscriber of this process that events may have been lost.
    pub(super) fn resync(&self) {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.send(Event::Resync {}).is_ok());
    }

    pub(super) fn subscribe(&self, transcript: TranscriptId) -> impl Stream<Item = Event> + Send + use<> {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let channel = channels.entry(transcript).or_insert_with(|| broadcast::channel(BACKLOG).0);
        BroadcastStream::new(channel.subscribe()).map(|received| match received {
            Ok(event) => event,
            Err(BroadcastStreamRecvError::Lagged(_)) => Event::Resync {},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscriber_that_falls_behind_is_told_to_start_anew() {
        let (hub, id) = (Hub::default(), TranscriptId::new());
        let mut events = Box::pin(hub.subscribe(id));
        for n in 0..BACKLOG + 5 {
            hub.send(id, Event::Duration { duration: n as f64 });
        }
        assert_eq!(events.next().await, Some(Event::Resync {}));
        assert_eq!(events.next().await, Some(Event::Duration { duration: 5.0 }));
    }

    #[tokio::test]
    async fn channels_nobody_listens_to_are_forgotten() {
        let (hub, id) = (Hub::default(), TranscriptId::new());
        drop(hub.subscribe(id));
        hub.send(id, Event::Resync {});
        assert!(hub.0.lock().unwrap().is_empty());
    }
}
