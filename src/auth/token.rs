//! The tokens of `POST /v1/auth/login`: JWTs of HS256, signed with `auth.secret_key`, for 24 hours.
//!
//! They have an audience of their own, so that no other token that is ever signed with the same key passes for one, and name the
//! moment from which on the password is the account's, so that another password ends exactly those from before. The signature is
//! compared in constant time (RustCrypto's `Mac::verify_slice` behind jsonwebtoken).

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Seconds that a token is good for; there is no refresh.
pub const LIFETIME: i64 = 24 * 60 * 60;
/// Characters that a key has at least.
pub const SHORTEST_KEY: usize = 32;

const AUDIENCE: &str = "reflector-login";

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: UserId,
    email: Option<String>,
    aud: String,
    /// Microseconds since 1970.
    credentials_at: i64,
    iat: i64,
    exp: i64,
}

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: UserId,
    /// Since when the password that it was made with was the account's, in microseconds since 1970.
    pub credentials_at: i64,
    /// When it ends, in seconds since 1970.
    pub ends_at: i64,
}

/// Signs and reads tokens.
#[derive(Clone)]
pub struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// With the text of `auth.secret_key`.
    pub fn new(key: &str) -> Self {
        Self {
            encoding: EncodingKey::from_secret(key.as_bytes()),
            decoding: DecodingKey::from_secret(key.as_bytes()),
        }
    }

    /// A token for `user` from `now` on, whose password has been theirs since `credentials_at`; `None` if it can't be written,
    /// which would be a mistake of this program.
    pub fn issue(
        &self,
        user: UserId,
        email: Option<&str>,
        credentials_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let claims = Claims {
            sub: user,
            email: email.map(str::to_owned),
            aud: AUDIENCE.to_owned(),
            credentials_at: credentials_at.timestamp_micros(),
            iat: now.timestamp(),
            exp: now.timestamp() + LIFETIME,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok()
    }

    /// What a token says at `now`, if it is one of ours that still holds.
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Login> {
        let mut wanted = Validation::new(Algorithm::HS256);
        wanted.set_audience(&[AUDIENCE]);
        wanted.set_required_spec_claims(&["exp", "aud", "sub"]);
        wanted.leeway = 0;
        // Compared below with the caller's time.
        wanted.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &wanted).ok()?.claims;
        let holds = claims.iat <= now.timestamp() + 60 && now.timestamp() < claims.exp;
        // A token of ours has small numbers; with the key, somebody may have signed any.
        (holds && claims.exp.saturating_sub(claims.iat) <= LIFETIME).then_some(Login {
            user: claims.sub,
            credentials_at: claims.credentials_at,
            ends_at: claims.exp,
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::Duration;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_token_holds_for_a_day_under_its_own_key() {
        let (signer, user, now) = (Signer::new(KEY), UserId::new(), crate::clock::now());
        let since = now - Duration::days(3);
        let token = signer.issue(user, Some("ada@example.org"), since, now).unwrap();
        let said =
            Login { user, credentials_at: since.timestamp_micros(), ends_at: now.timestamp() + LIFETIME };
        assert_eq!(signer.read(&token, now), Some(said));
        let day = Duration::seconds(LIFETIME);
        assert!(signer.read(&token, now + day - Duration::seconds(1)).is_some());
        assert!(signer.read(&token, now + day).is_none(), "it ends after 24 hours");
        assert!(Signer::new("another key of thirty-two letters").read(&token, now).is_none());
    }

    #[test]
    fn what_was_changed_is_signed_otherwise_or_means_something_else_is_refused() {
        let (signer, user, now) = (Signer::new(KEY), UserId::new(), crate::clock::now());
        let token = signer.issue(user, None, now, now).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let none = format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#), parts[1]);
        let other = encode(&format!(
            r#"{{"sub":"{}","aud":"{AUDIENCE}","credentials_at":0,"iat":0,"exp":9999999999}}"#,
            UserId::new()
        ));
        let changed = format!("{}.{other}.{}", parts[0], parts[2]);
        let cut = &token[..token.len() - 1];
        for bad in [none.as_str(), &changed, cut, "", "a.b.c", parts[1]] {
            assert_eq!(signer.read(bad, now), None, "{bad}");
        }
        let sign = |aud: &str, exp: i64| {
            let claims = Claims {
                sub: user,
                email: None,
                aud: aud.into(),
                credentials_at: 0,
                iat: now.timestamp(),
                exp,
            };
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &signer.encoding).unwrap()
        };
        let soon = now.timestamp() + 60;
        assert!(signer.read(&sign(AUDIENCE, soon), now).is_some());
        assert!(signer.read(&sign("reflector-audio", soon), now).is_none(), "another audience");
        assert!(signer.read(&sign(AUDIENCE, soon + 2 * LIFETIME), now).is_none(), "longer than we issue");
        let strong = jsonwebtoken::encode(
            &Header::new(Algorithm::HS512),
            &Claims {
                sub: user,
                email: None,
                aud: AUDIENCE.into(),
                credentials_at: 0,
                iat: now.timestamp(),
                exp: soon,
            },
            &signer.encoding,
        );
        assert!(signer.read(&strong.unwrap(), now).is_none(), "another algorithm");
    }
}
