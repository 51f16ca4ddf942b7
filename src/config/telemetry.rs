use serde::{Deserialize, Serialize};

/// `[telemetry]`: what is logged and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Levels by module, as in `info,reflector::jobs=debug`.
    pub log: String,
    pub format: LogFormat,
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
        Self { log: "info,graphile_worker=warn,tower_http=warn".into(), format: LogFormat::Text }
    }
}
