//! The way through Redis: one publishing connection, one listening task a process, both reconnecting by themselves.
//!
//! An event goes into a stream, from which it gets its id, and to those who listen, in one step of Redis: so both have one order.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::streams::StreamRangeReply;
use redis::{Client, ConnectionAddr, IntoConnectionInfo, RedisError, RedisResult, Script, TlsCertificates};
use serde::Deserialize;
use tokio_util::task::AbortOnDropHandle;

use super::hub::Hub;
use super::{Event, EventId, KEPT, KEPT_FOR, Told, Topic};
use crate::tls::{Trust, provider};

/// Channels of transcripts are `ts:<transcript>`, as the ancestor's are.
const PREFIX: &str = "ts:";
/// That of lists.
const LISTS: &str = "lists";

/// Key of the stream; channel, length, seconds, whether to keep the event, its text. An event that is not kept leaves its place.
static PUBLISH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r#"
        local kept = ARGV[4] == '1' and ARGV[5] or ''
        local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'e', kept)
        redis.call('EXPIRE', KEYS[1], ARGV[3])
        redis.call('PUBLISH', ARGV[1], '{"id":"' .. id .. '",' .. string.sub(ARGV[5], 2))
        return id
        "#,
    )
});
/// Key of the stream; seconds. Where nothing is kept a mark is set: whoever comes back and finds it has missed nothing before it.
static POSITION: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', '1')[1]
        if last then return last[1] end
        local id = redis.call('XADD', KEYS[1], '*', 'mark', '1')
        redis.call('EXPIRE', KEYS[1], ARGV[1])
        return id
        ",
    )
});

/// A publisher waits no longer than this: an event is not worth holding up a job.
const PATIENCE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Link {
    manager: ConnectionManager,
    /// Ends the listening task with the last handle.
    _listener: Arc<AbortOnDropHandle<()>>,
}

impl Link {
    pub(super) async fn connect(url: &str, trust: &Trust, hub: Hub) -> RedisResult<Self> {
        let client = client(url, trust)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let manager = client.get_connection_manager_with_config(config).await?;
        // The first subscription stands before anyone can publish through this handle.
        let first = subscribe(&client).await?;
        let listener = AbortOnDropHandle::new(tokio::spawn(listen(client, first, hub)));
        Ok(Self { manager, _listener: Arc::new(listener) })
    }

    /// `text` is the event's, an object with at least one field. False when it did not reach Redis, as far as is known.
    pub(super) async fn publish(&self, topic: Topic, text: &str, large: bool) -> bool {
        let mut invocation = PUBLISH.key(key(topic));
        invocation.arg(channel(topic)).arg(KEPT).arg(KEPT_FOR.as_secs()).arg(u8::from(!large)).arg(text);
        let sent: RedisResult<String> = invocation.invoke_async(&mut self.manager.clone()).await;
        if let Err(error) = sent {
            tracing::warn!(?topic, %error, "an event did not reach Redis; viewers see it when they fetch again");
            return false;
        }
        true
    }

    pub(super) async fn position(&self, topic: Topic) -> RedisResult<EventId> {
        let mut invocation = POSITION.key(key(topic));
        let id: String = invocation.arg(KEPT_FOR.as_secs()).invoke_async(&mut self.manager.clone()).await?;
        id.parse().map_err(|_| strange(&id))
    }

    pub(super) async fn since(&self, topic: Topic, after: EventId) -> RedisResult<Option<Vec<Told>>> {
        let mut asked = redis::cmd("XRANGE");
        asked.arg(key(topic)).arg(after.to_string()).arg("+");
        let kept: StreamRangeReply = asked.query_async(&mut self.manager.clone()).await?;
        let mut entries = kept.ids.into_iter();
        // The oldest go first: where this one is still there, so is everything after it.
        let found = entries.next().is_some_and(|first| first.id.parse() == Ok(after));
        let mut missed = Vec::with_capacity(entries.len());
        for entry in entries.filter(|_| found) {
            let id = entry.id.parse().map_err(|_| strange(&entry.id))?;
            let text = entry.get::<String>("e").unwrap_or_default();
            // One that was too large to be kept has no text.
            let Ok(event) = serde_json::from_str(&text) else { return Ok(None) };
            missed.push(Told { event, id });
        }
        Ok(found.then_some(missed))
    }

    pub(super) async fn ping(&self) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut self.manager.clone()).await
    }

    /// As the server says itself.
    pub(super) async fn version(&self) -> Result<Option<String>, RedisError> {
        let said: String = redis::cmd("INFO").arg("server").query_async(&mut self.manager.clone()).await?;
        Ok(said.lines().find_map(|line| line.strip_prefix("redis_version:")).map(|it| it.trim().to_owned()))
    }
}

/// A client that believes a server behind TLS (`rediss://`) where its authority is trusted.
///
/// # Errors
/// The address is not one.
pub fn client(at: impl IntoConnectionInfo, trust: &Trust) -> RedisResult<Client> {
    let at = at.into_connection_info()?;
    if !matches!(at.addr(), ConnectionAddr::TcpTls { .. }) {
        return Client::open(at);
    }
    let _installed = provider();
    let roots = Some(trust.pem().as_bytes().to_vec());
    Client::build_with_tls(at, TlsCertificates { client_tls: None, root_cert: roots })
}

fn channel(topic: Topic) -> String {
    match topic {
        Topic::Transcript(id) => format!("{PREFIX}{id}"),
        Topic::Lists => LISTS.to_owned(),
    }
}

/// Of the stream that keeps what was told.
fn key(topic: Topic) -> String {
    format!("events:{}", channel(topic))
}

fn topic(channel: &str) -> Option<Topic> {
    if channel == LISTS {
        return Some(Topic::Lists);
    }
    channel.strip_prefix(PREFIX)?.parse().ok().map(Topic::Transcript)
}

fn strange(id: &str) -> RedisError {
    RedisError::from((redis::ErrorKind::UnexpectedReturnType, "a stream's id is no id", id.to_owned()))
}

/// What is sent to those who listen.
#[derive(Deserialize)]
struct Message {
    id: EventId,
    #[serde(flatten)]
    event: Event,
}

async fn subscribe(client: &Client) -> RedisResult<redis::aio::PubSub> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.psubscribe(format!("{PREFIX}*")).await?;
    subscription.subscribe(LISTS).await?;
    Ok(subscription)
}

/// Forwards what Redis says to the hub for ever; after a break, subscribers are told that they may have missed something.
async fn listen(client: Client, first: redis::aio::PubSub, hub: Hub) {
    let mut subscription = first;
    loop {
        let mut messages = subscription.into_on_message();
        while let Some(message) = messages.next().await {
            let topic = topic(message.get_channel_name());
            let sent = serde_json::from_slice(message.get_payload_bytes());
            if let (Some(topic), Ok(Message { id, event })) = (topic, sent) {
                hub.send(topic, Told { event, id });
            }
        }
        tracing::warn!("the connection to Redis broke; events are missed until it is back");
        let mut pause = FIRST_PAUSE;
        subscription = loop {
            tokio::time::sleep(pause).await;
            match subscribe(&client).await {
                Ok(subscription) => break subscription,
                Err(error) => tracing::debug!(%error, "Redis is not back yet"),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        tracing::info!("the connection to Redis is back");
        hub.missed();
    }
}
