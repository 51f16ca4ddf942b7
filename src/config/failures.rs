use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, MailConfig, ZulipConfig, secret};

/// Days on which something is tried again.
const MOST_DAYS: u32 = 30;

/// `[failures]`: whom the operator has told that a transcript failed for good (reason and link, no word of what was said), and for how
/// long it is tried again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FailuresConfig {
    /// E-mail addresses; they need `[mail]`.
    pub email: Vec<String>,
    /// Address that an event is posted to, as to a room's webhook.
    pub webhook_url: Option<String>,
    /// What it is signed with.
    pub webhook_secret: Option<String>,
    /// A file that holds it.
    pub webhook_secret_file: Option<PathBuf>,
    /// Stream of Zulip; it needs `[zulip]`.
    pub zulip_stream: Option<String>,
    /// Its topic.
    pub zulip_topic: String,
    /// Days on which what failed for a reason that may pass is tried again by itself, once each; 0: never.
    pub retry_days: u32,
}

impl Default for FailuresConfig {
    fn default() -> Self {
        Self {
            email: Vec::new(),
            webhook_url: None,
            webhook_secret: None,
            webhook_secret_file: None,
            zulip_stream: None,
            zulip_topic: "failures".into(),
            retry_days: 3,
        }
    }
}

impl std::fmt::Debug for FailuresConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FailuresConfig")
            .field("email", &self.email.len())
            .field("zulip_stream", &self.zulip_stream)
            .finish_non_exhaustive()
    }
}

impl FailuresConfig {
    /// The secret, from the settings or the file they name.
    ///
    /// # Errors
    /// The file can't be read, or is empty.
    pub fn webhook_secret(&self) -> Result<Option<String>, ConfigError> {
        secret(&self.webhook_secret, ("failures.webhook_secret_file", &self.webhook_secret_file))
    }

    /// Stream and topic, if Zulip is told.
    pub fn zulip(&self) -> Option<(&str, &str)> {
        let stream = self.zulip_stream.as_deref().map(str::trim).filter(|stream| !stream.is_empty())?;
        Some((stream, self.zulip_topic.trim()))
    }

    pub(super) fn validate(&self, mail: &MailConfig, zulip: &ZulipConfig) -> Result<(), ConfigError> {
        let refused = |key, message: String| Err(ConfigError::refused(key, message));
        if self.webhook_secret.is_some() && self.webhook_secret_file.is_some() {
            let message = "is set beside failures.webhook_secret; leave one of them out";
            return refused("failures.webhook_secret_file", message.into());
        }
        if let Some(bad) = self.email.iter().find(|email| email.parse::<Mailbox>().is_err()) {
            return refused("failures.email", format!("{bad:?} is no e-mail address"));
        }
        if !self.email.is_empty() && mail.host().is_none() {
            return refused("failures.email", "needs a mail server: set mail.host and mail.from".into());
        }
        if self.zulip().is_some() && !zulip.is_set() {
            return refused(
                "failures.zulip_stream",
                "needs zulip.realm, zulip.bot_email and zulip.api_key".into(),
            );
        }
        if self.retry_days > MOST_DAYS {
            let message = format!("must be at most {MOST_DAYS}; 0 tries nothing again by itself");
            return refused("failures.retry_days", message);
        }
        if !(1..=60).contains(&self.zulip_topic.trim().chars().count()) {
            return refused("failures.zulip_topic", "must have 1 to 60 characters".into());
        }
        if let Some(url) = &self.webhook_url {
            let usable = Url::parse(url)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
            if !usable {
                return refused(
                    "failures.webhook_url",
                    "must be an address with https:// (or http://)".into(),
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_told_must_be_reachable() {
        let (mail, zulip) = (MailConfig::default(), ZulipConfig::default());
        let said = |failures: FailuresConfig| failures.validate(&mail, &zulip).unwrap_err().to_string();
        assert!(FailuresConfig::default().validate(&mail, &zulip).is_ok());
        let told = |email: &str| FailuresConfig { email: vec![email.into()], ..FailuresConfig::default() };
        assert!(said(told("ops")).contains("\"ops\" is no e-mail address"));
        assert!(said(told("ops@example.org")).contains("mail.host"));
        let stream = FailuresConfig { zulip_stream: Some("ops".into()), ..FailuresConfig::default() };
        assert_eq!(stream.zulip(), Some(("ops", "failures")));
        assert!(said(stream).contains("zulip.realm"));
        let hook = FailuresConfig { webhook_url: Some("hooks.lan".into()), ..FailuresConfig::default() };
        assert!(said(hook).contains("failures.webhook_url"));
        let long = FailuresConfig { retry_days: MOST_DAYS + 1, ..FailuresConfig::default() };
        assert!(said(long).contains("failures.retry_days: must be at most 30"));
        let server = MailConfig { host: Some("mail.example.org".into()), ..MailConfig::default() };
        assert!(told("ops@example.org").validate(&server, &zulip).is_ok());
    }
}
