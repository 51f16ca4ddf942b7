//! A signed event to an address that a person named.
//!
//! The receiver is reached by the rules of [`crate::outgoing`], redirects are not followed, and of its answer no more than the
//! beginning is read. Headers and signature are the ancestor's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use sha2::Sha256;
use url::Url;

use crate::outgoing::{self, AllowedHosts};
use crate::tls::Trust;

const CONNECT: Duration = Duration::from_secs(10);
const AGENT: &str = "Reflector-Webhook/1.0";
/// Characters of an answer that are kept. It is shown to the owner of the room: enough to see what a receiver complains of.
pub const PREVIEW: usize = 200;
/// Longest address, in characters.
const LONGEST: usize = 2000;

/// Sends events. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    http: reqwest::Client,
    allowed: Arc<AllowedHosts>,
    /// The address of our own pages, without a slash at its end.
    site: Arc<str>,
}

/// Who is told.
#[derive(Clone, Copy)]
pub struct Receiver<'a> {
    pub url: &'a str,
    pub secret: &'a str,
}

/// What they are told.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its kind, as the header says it.
    pub event: &'static str,
    /// How many times it was sent before.
    pub retry: u32,
    /// JSON.
    pub body: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// HTTP's, if there was an answer.
    pub status: Option<u16>,
    /// The beginning of the answer.
    pub answer: Option<String>,
    /// Why it did not succeed, in words.
    pub error: Option<String>,
    /// Asking again by itself can't help.
    pub hopeless: bool,
    pub took: Duration,
}

impl Webhooks {
    /// `site` is the address of our own pages, for links.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(trust: &Trust, allowed: AllowedHosts, site: &str) -> anyhow::Result<Self> {
        let allowed = Arc::new(allowed);
        let http = outgoing::client(trust, &allowed, 0).connect_timeout(CONNECT).build()?;
        Ok(Self { http, allowed, site: site.trim_end_matches('/').into() })
    }

    /// For an address that the operator names, which may be anywhere.
    ///
    /// # Errors
    /// As [`Webhooks::new`].
    pub fn anywhere(trust: &Trust, site: &str) -> anyhow::Result<Self> {
        Self::new(trust, AllowedHosts::new("", &["0.0.0.0/0".into(), "::/0".into()]), site)
    }

    /// The address of one of our own pages.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    /// An address as it is kept.
    ///
    /// # Errors
    /// Says in words why it is none that may be called. Where a name leads to is judged when it is called.
    pub fn address(&self, url: &str) -> Result<Url, String> {
        if url.chars().count() > LONGEST {
            return Err(format!("has more than {LONGEST} characters"));
        }
        let url = Url::parse(url.trim()).map_err(|error| format!("is no address: {error}"))?;
        outgoing::judge(&self.allowed, &url)?;
        Ok(url)
    }

    /// Sends it once, and waits for the answer for `patience`.
    pub async fn send(
        &self,
        to: Receiver<'_>,
        message: &Message,
        now: DateTime<Utc>,
        patience: Duration,
    ) -> Outcome {
        let begun = Instant::now();
        let failed = |error: String, hopeless| Outcome {
            status: None,
            answer: None,
            error: Some(error),
            hopeless,
            took: begun.elapsed(),
        };
        let url = match self.address(to.url) {
            Ok(url) => url,
            Err(error) => return failed(error, true),
        };
        let mut request = self
            .http
            .post(url)
            .timeout(patience)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header("X-Webhook-Event", message.event)
            .header("X-Webhook-Retry", message.retry)
            .body(message.body.clone());
        // Rooms always have a secret; an operator may do without.
        if !to.secret.is_empty() {
            request = request.header("X-Webhook-Signature", sign(to.secret, now.timestamp(), &message.body));
        }
        match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                let error = (!status.is_success()).then(|| match status.as_u16() {
                    300..=399 => format!("it answered {status}, and redirects are not followed"),
                    _ => format!("it answered {status}"),
                });
                Outcome {
                    status: Some(status.as_u16()),
                    answer: Some(beginning(answer).await),
                    error,
                    hopeless: status == reqwest::StatusCode::GONE,
                    took: begun.elapsed(),
                }
            }
            Err(error) => match outgoing::cause(&error) {
                (why, true) => failed(why, true),
                _ if error.is_timeout() => {
                    failed(format!("it did not answer within {} seconds", patience.as_secs()), false)
                }
                (why, false) => failed(format!("it can't be reached: {why}"), false),
            },
        }
    }
}

/// The ancestor's signature: time in seconds and HMAC-SHA256 (RFC 2104) over time, a dot and the body.
pub fn sign(secret: &str, timestamp: i64, body: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("t={timestamp},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// What an answer begins with, on one line. The rest is not read.
async fn beginning(mut answer: reqwest::Response) -> String {
    // A character has at most 4 bytes.
    let enough = 4 * PREVIEW;
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() >= enough {
            break;
        }
    }
    bytes.truncate(enough);
    let text = String::from_utf8_lossy(&bytes);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(PREVIEW).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_ancestor() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        let signed = sign("secret", 1_700_000_000, r#"{"a":1}"#);
        assert_eq!(
            signed,
            "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }

    #[test]
    fn addresses_are_judged_before_they_are_kept() {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let hooks = Webhooks::new(
            &Trust::system(),
            AllowedHosts::new("outgoing.allow_hosts", &[]),
            "https://r.example/",
        )
        .unwrap();
        assert_eq!(hooks.page("/transcripts/1"), "https://r.example/transcripts/1");
        assert_eq!(hooks.address(" https://hooks.example/x ").unwrap().as_str(), "https://hooks.example/x");
        for (bad, why) in [
            ("hooks.example/x", "is no address"),
            ("file:///etc/passwd", "http"),
            ("http://127.0.0.1/x", "outgoing.allow_hosts"),
            ("http://[::1]/x", "outgoing.allow_hosts"),
        ] {
            let said = hooks.address(bad).unwrap_err();
            assert!(said.contains(why), "{bad}: {said}");
        }
        assert!(hooks.address(&format!("https://hooks.example/{}", "x".repeat(2000))).is_err());
    }
}
