use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
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
    /// Addresses and networks of proxies on other machines whose word on who asks, and over what, counts.
    pub trusted_proxies: Vec<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 1250)), site_url: None, trusted_proxies: Vec::new() }
    }
}

impl ServerConfig {
    /// The address of our pages, for links: the one that people use, else where the program listens.
    pub fn site(&self) -> String {
        self.site_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let unknown = |proxy: &&String| proxy.parse::<IpNet>().is_err() && proxy.parse::<IpAddr>().is_err();
        if let Some(bad) = self.trusted_proxies.iter().find(unknown) {
            return Err(ConfigError::refused(
                "server.trusted_proxies",
                format!(
                    "{bad:?} is neither an address nor a network, as in [\"192.0.2.10\", \"10.0.0.0/8\"]"
                ),
            ));
        }
        match &self.site_url {
            Some(url) if !(url.starts_with("http://") || url.starts_with("https://")) => {
                Err(ConfigError::refused("server.site_url", "must start with http:// or https://"))
            }
            _ => Ok(()),
        }
    }
}
