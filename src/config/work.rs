use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[work]`: how this process works through the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkConfig {
    /// Jobs at once.
    pub concurrency: usize,
    /// Seconds between signs of life.
    pub heartbeat_seconds: u64,
    /// Where a worker tells whoever watches it how it is (`/livez`, `/metrics`); nowhere if unset.
    pub listen: Option<SocketAddr>,
    /// Seconds of silence after which a worker counts as dead and its jobs start again elsewhere.
    pub dead_after_seconds: u64,
}

impl Default for WorkConfig {
    fn default() -> Self {
        Self { concurrency: 4, heartbeat_seconds: 5, listen: None, dead_after_seconds: 30 }
    }
}

impl WorkConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=64).contains(&self.concurrency) {
            return Err(ConfigError::refused("work.concurrency", "must be from 1 to 64"));
        }
        if self.heartbeat_seconds == 0 || self.dead_after_seconds < 2 * self.heartbeat_seconds {
            return Err(ConfigError::refused(
                "work.dead_after_seconds",
                "must be at least twice work.heartbeat_seconds",
            ));
        }
        Ok(())
    }
}
