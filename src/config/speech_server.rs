use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::secret;

/// A key that is shorter can be guessed.
const SHORTEST_KEY: usize = 16;

/// `[speech_server]`: the models alone over HTTP, as `reflector speech-server` offers them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechServerConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// What callers must send as a bearer token.
    pub api_key: Option<String>,
    /// A file that holds it.
    pub api_key_file: Option<PathBuf>,
    /// Let other machines in without a key.
    pub without_key: bool,
    /// Hosts at private addresses whose media may be fetched: names, addresses, networks.
    pub allow_hosts: Vec<String>,
}

impl Default for SpeechServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            api_key: None,
            api_key_file: None,
            without_key: false,
            allow_hosts: Vec::new(),
        }
    }
}

impl std::fmt::Debug for SpeechServerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeechServerConfig").field("listen", &self.listen).finish_non_exhaustive()
    }
}

impl SpeechServerConfig {
    /// The key that callers must send, from the settings or the file they name; `None` where there is none.
    ///
    /// # Errors
    /// The file can't be read or is empty, the key is short, or other machines could come in without one.
    pub fn key(&self) -> Result<Option<String>, ConfigError> {
        let key = secret(&self.api_key, ("speech_server.api_key_file", &self.api_key_file))?;
        match &key {
            Some(key) if key.len() < SHORTEST_KEY => Err(ConfigError::refused(
                "speech_server.api_key",
                format!("must have at least {SHORTEST_KEY} characters; `openssl rand -hex 32` makes one"),
            )),
            None if !self.listen.ip().is_loopback() && !self.without_key => Err(ConfigError::refused(
                "speech_server.api_key",
                format!(
                    "is needed where speech_server.listen is {}, which other machines reach; or set speech_server.without_key to let everybody in",
                    self.listen
                ),
            )),
            _ => Ok(key),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.api_key.is_some() && self.api_key_file.is_some() {
            return Err(ConfigError::refused(
                "speech_server.api_key_file",
                "is set beside speech_server.api_key; leave one of them out",
            ));
        }
        are_hosts("speech_server.allow_hosts", &self.allow_hosts)
    }
}

/// Whether `entries` of the setting `key` can be hosts.
///
/// # Errors
/// One is empty, or the address of a page.
pub(super) fn are_hosts(key: &'static str, entries: &[String]) -> Result<(), ConfigError> {
    if entries.iter().any(|host| host.trim().is_empty() || host.contains("://")) {
        return Err(ConfigError::refused(
            key,
            "takes names of hosts, addresses and networks, as in [\"storage.lan\", \"10.0.0.0/8\"]",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(at: &str) -> SpeechServerConfig {
        SpeechServerConfig { listen: at.parse().unwrap(), ..SpeechServerConfig::default() }
    }

    #[test]
    fn only_this_machine_may_come_in_without_a_key() {
        assert_eq!(listening("127.0.0.1:8000").key().unwrap(), None);
        assert_eq!(listening("[::1]:8000").key().unwrap(), None);
        for open in ["0.0.0.0:8000", "192.0.2.7:8000", "[::]:8000"] {
            let said = listening(open).key().unwrap_err().to_string();
            assert!(
                said.contains("speech_server.api_key") && said.contains("speech_server.without_key"),
                "{said}"
            );
            let open = SpeechServerConfig { without_key: true, ..listening(open) };
            assert_eq!(open.key().unwrap(), None);
        }
    }

    #[test]
    fn a_key_comes_from_a_file_without_its_line_end_and_a_short_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let config = SpeechServerConfig { api_key_file: Some(file.clone()), ..listening("0.0.0.0:1") };
        assert_eq!(config.key().unwrap().as_deref(), Some("0123456789abcdef"));
        std::fs::write(&file, "secret\n").unwrap();
        assert!(config.key().unwrap_err().to_string().contains("at least 16"));
        std::fs::write(&file, "\n").unwrap();
        assert!(config.key().unwrap_err().to_string().contains("api_key_file"));
        let both = SpeechServerConfig { api_key: Some("0123456789abcdef".into()), ..config };
        assert!(both.validate().is_err());
    }
}
