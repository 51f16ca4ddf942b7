use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, secret};

/// `[zulip]`: the organisation in whose streams transcripts are posted, and the bot that does it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZulipConfig {
    /// Its host, as in `chat.example.org`, or its address.
    pub realm: Option<String>,
    pub bot_email: Option<String>,
    pub api_key: Option<String>,
    /// A file that holds it.
    pub api_key_file: Option<PathBuf>,
}

impl std::fmt::Debug for ZulipConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ZulipConfig").field("realm", &self.realm).finish_non_exhaustive()
    }
}

/// What is needed to post there.
#[derive(Clone)]
pub struct ZulipAccount {
    /// Address without a slash at its end.
    pub url: String,
    pub bot_email: String,
    pub api_key: String,
}

impl ZulipConfig {
    fn realm(&self) -> Option<&str> {
        self.realm.as_deref().map(str::trim).filter(|realm| !realm.is_empty())
    }

    /// The address of the realm; a host alone means https.
    fn url(&self) -> Option<String> {
        let realm = self.realm()?.trim_end_matches('/');
        Some(if realm.contains("://") { realm.to_owned() } else { format!("https://{realm}") })
    }

    /// Whether transcripts can be posted.
    pub fn is_set(&self) -> bool {
        self.realm().is_some()
    }

    /// The account, its key read from the file if there is one; `None` where no realm is set.
    ///
    /// # Errors
    /// The file can't be read, or is empty.
    pub fn account(&self) -> Result<Option<ZulipAccount>, ConfigError> {
        let (Some(url), Some(bot_email)) = (self.url(), self.bot_email.clone()) else { return Ok(None) };
        let key = secret(&self.api_key, ("zulip.api_key_file", &self.api_key_file))?;
        Ok(key.map(|api_key| ZulipAccount { url, bot_email, api_key }))
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |key, message: &str| Err(ConfigError::refused(key, message));
        if self.api_key.is_some() && self.api_key_file.is_some() {
            return refused("zulip.api_key_file", "is set beside zulip.api_key; leave one of them out");
        }
        let Some(url) = self.url() else { return Ok(()) };
        let usable = Url::parse(&url).is_ok_and(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.host().is_some()
                && url.username().is_empty()
                && matches!(url.path(), "" | "/")
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if !usable {
            return refused(
                "zulip.realm",
                "must be the organisation's host, as in chat.example.org, or its address",
            );
        }
        if !self.bot_email.as_deref().is_some_and(|email| email.contains('@')) {
            return refused(
                "zulip.bot_email",
                "is needed with zulip.realm: the bot's own address, as Zulip shows it",
            );
        }
        if self.api_key.is_none() && self.api_key_file.is_none() {
            return refused("zulip.api_key", "is needed with zulip.realm, or zulip.api_key_file");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_needs_a_bot_and_its_key() {
        let bot = ZulipConfig {
            realm: Some("chat.example.org".into()),
            bot_email: Some("reflector-bot@chat.example.org".into()),
            api_key: Some("k3y".into()),
            api_key_file: None,
        };
        assert!(ZulipConfig::default().validate().is_ok() && bot.validate().is_ok());
        let account = bot.account().unwrap().unwrap();
        assert_eq!(account.url, "https://chat.example.org");
        let named = ZulipConfig { realm: Some("http://127.0.0.1:9991/".into()), ..bot.clone() };
        assert!(named.validate().is_ok());
        assert_eq!(named.account().unwrap().unwrap().url, "http://127.0.0.1:9991");
        assert!(!format!("{bot:?}").contains("k3y"));
        let said = |config: ZulipConfig| config.validate().unwrap_err().to_string();
        for bad in ["https://chat.example.org/#streams", "ftp://chat", "https://a:b@chat", "a b"] {
            assert!(
                said(ZulipConfig { realm: Some(bad.into()), ..bot.clone() }).contains("zulip.realm"),
                "{bad}"
            );
        }
        assert!(said(ZulipConfig { bot_email: None, ..bot.clone() }).contains("zulip.bot_email"));
        assert!(said(ZulipConfig { api_key: None, ..bot.clone() }).contains("zulip.api_key"));
        let both = ZulipConfig { api_key_file: Some("/run/key".into()), ..bot };
        assert!(said(both).contains("leave one of them out"));
    }
}
