use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[storage]`: where objects (uploads, audio, peaks) are. With `[storage.s3]` they are there, else in `dir`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// Folder of the objects on local disk.
    pub dir: PathBuf,
    /// Folder for media being decoded; the system's temporary folder if unset.
    pub scratch: Option<PathBuf>,
    pub s3: Option<S3Config>,
}

/// `[storage.s3]`: Garage or another S3 server, path-style addresses.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    pub endpoint: String,
    #[serde(default = "garage")]
    pub region: String,
    pub bucket: String,
    pub access_key: String,
    pub secret_key: String,
}

fn garage() -> String {
    "garage".into()
}

impl std::fmt::Debug for S3Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Config")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { dir: "/var/lib/reflector/objects".into(), scratch: None, s3: None }
    }
}

impl StorageConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match &self.s3 {
            Some(s3) if !s3.endpoint.starts_with("http") => {
                Err(ConfigError::refused("storage.s3.endpoint", "must start with http:// or https://"))
            }
            Some(s3) if s3.bucket.is_empty() => Err(ConfigError::refused("storage.s3.bucket", "is empty")),
            _ => Ok(()),
        }
    }
}
