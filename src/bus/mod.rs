//! Typed events between processes: Redis pub/sub, or in-process for the demo and for one process that does everything.
//!
//! Events are hints for those who watch; the database is the truth. So publishing never fails a job, and a subscriber
//! that may have missed something is told so by [`Event::Resync`].

mod event;
mod hub;
mod redis;

use futures::Stream;

use crate::ids::TranscriptId;
use crate::tls::Trust;

pub use self::redis::client;
pub use event::{
    ActionItemsEvent, DecisionEvent, Event, NextStepEvent, SegmentEvent, StageEvent, TopicEvent, TopicSegment,
};

/// A handle on the bus; cheap to clone.
#[derive(Clone)]
pub struct Bus {
    hub: hub::Hub,
    redis: Option<redis::Link>,
}

/// Redis can't be used.
#[derive(Debug, thiserror::Error)]
#[error("Redis: {0}")]
pub struct BusError(#[from] ::redis::RedisError);

impl Bus {
    /// Events stay in this process.
    pub fn in_process() -> Self {
        Self { hub: hub::Hub::default(), redis: None }
    }

    /// Events go through Redis (`redis://`, `rediss://` with TLS, `unix:///path`) to every process on it. Reconnects by itself.
    ///
    /// # Errors
    /// The address is not one, or nothing answers there now.
    pub async fn redis(url: &str, trust: &Trust) -> Result<Self, BusError> {
        let hub = hub::Hub::default();
        let link = redis::Link::connect(url, trust, hub.clone()).await?;
        Ok(Self { hub, redis: Some(link) })
    }

    /// Tells everyone who watches `transcript`. Does not wait for them, and does not fail: a lost event is logged.
    pub async fn publish(&self, transcript: TranscriptId, event: &Event) {
        match &self.redis {
            Some(link) => link.publish(transcript, event).await,
            None => self.hub.send(transcript, event.clone()),
        }
    }

    /// Everything published about `transcript` from now on; never ends.
    pub fn subscribe(&self, transcript: TranscriptId) -> impl Stream<Item = Event> + Send + use<> {
        self.hub.subscribe(transcript)
    }

    /// Does Redis answer? Always, when events stay in this process.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), BusError> {
        match &self.redis {
            Some(link) => link.ping().await.map_err(BusError),
            None => Ok(()),
        }
    }
}
