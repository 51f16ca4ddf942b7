use serde::{Deserialize, Serialize};
use url::Url;

use super::{AuthMode, ConfigError};

/// What stands for every origin.
const ANY: &str = "*";

/// `[cors]`: which other sites' pages may use the API.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsConfig {
    /// Their origins, each exactly as a browser names it (`https://app.example.org`), or `*` alone for every one's reading.
    pub origins: Vec<String>,
    /// Whether their requests may carry what shows who asks without the page's doing: cookies.
    pub allow_credentials: bool,
}

impl CorsConfig {
    /// Whether any page may read what the API answers.
    pub fn any(&self) -> bool {
        self.origins.iter().any(|origin| origin == ANY)
    }

    pub(super) fn validate(&self, mode: AuthMode) -> Result<(), ConfigError> {
        let refused = |message: String| Err(ConfigError::refused("cors.origins", message));
        if self.any() {
            if self.allow_credentials {
                return Err(ConfigError::refused(
                    "cors.allow_credentials",
                    "can't be set with cors.origins = [\"*\"]: every page on the web could act as whoever visits it; list the origins",
                ));
            }
            if self.origins.len() > 1 {
                return refused("has \"*\" beside others, which it includes; leave one of them out".into());
            }
            if mode == AuthMode::None {
                return refused(
                    "is \"*\", but auth.mode is none: every page on the web could read every transcript; list the origins".into(),
                );
            }
            return Ok(());
        }
        match self.origins.iter().find(|origin| !is_origin(origin)) {
            Some(bad) => refused(format!(
                "{bad:?} is no origin as browsers name them: scheme, host in small letters, port unless it is the usual one, and no slash at the end, as in \"https://app.example.org\""
            )),
            None => Ok(()),
        }
    }
}

/// Whether it is written as browsers write it, letter by letter: it is compared like that.
fn is_origin(text: &str) -> bool {
    // Browsers have no patterns, and hosts may have stars.
    !text.contains('*')
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(origins: &[&str], allow_credentials: bool, mode: AuthMode) -> Option<String> {
        let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        CorsConfig { origins, allow_credentials }.validate(mode).err().map(|error| error.to_string())
    }

    #[test]
    fn origins_are_exact() {
        use AuthMode::Password;
        for good in [
            "https://app.example.org",
            "http://localhost:3000",
            "https://app.example.org:8443",
            "http://[::1]:3000",
        ] {
            assert_eq!(said(&[good], true, Password), None, "{good}");
        }
        for bad in [
            "",
            "app.example.org",
            "https://app.example.org/",
            "https://App.example.org",
            "https://app.example.org:443",
            "https://app.example.org/path",
            "https://*.example.org",
            "https://me@app.example.org",
            "file:///",
            "null",
        ] {
            let said = said(&[bad], false, Password).unwrap_or_else(|| panic!("{bad} was taken"));
            assert!(said.contains("cors.origins"), "{said}");
        }
    }

    #[test]
    fn every_origin_goes_without_credentials_and_not_where_nobody_logs_in() {
        assert_eq!(said(&["*"], false, AuthMode::Password), None);
        assert!(said(&["*"], true, AuthMode::Password).unwrap().contains("cors.allow_credentials"));
        assert!(said(&["*"], false, AuthMode::None).unwrap().contains("auth.mode"));
        assert!(said(&["*", "https://a.example"], false, AuthMode::Jwt).unwrap().contains("leave one"));
    }
}
