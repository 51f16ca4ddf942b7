use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use super::{ConfigError, secret};

/// Addresses that one request may name, at most.
const MOST_RECIPIENTS: u32 = 100;

/// `[mail]`: the server that e-mail goes out by. Without one nobody is written to.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The server's name or address.
    pub host: Option<String>,
    pub port: u16,
    pub username: Option<String>,
    pub password: Option<String>,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
    /// Whom letters are from, as in `Reflector <reflector@example.org>`.
    pub from: Option<String>,
    pub tls: MailTls,
    /// Addresses that one request, or one room, may name.
    pub max_recipients: u32,
    /// Letters that one person may have sent within an hour.
    pub per_hour: u32,
}

/// How a mail server is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS, once both sides have said hello; port 587 as a rule. A server that offers none is refused.
    #[default]
    Starttls,
    /// TLS from the first byte; port 465 as a rule.
    Implicit,
    /// In the clear.
    None,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            username: None,
            password: None,
            password_file: None,
            from: None,
            tls: MailTls::Starttls,
            max_recipients: 10,
            per_hour: 100,
        }
    }
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl MailConfig {
    /// The server's name, if there is one.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref().map(str::trim).filter(|host| !host.is_empty())
    }

    /// The password, from the settings or the file they name; `None` where the server wants none.
    ///
    /// # Errors
    /// The file can't be read, or is empty.
    pub fn password(&self) -> Result<Option<String>, ConfigError> {
        secret(&self.password, ("mail.password_file", &self.password_file))
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |key, message: &str| Err(ConfigError::refused(key, message));
        if self.password.is_some() && self.password_file.is_some() {
            return refused("mail.password_file", "is set beside mail.password; leave one of them out");
        }
        if !(1..=MOST_RECIPIENTS).contains(&self.max_recipients) {
            return Err(ConfigError::refused(
                "mail.max_recipients",
                format!("must be from 1 to {MOST_RECIPIENTS}"),
            ));
        }
        if !(1..=100_000).contains(&self.per_hour) {
            return refused("mail.per_hour", "must be from 1 to 100000");
        }
        let Some(host) = self.host() else { return Ok(()) };
        if host.contains(['/', ' ', '@']) {
            return refused(
                "mail.host",
                "takes the server's name alone, as in mail.example.org; mail.port is its port",
            );
        }
        if self.port == 0 {
            return refused("mail.port", "must be from 1 to 65535");
        }
        match self.from.as_deref().map(str::parse::<Mailbox>) {
            None => {
                return refused(
                    "mail.from",
                    "is needed with mail.host: whom letters are from, as in Reflector <reflector@example.org>",
                );
            }
            Some(Err(_)) => {
                return refused("mail.from", "is no e-mail address, as in Reflector <reflector@example.org>");
            }
            Some(Ok(_)) => {}
        }
        let has_password = self.password.is_some() || self.password_file.is_some();
        if has_password != self.username.is_some() {
            return refused(
                "mail.username",
                "and mail.password (or mail.password_file) go together; set both, or neither",
            );
        }
        if self.tls == MailTls::None && has_password && !is_near(host) {
            return refused(
                "mail.tls",
                "is none, which sends mail.password over the network in the clear; set starttls or implicit",
            );
        }
        Ok(())
    }
}

/// Whether only this machine can be meant.
fn is_near(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable() -> MailConfig {
        MailConfig {
            host: Some("mail.example.org".into()),
            from: Some("Reflector <reflector@example.org>".into()),
            ..MailConfig::default()
        }
    }

    #[test]
    fn a_server_needs_a_sender_and_a_password_somebody() {
        assert!(MailConfig::default().validate().is_ok() && usable().validate().is_ok());
        let said = |config: MailConfig| config.validate().unwrap_err().to_string();
        assert!(said(MailConfig { from: None, ..usable() }).contains("mail.from: is needed"));
        for bad in ["reflector", "a@b\r\nBcc: c@d", "a@b, c@d"] {
            assert!(said(MailConfig { from: Some(bad.into()), ..usable() }).contains("mail.from"), "{bad}");
        }
        assert!(said(MailConfig { host: Some("smtp://mail".into()), ..usable() }).contains("mail.host"));
        assert!(said(MailConfig { port: 0, ..usable() }).contains("mail.port"));
        assert!(said(MailConfig { username: Some("me".into()), ..usable() }).contains("go together"));
        assert!(said(MailConfig { password: Some("s3cret".into()), ..usable() }).contains("go together"));
        assert!(said(MailConfig { max_recipients: 0, ..usable() }).contains("mail.max_recipients"));
        assert!(said(MailConfig { per_hour: 0, ..usable() }).contains("mail.per_hour"));
    }

    #[test]
    fn a_password_never_crosses_a_network_in_the_clear_and_is_not_shown() {
        let open = MailConfig {
            username: Some("me".into()),
            password: Some("s3cret".into()),
            tls: MailTls::None,
            ..usable()
        };
        assert!(!format!("{open:?}").contains("s3cret"));
        assert!(open.validate().unwrap_err().to_string().contains("mail.tls"));
        for near in ["localhost", "127.0.0.1", "::1"] {
            assert!(MailConfig { host: Some(near.into()), ..open.clone() }.validate().is_ok(), "{near}");
        }
        assert!(MailConfig { tls: MailTls::Starttls, ..open }.validate().is_ok());
    }
}
