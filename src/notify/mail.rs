//! Letters by SMTP (RFC 5321), as MIME with a plain text and an HTML one.
//!
//! Addresses are parsed and headers encoded by `lettre`, and what is put into them has lost its line breaks before: no title and no
//! address can add a header or a recipient.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::tls::Trust;

/// How long the server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest subject, in characters.
const SUBJECT: usize = 200;
/// Longest address (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

/// How the mail server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// After the greeting, always.
    Starttls,
    /// From the first byte.
    Implicit,
    /// In the clear.
    None,
}

/// The mail server and who writes.
#[derive(Clone)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    /// Name and password, if it wants them.
    pub login: Option<(String, String)>,
    pub from: String,
    pub tls: MailTls,
    /// The address of our own pages: what we call ourselves when we say hello, and in message ids.
    pub site: String,
}

/// Writes letters. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("domain", &self.domain).finish_non_exhaustive()
    }
}

/// A letter to one person.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The same for every attempt, so that a receiver that gets it twice can tell.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub plain: String,
    pub html: String,
}

/// Why something was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// In words, for whoever asked.
    pub why: String,
    /// Asking again by itself can't help.
    pub hopeless: bool,
}

impl Trouble {
    pub(super) fn new(why: impl Into<String>, hopeless: bool) -> Self {
        Self { why: why.into(), hopeless }
    }
}

/// An e-mail address as it is kept: one, alone, without a name, its domain in letters that every server knows.
///
/// # Errors
/// Says in words what is wrong with it.
pub fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} characters"));
    }
    let (user, domain) = text.rsplit_once('@').ok_or("is no e-mail address: it has no @")?;
    if user.is_empty()
        || !user.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(&byte))
    {
        return Err("is no e-mail address that can be written to: before the @ only plain letters, digits and signs are known".into());
    }
    let domain = match url::Host::parse(domain) {
        Ok(url::Host::Domain(domain)) => domain,
        _ => return Err("is no e-mail address: after the @ there must be a host's name".into()),
    };
    match Address::new(user, &domain) {
        Ok(address) => Ok(address.to_string()),
        Err(error) => Err(format!("is no e-mail address: {error}")),
    }
}

impl Mailer {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// The sender is no address, or the authorities can't be used.
    pub fn new(settings: &MailSettings, trust: &Trust) -> anyhow::Result<Self> {
        let host = settings.host.trim_matches(['[', ']']).to_owned();
        let tls = match settings.tls {
            MailTls::None => Tls::None,
            wanted => {
                let parameters = TlsParameters::builder(host.clone())
                    .certificate_store(CertificateStore::None)
                    .add_root_certificate(Certificate::from_pem(trust.pem().as_bytes())?)
                    .build_rustls()?;
                if wanted == MailTls::Implicit { Tls::Wrapper(parameters) } else { Tls::Required(parameters) }
            }
        };
        let domain = url::Url::parse(&settings.site)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "localhost".into());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(settings.port)
            .tls(tls)
            .hello_name(hello(&domain))
            .timeout(Some(PATIENCE));
        if let Some((name, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
        }
        Ok(Self { transport: builder.build(), from: settings.from.parse()?, domain })
    }

    /// Sends one letter to one person.
    ///
    /// # Errors
    /// It can't be written, or the server did not take it.
    pub async fn send(&self, letter: &Letter) -> Result<(), Trouble> {
        let message = self.compose(letter)?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| trouble(&error))
    }

    fn compose(&self, letter: &Letter) -> Result<Message, Trouble> {
        let hopeless = |error: String| Trouble::new(error, true);
        let to = address(&letter.to).map_err(|why| hopeless(format!("the address {why}")))?;
        let to: Address = to.parse().map_err(|error| hopeless(format!("the address is none: {error}")))?;
        let body = MultiPart::alternative_plain_html(letter.plain.clone(), letter.html.clone());
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&letter.subject, SUBJECT))
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .date_now()
            .multipart(body)
            .map_err(|error| hopeless(format!("the letter can't be written: {error}")))?;
        // Answering machines must not answer (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".into()));
        Ok(message)
    }

    /// Says hello to the server, and who we are, and goodbye.
    ///
    /// # Errors
    /// It can't be reached, or does not let us in.
    pub async fn probe(&self) -> Result<(), Trouble> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Trouble::new("the mail server does not answer", false)),
            Err(error) => Err(trouble(&error)),
        }
    }
}

/// What we call ourselves: a name, or an address in numbers as SMTP writes it.
fn hello(domain: &str) -> ClientId {
    match domain.trim_matches(['[', ']']).parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(domain.to_owned()),
    }
}

/// A text that stays on the line it is put on.
fn one_line(text: &str, most: usize) -> String {
    let printable = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let text: String = text.chars().map(printable).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(most).collect()
}

fn trouble(error: &lettre::transport::smtp::Error) -> Trouble {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    // A server's own words, which may have several lines.
    let cause = one_line(&cause.to_string(), 300);
    match error.status() {
        Some(code) => Trouble::new(format!("the mail server answered {code}: {cause}"), error.is_permanent()),
        None if error.is_timeout() => Trouble::new("the mail server did not answer in time", false),
        None if error.is_client() => Trouble::new(format!("the mail server can't be used: {cause}"), false),
        None => Trouble::new(format!("the mail server can't be reached: {cause}"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer() -> Mailer {
        let settings = MailSettings {
            host: "localhost".into(),
            port: 25,
            login: None,
            from: "Reflector <reflector@example.org>".into(),
            tls: MailTls::None,
            site: "https://reflector.example.org/".into(),
        };
        let _already = rustls::crypto::ring::default_provider().install_default();
        Mailer::new(&settings, &Trust::system()).unwrap()
    }

    fn letter(to: &str, subject: &str) -> Letter {
        Letter {
            id: "018f".into(),
            to: to.into(),
            subject: subject.into(),
            plain: "Bcc: eve@example.org\n\n.\nHello".into(),
            html: "<p>Hello</p>".into(),
        }
    }

    #[test]
    fn an_address_is_one_address() {
        assert_eq!(address(" ada@example.org ").unwrap(), "ada@example.org");
        assert_eq!(address("ada+x@bücher.example").unwrap(), "ada+x@xn--bcher-kva.example");
        let long = format!("{}@example.org", "x".repeat(250));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@@example.org",
            "Ada <ada@example.org>",
            "ada@example.org, eve@example.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ada\r\nBcc:eve@example.org",
            "\"ada\"@example.org",
            "ada eve@example.org",
            "ada@exa mple.org",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            "ädä@example.org",
            &long,
        ] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_title_adds_a_header_or_a_recipient() {
        let mailer = mailer();
        let title = "Budget\r\nBcc: eve@example.org\r\n\r\nBody \u{2028} Ünïcode";
        let message = mailer.compose(&letter("ada@example.org", title)).unwrap();
        assert_eq!(message.envelope().to().len(), 1);
        assert_eq!(message.envelope().to()[0].to_string(), "ada@example.org");
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{head}");
        for wanted in ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version"] {
            assert!(names.contains(&wanted), "{wanted}: {head}");
        }
        assert!(head.contains("<018f@reflector.example.org>"), "{head}");
        assert!(mailer.compose(&letter("ada@example.org\r\nRCPT TO:<eve@example.org>", "x")).is_err());
    }
}
