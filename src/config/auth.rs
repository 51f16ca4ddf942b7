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
    /// Not at all: whoever reaches the port may do everything with what nobody owns.
    #[default]
    None,
    /// By e-mail address and password.
    Password,
}

/// `[auth]`: who may come in.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    pub mode: AuthMode,
    /// Let those who are not logged in see what is for everybody, and add recordings that nobody owns.
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
    /// Whether those who are not logged in see what is for everybody, beside others who are.
    pub fn is_public(&self) -> bool {
        self.public_mode && self.mode != AuthMode::None
    }

    /// What signs tokens; `None` where nobody logs in. A process that serves speech alone needs none, so it is asked for here and
    /// not when the settings are read.
    ///
    /// # Errors
    /// There is none, it can't be read, it is short, or it is one that was published.
    pub fn key(&self) -> Result<Option<String>, ConfigError> {
        if self.mode == AuthMode::None {
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

    /// The administrator that the settings name: address and hash of the password.
    ///
    /// # Errors
    /// One of the two is missing, or the file can't be read.
    pub fn admin(&self) -> Result<Option<(String, String)>, ConfigError> {
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

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (value, file, key) in [
            (&self.secret_key, &self.secret_key_file, "auth.secret_key_file"),
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

#[cfg(test)]
mod tests {
    use super::*;

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
