use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::speech_server::are_hosts;

/// `[outgoing]`: where this program calls on behalf of those who use it, who name the address themselves: webhooks of rooms.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutgoingConfig {
    /// Hosts at private addresses that may be called: names, addresses, networks.
    pub allow_hosts: Vec<String>,
}

impl OutgoingConfig {
    /// The setting's name, for those who are told what it lacks.
    pub const ALLOW_HOSTS: &str = "outgoing.allow_hosts";

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        are_hosts(Self::ALLOW_HOSTS, &self.allow_hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_no_addresses_of_pages() {
        let config = |host: &str| OutgoingConfig { allow_hosts: vec![host.into()] };
        assert!(config("hooks.lan").validate().is_ok() && config("10.0.0.0/8").validate().is_ok());
        for bad in ["", " ", "http://hooks.lan"] {
            let said = config(bad).validate().unwrap_err().to_string();
            assert!(said.contains("outgoing.allow_hosts"), "{said}");
        }
    }
}
