//! The identity provider, where `auth.mode` is jwt: what it publishes about itself (OpenID Connect Discovery 1.0), the tokens that it
//! signs (RFC 7519), and a browser's way there and back (authorization code with PKCE, RFC 6749 and 7636).
//!
//! Nothing is asked of the provider before somebody comes, so it may start later than this program. What it publishes is kept in
//! memory and renewed; while it can't be reached, what is known goes on to hold for a day.

mod bearer;
mod cache;
mod fetch;
mod flow;
mod probe;
mod published;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use openidconnect::ProviderMetadataWithLogout;
use openidconnect::core::CoreJwsSigningAlgorithm;

use crate::config::{AuthConfig, AuthMode, ConfigError, JwtAlgorithm, same_address};
use crate::tls::Trust;

pub use bearer::{Bearer, pinned};
pub use fetch::{Answer, FetchError};
pub use flow::{Begun, Renewal, SignedIn, Tokens};
pub use probe::Probe;
pub use published::Published;
pub use refusal::{OidcError, Refusal};

use cache::Cache;
use fetch::Fetch;
use published::Keys;

/// By how much the clocks of two machines may differ.
pub const LEEWAY: Duration = Duration::from_secs(60);
/// For as long what the provider says of itself is taken as it was.
const METADATA_AGE: Duration = Duration::from_secs(60 * 60);
/// For as long its keys are: a key that it withdrew is worth nothing after that.
const KEYS_AGE: Duration = Duration::from_secs(5 * 60);

/// Who somebody is by the provider's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// By what the provider knows them, and nobody else, ever.
    pub subject: String,
    /// Their address, if the provider says that it made sure of it.
    pub email: Option<String>,
}

/// The provider of the settings. Cheap to clone.
#[derive(Clone)]
pub struct Oidc(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Fetch,
    metadata: Cache<ProviderMetadataWithLogout>,
    keys: Cache<Keys>,
}

struct Settings {
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    audience: String,
    algorithm: JwtAlgorithm,
    pinned: Option<DecodingKey>,
    jwks_url: Option<String>,
    refresh_url: Option<String>,
    name: String,
    return_after_logout: bool,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc").field("issuer", &self.0.settings.issuer).finish_non_exhaustive()
    }
}

impl Oidc {
    /// The provider of the settings; `None` where people log in otherwise. Nothing is asked of it yet.
    ///
    /// # Errors
    /// The client's secret or the public key can't be read, or there is no HTTP client.
    pub fn new(auth: &AuthConfig, trust: &Trust) -> Result<Option<Self>, ConfigError> {
        if auth.mode != AuthMode::Jwt {
            return Ok(None);
        }
        let given = |value: &Option<String>| {
            value.as_deref().map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let settings = Settings {
            issuer: given(&auth.issuer),
            client_id: given(&auth.client_id),
            client_secret: auth.client_secret()?,
            audience: auth.audience().unwrap_or_default().to_owned(),
            algorithm: auth.jwt_algorithm,
            pinned: bearer::pinned(auth)?,
            jwks_url: given(&auth.jwks_url),
            refresh_url: given(&auth.refresh_token_url),
            name: auth.provider_name(),
            return_after_logout: auth.post_logout_return,
        };
        let http = Fetch::new(trust)
            .map_err(|error| ConfigError::Refused { key: "tls.ca", message: error.to_string() })?;
        Ok(Some(Self(Arc::new(Inner {
            settings,
            http,
            metadata: Cache::new(METADATA_AGE),
            keys: Cache::new(KEYS_AGE),
        }))))
    }

    /// What people know the provider by.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// Whether that is the provider's name for itself.
    pub fn is_issuer(&self, name: &str) -> bool {
        self.0.settings.issuer.as_deref().is_some_and(|issuer| same_address(issuer, name))
    }

    /// Whether browsers can log in: that needs its address and what it calls this application.
    pub fn serves_browsers(&self) -> bool {
        self.0.settings.issuer.is_some() && self.0.settings.client_id.is_some()
    }
}

/// The same algorithm by the name that bearer tokens are read with.
fn for_bearer(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::RS256 => Algorithm::RS256,
        JwtAlgorithm::RS384 => Algorithm::RS384,
        JwtAlgorithm::RS512 => Algorithm::RS512,
        JwtAlgorithm::ES256 => Algorithm::ES256,
        JwtAlgorithm::ES384 => Algorithm::ES384,
    }
}

/// And by the one that ID tokens are.
fn for_id_token(algorithm: JwtAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        JwtAlgorithm::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        JwtAlgorithm::RS384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
        JwtAlgorithm::RS512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
        JwtAlgorithm::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        JwtAlgorithm::ES384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    }
}
