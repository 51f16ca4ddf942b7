//! The way through Redis: one publishing connection, one listening task a process, both reconnecting by themselves.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{
    AsyncCommands, Client, ConnectionAddr, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates,
};
use tokio_util::task::AbortOnDropHandle;

use super::Event;
use super::hub::Hub;
use crate::ids::TranscriptId;
use crate::tls::{Trust, provider};

/// Channels are `ts:<transcript>`, as the ancestor's are.
const PREFIX: &str = "ts:";
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

    pub(super) async fn publish(&self, transcript: TranscriptId, event: &Event) {
        let text = match serde_json::to_string(event) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!(%error, "an event can't be written as JSON");
                return;
            }
        };
        let mut connection = self.manager.clone();
        let sent: RedisResult<()> = connection.publish(format!("{PREFIX}{transcript}"), text).await;
        if let Err(error) = sent {
            tracing::warn!(transcript.id = %transcript, %error, "an event did not reach Redis; viewers see it when they fetch again");
        }
    }

    pub(super) async fn ping(&self) -> Result<(), RedisError> {
        redis::cmd("PING").query_async(&mut self.manager.clone()).await
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

async fn subscribe(client: &Client) -> RedisResult<redis::aio::PubSub> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.psubscribe(format!("{PREFIX}*")).await?;
    Ok(subscription)
}

/// Forwards what Redis says to the hub for ever; after a break, subscribers are told that something may be missing.
async fn listen(client: Client, first: redis::aio::PubSub, hub: Hub) {
    let mut subscription = first;
    loop {
        let mut messages = subscription.into_on_message();
        while let Some(message) = messages.next().await {
            let transcript = message.get_channel_name().strip_prefix(PREFIX).and_then(|id| id.parse().ok());
            let event = serde_json::from_slice(message.get_payload_bytes());
            if let (Some(transcript), Ok(event)) = (transcript, event) {
                hub.send(transcript, event);
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
        hub.resync();
    }
}
