use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};

use super::ConfigError;

/// `[tls]`: whom this program trusts when it calls somebody, and whom visitors are offered to trust. Certificates of the
/// pages themselves are the proxy's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM files, or folders of them, with authorities to trust beside the system's.
    #[serde(deserialize_with = "one_or_more")]
    pub ca: Vec<PathBuf>,
    /// The certificate of the authority behind the pages, for download.
    pub site_ca: Option<PathBuf>,
}

/// A list, or one path alone, as a variable most easily holds it.
fn one_or_more<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a path or a list of paths")]
    enum Either {
        One(PathBuf),
        More(Vec<PathBuf>),
    }
    Ok(match Either::deserialize(input)? {
        Either::One(path) => vec![path],
        Either::More(paths) => paths,
    })
}

impl TlsConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.ca.iter().any(|path| path.as_os_str().is_empty()) {
            return Err(ConfigError::refused(
                "tls.ca",
                "holds an empty path; leave it out to trust only the system's",
            ));
        }
        if self.site_ca.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err(ConfigError::refused(
                "tls.site_ca",
                "is empty; leave it out to offer no certificate",
            ));
        }
        Ok(())
    }
}
