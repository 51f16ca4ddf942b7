use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::secret;

/// Characters that the key of tokens has at least.
const SHORTEST_KEY: usize = 32;

/// How somebody shows who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMode {
    /// Not at all: whoever reaches the port may do everything with what nobody owns; in public mode, what visitors may.
    #[default]
    None,
    /// By e-mail address and password.
    Password,
    /// By an identity provider: tokens that it signed, and in the browser its own login (OpenID Connect).
    Jwt,
}

/// How the identity provider signs. Never with a shared secret: then whoever can check a token could make one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum JwtAlgorithm {
    #[default]
    RS256,
    RS384,
    RS512,
    ES256,
    ES384,
}

/// `[auth]`: who may come in.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    pub mode: AuthMode,
    /// Let those who are not logged in see what is for everybody, and add recordings that nobody owns. Where nobody logs in that is all
    /// that anybody may.
    pub public_mode: bool,
    /// Signs the tokens of `POST /v1/auth/login`.
    pub secret_key: Option<String>,
    /// A file that holds it.
    pub secret_key_file: Option<PathBuf>,
    /// An administrator's address, made into an account at the start.
    pub admin_email: Option<String>,
    /// The hash of their password.
    pub admin_password_hash: Option<String>,
    /// A file that holds it.
    pub admin_password_hash_file: Option<PathBuf>,
    /// The identity provider's address, under which it publishes what it can do.
    pub issuer: Option<String>,
    /// What the provider calls this application.
    pub client_id: Option<String>,
    /// With which this application shows itself to the provider; none for a public client.
    pub client_secret: Option<String>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// Whom tokens must be meant for; the client unless it is set.
    pub audience: Option<String>,
    /// How the provider signs; a token of another kind is refused.
    pub jwt_algorithm: JwtAlgorithm,
    /// A PEM file with the one key that bearer tokens may be signed with, instead of those that the provider publishes.
    pub jwt_public_key_file: Option<PathBuf>,
    /// Where the provider publishes its keys, if not where its metadata say.
    pub jwks_url: Option<String>,
    /// Where its tokens are renewed, if not where its metadata say.
    pub refresh_token_url: Option<String>,
    /// What people know the provider by.
    pub provider_name: Option<String>,
    /// Have the provider send people back to the login page after they logged out.
    pub post_logout_return: bool,
}

impl std::fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthConfig")
            .field("mode", &self.mode)
            .field("public_mode", &self.public_mode)
            .finish_non_exhaustive()
    }
}

impl AuthConfig {
    /// Whether those who are not logged in see what is for everybody, and change nothing.
    pub fn is_public(&self) -> bool {
        self.public_mode
    }

    /// Whether whoever comes in may do everything with what nobody owns: there is neither a login nor a public mode.
    pub fn is_open(&self) -> bool {
        self.mode == AuthMode::None && !self.public_mode
    }

    /// What signs tokens; `None` where nobody logs in with a password. A process that serves speech alone needs none, so it is asked for here and
    /// not when the settings are read.
    ///
    /// # Errors
    /// There is none, it can't be read, it is short, or it is one that was published.
    pub fn key(&self) -> Result<Option<String>, ConfigError> {
        if self.mode != AuthMode::Password {
            return Ok(None);
        }
        let refused = |message: String| Err(ConfigError::refused("auth.secret_key", message));
        match secret(&self.secret_key, ("auth.secret_key_file", &self.secret_key_file))? {
            None => refused(
                "is needed where auth.mode is password, or auth.secret_key_file; `openssl rand -hex 32` makes one".into(),
            ),
            Some(key) if key.to_lowercase().contains("changeme") => {
                refused("is the ancestor's published default; `openssl rand -hex 32` makes one".into())
            }
            Some(key) if key.chars().count() < SHORTEST_KEY => refused(format!(
                "must have at least {SHORTEST_KEY} characters; `openssl rand -hex 32` makes one"
            )),
            Some(key) => Ok(Some(key)),
        }
    }

    /// The administrator with a password that the settings name: address and hash; none where a provider looks after that.
    ///
    /// # Errors
    /// One of the two is missing, or the file can't be read.
    pub fn admin(&self) -> Result<Option<(String, String)>, ConfigError> {
        if self.mode == AuthMode::Jwt {
            return Ok(None);
        }
        let file = ("auth.admin_password_hash_file", &self.admin_password_hash_file);
        let email = self.admin_email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        match (email, secret(&self.admin_password_hash, file)?) {
            (None, None) => Ok(None),
            (Some(email), Some(hash)) => Ok(Some((email.to_owned(), hash))),
            (Some(_), None) => Err(ConfigError::refused(
                "auth.admin_password_hash",
                "is needed with auth.admin_email; `reflector admin hash-password` makes one",
            )),
            (None, Some(_)) => {
                Err(ConfigError::refused("auth.admin_email", "is needed with auth.admin_password_hash"))
            }
        }
    }

    /// With which this application shows itself to the identity provider; `None` for a public client.
    ///
    /// # Errors
    /// The file can't be read, or is empty.
    pub fn client_secret(&self) -> Result<Option<String>, ConfigError> {
        secret(&self.client_secret, ("auth.client_secret_file", &self.client_secret_file))
    }

    /// Whom the provider's tokens must be meant for.
    pub fn audience(&self) -> Option<&str> {
        given(&self.audience).or_else(|| given(&self.client_id))
    }

    /// What people know the provider by: a name, or its host's.
    pub fn provider_name(&self) -> String {
        let host = || url::Url::parse(self.issuer.as_deref()?).ok()?.host_str().map(str::to_owned);
        let named = given(&self.provider_name).map(str::to_owned);
        named.or_else(host).unwrap_or_else(|| "single sign-on".into())
    }

    fn validate_provider(&self) -> Result<(), ConfigError> {
        let refused = ConfigError::refused;
        for (key, url) in [
            ("auth.issuer", &self.issuer),
            ("auth.jwks_url", &self.jwks_url),
            ("auth.refresh_token_url", &self.refresh_token_url),
        ] {
            let Some(url) = given(url) else { continue };
            let usable = url::Url::parse(url)
                .is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some());
            if !usable {
                return Err(refused(key, "must be an address with https:// (or http://)"));
            }
        }
        let issuer = given(&self.issuer);
        if issuer.is_some_and(|issuer| issuer.contains(['?', '#'])) {
            return Err(refused("auth.issuer", "may have neither ? nor #"));
        }
        if self.mode != AuthMode::Jwt {
            return Ok(());
        }
        if issuer.is_none() && self.jwks_url.is_none() && self.jwt_public_key_file.is_none() {
            return Err(refused(
                "auth.issuer",
                "is needed where auth.mode is jwt: the provider's address, as in https://auth.example.org/application/o/reflector",
            ));
        }
        let Some(audience) = self.audience() else {
            return Err(refused(
                "auth.client_id",
                "is needed where auth.mode is jwt, or auth.audience: without one of them, tokens for any other application would be let in",
            ));
        };
        if audience.starts_with("https://") && issuer.is_some_and(|issuer| same_address(issuer, audience)) {
            return Err(refused("auth.audience", "is the issuer's address; set the OAuth client ID"));
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        self.validate_provider()?;
        for (value, file, key) in [
            (&self.secret_key, &self.secret_key_file, "auth.secret_key_file"),
            (&self.client_secret, &self.client_secret_file, "auth.client_secret_file"),
            (&self.admin_password_hash, &self.admin_password_hash_file, "auth.admin_password_hash_file"),
        ] {
            if value.is_some() && file.is_some() {
                return Err(ConfigError::refused(
                    key,
                    format!("is set beside {}; leave one of them out", key.trim_end_matches("_file")),
                ));
            }
        }
        Ok(())
    }
}

/// What is set and not blank.
fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|value| !value.is_empty())
}

/// Whether two addresses differ at most by a slash at the end, which people leave out and providers have.
pub fn same_address(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_needs_an_address_or_a_key_and_an_audience() {
        let jwt = AuthConfig { mode: AuthMode::Jwt, ..AuthConfig::default() };
        let said = |config: &AuthConfig| config.validate().unwrap_err().to_string();
        assert!(said(&jwt).starts_with("settings: auth.issuer: is needed"));
        let jwt = AuthConfig { issuer: Some("https://auth.lan/application/o/reflector".into()), ..jwt };
        assert!(said(&jwt).contains("auth.client_id: is needed"));
        let wrong =
            AuthConfig { audience: Some("https://auth.lan/application/o/reflector/".into()), ..jwt.clone() };
        assert!(said(&wrong).contains("auth.audience: is the issuer's address; set the OAuth client ID"));
        let jwt = AuthConfig { client_id: Some("reflector".into()), ..jwt };
        assert!(jwt.validate().is_ok() && jwt.key().unwrap().is_none(), "nothing of ours is signed");
        assert_eq!((jwt.audience(), jwt.provider_name().as_str()), (Some("reflector"), "auth.lan"));
        let ftp = AuthConfig { jwks_url: Some("ftp://auth.lan/jwks".into()), ..jwt.clone() };
        assert!(said(&ftp).contains("auth.jwks_url: must be an address"));
        let secret = AuthConfig { client_secret: Some("s3cret".into()), ..jwt };
        assert!(!format!("{secret:?}").contains("s3cret"));
        let both = AuthConfig { client_secret_file: Some("/run/secret".into()), ..secret };
        assert!(said(&both).contains("auth.client_secret_file: is set beside auth.client_secret"));
    }

    #[test]
    fn without_a_login_everybody_may_do_everything_or_is_a_visitor() {
        let of = |mode, public_mode| AuthConfig { mode, public_mode, ..AuthConfig::default() };
        for (mode, public_mode, public, open) in [
            (AuthMode::None, false, false, true),
            (AuthMode::None, true, true, false),
            (AuthMode::Password, false, false, false),
            (AuthMode::Password, true, true, false),
            (AuthMode::Jwt, true, true, false),
        ] {
            let auth = of(mode, public_mode);
            assert_eq!((auth.is_public(), auth.is_open()), (public, open), "{mode:?} {public_mode}");
        }
    }

    fn password() -> AuthConfig {
        AuthConfig {
            mode: AuthMode::Password,
            secret_key: Some("0123456789abcdef0123456789abcdef".into()),
            ..AuthConfig::default()
        }
    }

    #[test]
    fn passwords_need_a_key_that_nobody_can_guess() {
        assert_eq!(AuthConfig::default().key().unwrap(), None, "nobody logs in, so nothing is signed");
        assert!(password().validate().is_ok() && password().key().unwrap().is_some());
        let without = AuthConfig { secret_key: None, ..password() };
        assert!(without.key().unwrap_err().to_string().contains("openssl rand -hex 32"));
        let key = |text: &str| AuthConfig { secret_key: Some(text.into()), ..password() }.key();
        assert!(key("0123456789abcdef").unwrap_err().to_string().contains("at least 32"));
        let published = "changeme-0123456789abcdef0123456789abcdef";
        assert!(key(published).unwrap_err().to_string().contains("published"));
    }

    #[test]
    fn a_key_comes_from_a_file_and_an_administrator_needs_both_halves() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "abcdef0123456789abcdef0123456789\n").unwrap();
        let of_file = AuthConfig { secret_key: None, secret_key_file: Some(file), ..password() };
        assert_eq!(of_file.key().unwrap().as_deref(), Some("abcdef0123456789abcdef0123456789"));
        let both = AuthConfig { secret_key: password().secret_key, ..of_file };
        assert!(both.validate().unwrap_err().to_string().contains("leave one of them out"));

        let half = AuthConfig { admin_email: Some("admin@localhost".into()), ..password() };
        assert!(half.admin().unwrap_err().to_string().contains("hash-password"));
        let whole = AuthConfig { admin_password_hash: Some("pbkdf2:sha256:1$a$b".into()), ..half };
        assert_eq!(whole.admin().unwrap().unwrap().0, "admin@localhost");
        assert!(!format!("{whole:?}").contains("pbkdf2"));
    }
}
