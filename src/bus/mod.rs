//! Typed events between processes: Redis pub/sub, or in-process for the demo and for one process that does everything.
//!
//! Events are hints for those who watch; the database is the truth. So publishing never fails a job. Each has an id, and the
//! newest of a topic are kept for a while, in a stream of Redis or in memory: who was away asks for what they missed
//! ([`Bus::since`]), and is told when that is not known any more.

mod event;
mod hub;
mod id;
mod memory;
mod redis;

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use serde::Serialize;

use crate::ids::TranscriptId;
use crate::tls::Trust;

pub use self::redis::client;
pub use event::{
    ActionItemsEvent, DecisionEvent, Event, NextStepEvent, SegmentEvent, StageEvent, TopicEvent, TopicSegment,
};
pub use id::{EventId, NoEventId};

/// Events of a topic that are kept, at least.
pub const KEPT: usize = 1000;
/// What is told at once may take so long altogether, however much it is: whoever tells it may hold a connection to the database.
pub const ROUND: Duration = Duration::from_secs(2);
/// For how long after the newest.
const KEPT_FOR: Duration = Duration::from_secs(3600);
/// Bytes of an event that is kept; whoever missed a larger one (a whole text, say) reads everything anew, which costs no more.
const LARGEST: usize = 8 * 1024;

/// What events are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// One transcript.
    Transcript(TranscriptId),
    /// Lists of transcripts, everybody's: who gets to know of which is decided where it is told.
    Lists,
}

impl From<TranscriptId> for Topic {
    fn from(id: TranscriptId) -> Self {
        Self::Transcript(id)
    }
}

/// An event and where it stands in its topic.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    #[serde(flatten)]
    pub event: Event,
    pub id: EventId,
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Told(Told),
    /// Events may have been lost on the way to this process: [`Bus::since`] has them.
    Missed,
    /// This subscriber takes events more slowly than they come, and has lost some.
    Behind,
}

/// A handle on the bus; cheap to clone.
#[derive(Clone)]
pub struct Bus {
    hub: hub::Hub,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Here(Arc<memory::Memory>),
    Redis(redis::Link),
}

/// Redis can't be used.
#[derive(Debug, thiserror::Error)]
#[error("Redis: {0}")]
pub struct BusError(#[from] ::redis::RedisError);

impl Bus {
    /// Events stay in this process.
    pub fn in_process() -> Self {
        let hub = hub::Hub::default();
        Self { way: Way::Here(Arc::new(memory::Memory::new(hub.clone()))), hub }
    }

    /// Events go through Redis (`redis://`, `rediss://` with TLS, `unix:///path`) to every process on it. Reconnects by itself.
    ///
    /// # Errors
    /// The address is not one, or nothing answers there now.
    pub async fn redis(url: &str, trust: &Trust) -> Result<Self, BusError> {
        let hub = hub::Hub::default();
        let link = redis::Link::connect(url, trust, hub.clone()).await?;
        Ok(Self { hub, way: Way::Redis(link) })
    }

    /// Tells everyone who watches `transcript`, and, where its line in a list changes, those who watch lists. Does not wait for
    /// them, and does not fail: a lost event is logged.
    pub async fn publish(&self, transcript: TranscriptId, event: &Event) {
        self.tell_of(transcript, event).await;
    }

    /// As [`Bus::publish`], several in their order: how many were told. It ends with the first that can't be, and after [`ROUND`] at the
    /// latest.
    pub async fn publish_all(&self, transcript: TranscriptId, events: &[Event]) -> usize {
        let mut told = 0;
        let round = async {
            for event in events {
                if !self.tell_of(transcript, event).await {
                    break;
                }
                told += 1;
            }
        };
        if tokio::time::timeout(ROUND, round).await.is_err() {
            tracing::warn!(%transcript, "events take too long to reach Redis");
        }
        told
    }

    /// Tells those who watch lists, as [`Bus::publish`] does.
    pub async fn announce(&self, event: &Event) {
        self.tell(Topic::Lists, event).await;
    }

    async fn tell_of(&self, transcript: TranscriptId, event: &Event) -> bool {
        let told = self.tell(Topic::Transcript(transcript), event).await;
        match event.in_lists(transcript) {
            Some(event) if told => self.tell(Topic::Lists, &event).await,
            _ => told,
        }
    }

    /// False when it may be told another time.
    async fn tell(&self, topic: Topic, event: &Event) -> bool {
        let text = match serde_json::to_string(event) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "an event can't be written as JSON");
                return true;
            }
        };
        let large = text.len() > LARGEST;
        match &self.way {
            Way::Here(memory) => {
                memory.publish(topic, event, large);
                true
            }
            Way::Redis(link) => link.publish(topic, &text, large).await,
        }
    }

    /// Everything published on a topic from now on; never ends.
    pub fn subscribe<T: Into<Topic>>(&self, topic: T) -> impl Stream<Item = Heard> + Send + use<T> {
        self.hub.subscribe(topic.into())
    }

    /// Where a topic ends now: what is told later comes after this.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn position(&self, topic: impl Into<Topic>) -> Result<EventId, BusError> {
        match &self.way {
            Way::Here(memory) => Ok(memory.position(topic.into())),
            Way::Redis(link) => Ok(link.position(topic.into()).await?),
        }
    }

    /// What was told after `after`, in order; `None` if that is not known any more.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn since(
        &self,
        topic: impl Into<Topic>,
        after: EventId,
    ) -> Result<Option<Vec<Told>>, BusError> {
        match &self.way {
            Way::Here(memory) => Ok(memory.since(topic.into(), after)),
            Way::Redis(link) => Ok(link.since(topic.into(), after).await?),
        }
    }

    /// Which Redis it is; `None` when events stay in this process, or it does not say.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn version(&self) -> Result<Option<String>, BusError> {
        match &self.way {
            Way::Here(_) => Ok(None),
            Way::Redis(link) => Ok(link.version().await?),
        }
    }

    /// Does Redis answer? Always, when events stay in this process.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), BusError> {
        match &self.way {
            Way::Here(_) => Ok(()),
            Way::Redis(link) => link.ping().await.map_err(BusError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_beside_what_the_ancestors_clients_read() {
        let told = Told { event: Event::Status { value: "ended".into() }, id: "12-3".parse().unwrap() };
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(text, r#"{"event":"STATUS","data":{"value":"ended"},"id":"12-3"}"#);
    }
}
