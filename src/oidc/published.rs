//! What the provider publishes: its metadata and its keys.

use std::sync::Arc;

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use openidconnect::ProviderMetadataWithLogout;
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::Value;

use super::fetch::Answer;
use super::{Oidc, OidcError, for_bearer};
use crate::config::same_address;

/// Where a provider's metadata are, beneath its address.
const METADATA: &str = ".well-known/openid-configuration";

/// What `doctor` reports on.
#[derive(Debug)]
pub struct Published {
    pub metadata: Arc<ProviderMetadataWithLogout>,
    /// How many keys can verify tokens of the algorithm that the settings name.
    pub keys: usize,
    /// Whether the one key of the settings is among them; `None` where there is none.
    pub pinned: Option<bool>,
}

/// The keys of one moment.
pub(super) struct Keys {
    keys: Vec<Key>,
    /// The same as ID tokens are checked with.
    pub set: CoreJsonWebKeySet,
}

struct Key {
    kid: Option<String>,
    decoding: DecodingKey,
    jwk: Jwk,
}

impl Keys {
    /// Reads a set of keys; those of other kinds and for other uses are left out.
    fn read(body: &[u8], algorithm: Algorithm) -> Result<Self, serde_json::Error> {
        let value: Value = serde_json::from_slice(body)?;
        let all = value.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let keys = all.into_iter().filter_map(|one| Key::read(one, algorithm)).collect();
        Ok(Self { keys, set: serde_json::from_slice(body)? })
    }

    /// Those that a token with this `kid` may be signed with.
    pub fn of(&self, kid: Option<&str>) -> Vec<&DecodingKey> {
        let named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        self.keys.iter().filter(named).map(|key| &key.decoding).collect()
    }
}

impl Key {
    fn read(value: Value, algorithm: Algorithm) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let signs =
            jwk.common.public_key_use.as_ref().is_none_or(|wanted| *wanted == PublicKeyUse::Signature);
        let named =
            jwk.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        // A symmetric key has no business in public.
        let kind = decoding.family() == algorithm.family() && decoding.family() != AlgorithmFamily::Hmac;
        (signs && named && kind).then(|| Self { kid: jwk.common.key_id.clone(), decoding, jwk })
    }
}

impl Oidc {
    /// The provider's metadata.
    ///
    /// # Errors
    /// It can't be reached, or its answer is not that of this issuer.
    pub(super) async fn metadata(&self) -> Result<Arc<ProviderMetadataWithLogout>, OidcError> {
        self.0.metadata.get(|_| true, self.ask_metadata()).await
    }

    async fn ask_metadata(&self) -> Result<ProviderMetadataWithLogout, OidcError> {
        let Some(issuer) = &self.0.settings.issuer else {
            return Err(OidcError::Provider("auth.issuer is not set".into()));
        };
        let url = metadata_url(issuer);
        let answer = self.0.http.get(&url).await?;
        read_metadata(issuer, &url, &answer)
    }

    /// The provider's keys, asked for anew if none of them has this `kid`.
    pub(super) async fn keys(&self, kid: Option<&str>) -> Result<Arc<Keys>, OidcError> {
        self.0.keys.get(|keys| !keys.of(kid).is_empty(), self.ask_keys()).await
    }

    async fn ask_keys(&self) -> Result<Keys, OidcError> {
        let url = match &self.0.settings.jwks_url {
            Some(url) => url.clone(),
            None => self.metadata().await?.jwks_uri().to_string(),
        };
        let answer = self.0.http.get(&url).await?;
        let wrong = |why: String| OidcError::Provider(format!("the keys at {url}: {why}"));
        if answer.status != 200 {
            return Err(wrong(status(answer.status)));
        }
        Keys::read(&answer.body, for_bearer(self.0.settings.algorithm))
            .map_err(|error| wrong(error.to_string()))
    }

    /// The provider's own answer for its metadata, unread: status, body and clock.
    ///
    /// # Errors
    /// It can't be reached.
    pub async fn look(&self) -> Result<Option<Answer>, OidcError> {
        let Some(issuer) = &self.0.settings.issuer else { return Ok(None) };
        Ok(Some(self.0.http.get(&metadata_url(issuer)).await?))
    }

    /// Everything that it publishes, asked for anew.
    ///
    /// # Errors
    /// It can't be reached, or an answer can't be used.
    pub async fn published(&self) -> Result<Published, OidcError> {
        let metadata = self.metadata().await?;
        let keys = self.keys(None).await?;
        let pinned = self.0.settings.pinned.as_ref();
        let pinned = pinned.map(|pinned| keys.keys.iter().any(|key| same_key(pinned, key)));
        Ok(Published { metadata, keys: keys.keys.len(), pinned })
    }
}

/// Whether a PEM's key and a published one are the same: by their numbers.
fn same_key(pinned: &DecodingKey, key: &Key) -> bool {
    jsonwebtoken::jwk::Jwk::from_decoding_key(pinned, None)
        .is_ok_and(|pinned| pinned.algorithm == key.jwk.algorithm)
}

pub(super) fn metadata_url(issuer: &str) -> String {
    format!("{}/{METADATA}", issuer.trim_end_matches('/'))
}

fn read_metadata(issuer: &str, url: &str, answer: &Answer) -> Result<ProviderMetadataWithLogout, OidcError> {
    if answer.status != 200 {
        return Err(OidcError::Provider(format!("{url}: {}", status(answer.status))));
    }
    let metadata: ProviderMetadataWithLogout = serde_json::from_slice(&answer.body).map_err(|error| {
        OidcError::Provider(format!("{url} answers, but not with a provider's metadata: {error}"))
    })?;
    let named = metadata.issuer().as_str();
    // Authentik ends its name with a slash, and the ancestor's guide leaves it out.
    if !same_address(named, issuer) {
        return Err(OidcError::Provider(format!(
            "the provider calls itself {named}, and auth.issuer says {issuer}; set auth.issuer to what it calls itself"
        )));
    }
    Ok(metadata)
}

/// What a status other than 200 is likely to mean.
fn status(status: u16) -> String {
    let why = match status {
        404 => "nothing is there; look at the path of auth.issuer",
        502..=504 => {
            "a proxy answers, and the provider behind it does not; see that it runs and that the proxy reaches it"
        }
        300..=399 => "it leads elsewhere; set auth.issuer to the address that it leads to",
        _ => "see the provider's log",
    };
    format!("answers {status}: {why}")
}
