use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The one upload limit: 10 GB. Every other number that limits an upload is derived from it.
pub const MAX_UPLOAD_BYTES: u64 = 10_000_000_000;

/// `[server]`: where the pages and the API are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The address people use, for links; defaults to the address listened on.
    pub site_url: Option<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 1250)), site_url: None }
    }
}

impl ServerConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match &self.site_url {
            Some(url) if !(url.starts_with("http://") || url.starts_with("https://")) => {
                Err(ConfigError::refused("server.site_url", "must start with http:// or https://"))
            }
            _ => Ok(()),
        }
    }
}
