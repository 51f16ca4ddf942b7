//! Tokens that let whoever holds them listen to one recording for some minutes: for players and programs that a cookie or a header
//! does not reach, and that are handed an address.
//!
//! HMAC-SHA-256 (RFC 2104) over what the token says and what it is bound to: the object, and the state of the rights in which it was
//! given. Neither stands in the token, so it opens nothing else, and nothing at all once the rights have changed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::ids::{ApiKeyId, SessionId, UserId};

/// What is signed begins with this, and so means nothing elsewhere.
const PURPOSE: &[u8] = b"reflector listen 1\0";
/// Characters of a token, far more than one of ours has.
const LONGEST: usize = 1024;

/// Who gave it, and until when it holds at most: it holds only as long as they may listen themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `None`: somebody without an account.
    #[serde(rename = "u", skip_serializing_if = "Option::is_none", default)]
    pub user: Option<UserId>,
    /// Since when their password is theirs, in microseconds since 1970.
    #[serde(rename = "c", skip_serializing_if = "Option::is_none", default)]
    pub credentials_at: Option<i64>,
    /// The browser in which they were logged in.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none", default)]
    pub session: Option<SessionId>,
    /// The key that they showed.
    #[serde(rename = "k", skip_serializing_if = "Option::is_none", default)]
    pub key: Option<ApiKeyId>,
    /// Seconds since 1970.
    #[serde(rename = "e")]
    pub ends_at: i64,
}

/// What a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<'b> {
    /// The object's path.
    pub object: &'b str,
    /// A number that another state of the rights never has.
    pub rights: i32,
}

/// Signs and reads tokens.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// A token that was read, and not believed yet.
#[derive(Debug)]
pub struct Claim<'t> {
    said: &'t str,
    mac: Vec<u8>,
    grant: Grant,
}

impl Signer {
    /// With the installation's secret.
    pub fn new(secret: &str) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mac = Hmac::new_from_slice(secret.as_bytes()).expect("a key");
        Self(mac)
    }

    fn over(&self, said: &str, bound: Bound<'_>) -> Hmac<Sha256> {
        // No part has a zero in it, so what is signed can be read in one way only.
        let rights = bound.rights.to_string();
        let parts = [PURPOSE, said.as_bytes(), b"\0", bound.object.as_bytes(), b"\0", rights.as_bytes()];
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }

    /// A token; `None` if it can't be written, which would be a mistake of this program.
    pub fn sign(&self, grant: &Grant, bound: Bound<'_>) -> Option<String> {
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(grant).ok()?);
        let mac = self.over(&said, bound).finalize().into_bytes();
        Some(format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac)))
    }

    /// What a token says, if it was signed by us for this and has not ended at `now`.
    pub fn open(&self, claim: &Claim<'_>, bound: Bound<'_>, now: DateTime<Utc>) -> Option<Grant> {
        self.over(claim.said, bound).verify_slice(&claim.mac).ok()?;
        (now.timestamp() < claim.grant.ends_at).then_some(claim.grant)
    }
}

impl<'t> Claim<'t> {
    /// A text that looks like a token of ours.
    pub fn read(token: &'t str) -> Option<Self> {
        let (said, mac) = token.split_once('.').filter(|_| token.len() <= LONGEST)?;
        let grant = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()?;
        Some(Self { said, mac: URL_SAFE_NO_PAD.decode(mac).ok()?, grant })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const ONE: Bound<'_> = Bound { object: "transcripts/1/audio.mp3", rights: 3 };

    #[test]
    fn a_token_opens_one_object_in_one_state_of_the_rights_until_it_ends() {
        let (signer, now) = (Signer::new("secret"), crate::clock::now());
        let ends_at = now.timestamp() + 60;
        let grant = Grant {
            user: Some(UserId::new()),
            credentials_at: Some(7),
            session: Some(SessionId::new()),
            key: None,
            ends_at,
        };
        let token = signer.sign(&grant, ONE).unwrap();
        let open = |signer: &Signer, bound, now| signer.open(&Claim::read(&token).unwrap(), bound, now);
        assert_eq!(open(&signer, ONE, now), Some(grant));
        assert_eq!(open(&signer, ONE, now + TimeDelta::seconds(61)), None, "it has ended");
        for other in [Bound { object: "transcripts/2/audio.mp3", ..ONE }, Bound { rights: 4, ..ONE }] {
            assert_eq!(open(&signer, other, now), None, "{other:?}");
        }
        assert_eq!(open(&Signer::new("another"), ONE, now), None);
        assert!(token.len() < 400 && !token.contains(['+', '/', '=']), "{token}");
    }

    #[test]
    fn what_was_changed_or_is_none_is_refused() {
        let (signer, now) = (Signer::new("secret"), crate::clock::now());
        let nobody = |ends_at| Grant { user: None, credentials_at: None, session: None, key: None, ends_at };
        let token = signer.sign(&nobody(now.timestamp() + 60), ONE).unwrap();
        let (said, mac) = token.split_once('.').unwrap();
        let longer = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&nobody(now.timestamp() + 9999)).unwrap());
        let short = URL_SAFE_NO_PAD.encode(&URL_SAFE_NO_PAD.decode(mac).unwrap()[..28]);
        for bad in [format!("{longer}.{mac}"), format!("{said}.{short}"), format!("{said}.")] {
            let claim = Claim::read(&bad).unwrap();
            assert_eq!(signer.open(&claim, ONE, now), None, "{bad}");
        }
        for none in ["", ".", "x", "a.b", said, &"x.".repeat(2000)] {
            assert!(Claim::read(none).is_none(), "{none}");
        }
    }
}
