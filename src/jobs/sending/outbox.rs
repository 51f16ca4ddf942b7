use std::sync::Arc;

use anyhow::Context as _;

use crate::config::{AuthMode, Config, FailuresConfig, Language, MailTls};
use crate::notify::{self, MailSettings, Mailer, Trouble, Webhooks, Zulip, ZulipSettings};
use crate::tls::Trust;

/// What letters and messages go out by, and whom the operator has told of failures. Cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    mailer: Option<Mailer>,
    zulip: Option<Zulip>,
    /// For the operator's own address, wherever that is.
    alarm: Webhooks,
    failures: FailuresConfig,
    webhook_secret: String,
    offers_email: bool,
    offers_zulip: bool,
    recipients: usize,
    per_hour: u32,
    mode: AuthMode,
    public_mode: bool,
    language: Language,
}

impl Outbox {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A secret can't be read, or a client can't be built.
    pub fn new(config: &Config, trust: &Trust) -> anyhow::Result<Self> {
        let mail = &config.mail;
        let mailer = match (mail.host(), &mail.from) {
            (Some(host), Some(from)) => {
                let settings = MailSettings {
                    host: host.to_owned(),
                    port: mail.port,
                    login: mail.username.clone().zip(mail.password()?),
                    from: from.clone(),
                    tls: match mail.tls {
                        MailTls::Starttls => notify::MailTls::Starttls,
                        MailTls::Implicit => notify::MailTls::Implicit,
                        MailTls::None => notify::MailTls::None,
                    },
                    site: config.server.site(),
                };
                Some(Mailer::new(&settings, trust).context("mail")?)
            }
            _ => None,
        };
        let zulip = match config.zulip.account()? {
            Some(account) => {
                let (url, bot_email, api_key) = (account.url, account.bot_email, account.api_key);
                Some(Zulip::new(ZulipSettings { url, bot_email, api_key }, trust).context("zulip")?)
            }
            None => None,
        };
        Ok(Self(Arc::new(Inner {
            mailer,
            zulip,
            alarm: Webhooks::anywhere(trust, &config.server.site())?,
            failures: config.failures.clone(),
            webhook_secret: config.failures.webhook_secret()?.unwrap_or_default(),
            offers_email: config.features.email_transcript,
            offers_zulip: config.features.send_to_zulip,
            recipients: usize::try_from(mail.max_recipients).unwrap_or(1),
            per_hour: mail.per_hour,
            mode: config.auth.mode,
            public_mode: config.auth.public_mode,
            language: config.ui.language,
        })))
    }

    /// What transcripts are sent by as letters, if they are.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.0.mailer.as_ref().filter(|_| self.0.offers_email)
    }

    /// Where transcripts are posted, if they are.
    pub fn zulip(&self) -> Option<&Zulip> {
        self.0.zulip.as_ref().filter(|_| self.0.offers_zulip)
    }

    /// In which language letters and messages are.
    pub fn language(&self) -> Language {
        self.0.language
    }

    /// Addresses that one request or one room may name.
    pub fn recipients(&self) -> usize {
        self.0.recipients
    }

    /// Letters that one person may have sent within an hour.
    pub fn per_hour(&self) -> u32 {
        self.0.per_hour
    }

    /// Tries the mail server and Zulip, as far as they are set: what it is, and what came of it.
    pub async fn probe(&self) -> Vec<(&'static str, Result<String, Trouble>)> {
        let mail = match &self.0.mailer {
            Some(mailer) => mailer.probe().await.map(|()| "the mail server lets us in".to_owned()),
            None => Ok("none (no mail.host): nobody is written to".to_owned()),
        };
        let zulip = match &self.0.zulip {
            Some(zulip) => zulip.probe().await.map(|()| format!("{} knows the bot", zulip.realm())),
            None => Ok("none (no zulip.realm): nothing is posted".to_owned()),
        };
        vec![("e-mail", mail), ("Zulip", zulip)]
    }

    /// The mail server, whatever people may use it for.
    pub(super) fn any_mailer(&self) -> Option<&Mailer> {
        self.0.mailer.as_ref()
    }

    pub(super) fn any_zulip(&self) -> Option<&Zulip> {
        self.0.zulip.as_ref()
    }

    pub(super) fn failures(&self) -> &FailuresConfig {
        &self.0.failures
    }

    /// What tells the operator's address, and the secret it is signed with.
    pub(super) fn alarm(&self) -> (&Webhooks, &str) {
        (&self.0.alarm, &self.0.webhook_secret)
    }

    pub(super) fn mode(&self) -> AuthMode {
        self.0.mode
    }

    pub(super) fn public_mode(&self) -> bool {
        self.0.public_mode
    }
}
