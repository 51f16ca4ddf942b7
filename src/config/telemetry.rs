use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[telemetry]`: what is logged and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Levels by module, as in `info,reflector::jobs=debug`.
    pub log: String,
    pub format: LogFormat,
    /// Called every ten minutes by a worker that is well.
    pub healthcheck_url: Option<String>,
}

impl TelemetryConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match &self.healthcheck_url {
            Some(url) if !(url.starts_with("http://") || url.starts_with("https://")) => {
                Err(ConfigError::refused("telemetry.healthcheck_url", "must start with http:// or https://"))
            }
            _ => Ok(()),
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log: "info,graphile_worker=warn,tower_http=warn".into(),
            format: LogFormat::Text,
            healthcheck_url: None,
        }
    }
}
