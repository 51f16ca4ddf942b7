//! Settings: defaults < TOML file < environment, one section a file. An unknown key is refused with its name.
//!
//! The file is named by `REFLECTOR_CONFIG` (default `reflector.toml` where the program starts, if it exists); variables are
//! `REFLECTOR_SECTION__KEY`. A few names of the ancestor are understood too (see `ancestor`).

mod ancestor;
mod auth;
mod cors;
mod database;
mod document;
mod export;
mod failures;
mod features;
mod languages;
mod llm;
mod mail;
mod models;
mod outgoing;
mod redact;
mod redis;
mod retention;
mod server;
mod speech;
mod speech_server;
mod storage;
mod telemetry;
mod tls;
mod ui;
mod work;
mod zulip;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use auth::{AuthConfig, AuthMode, JwtAlgorithm, same_address};
pub use cors::CorsConfig;
pub use database::DatabaseConfig;
pub use document::markdown;
pub use export::ExportConfig;
pub use failures::FailuresConfig;
pub use features::FeaturesConfig;
pub use llm::LlmConfig;
pub use mail::{MailConfig, MailTls};
pub use models::{ModelsConfig, cache_dir};
pub use outgoing::OutgoingConfig;
pub use redis::RedisConfig;
pub use retention::RetentionConfig;
pub use server::{MAX_UPLOAD_BYTES, ServerConfig};
pub use speech::{DeviceChoice, MAX_PROMPT, PrecisionChoice, SpeechConfig, SpeechServerAddress};
pub use speech_server::SpeechServerConfig;
pub use storage::{S3Config, StorageConfig};
pub use telemetry::{LogFormat, TelemetryConfig};
pub use tls::TlsConfig;
pub use ui::{Language, UiConfig};
pub use work::WorkConfig;
pub use zulip::{ZulipAccount, ZulipConfig};

/// Everything that can be set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub auth: AuthConfig,
    pub features: FeaturesConfig,
    pub ui: UiConfig,
    pub cors: CorsConfig,
    pub database: DatabaseConfig,
    pub redis: RedisConfig,
    pub storage: StorageConfig,
    pub tls: TlsConfig,
    pub models: ModelsConfig,
    pub speech: SpeechConfig,
    pub speech_server: SpeechServerConfig,
    pub llm: LlmConfig,
    pub export: ExportConfig,
    pub outgoing: OutgoingConfig,
    pub mail: MailConfig,
    pub zulip: ZulipConfig,
    pub failures: FailuresConfig,
    pub work: WorkConfig,
    pub retention: RetentionConfig,
    pub telemetry: TelemetryConfig,
}

/// A setting that can't be used, by its name.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Unreadable, of the wrong type, or unknown; figment names the key and where it was set.
    #[error("settings: {0}")]
    Read(#[from] Box<figment::Error>),
    /// Readable, but not usable.
    #[error("settings: {key}: {message}")]
    Refused { key: &'static str, message: String },
}

impl ConfigError {
    pub(crate) fn refused(key: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { key, message: message.into() }
    }
}

impl Config {
    /// Reads the settings of this process and checks them.
    ///
    /// # Errors
    /// Names the first key that is unknown, of the wrong type or contradicts another.
    pub fn load() -> Result<Self, ConfigError> {
        let file = std::env::var_os("REFLECTOR_CONFIG").map(PathBuf::from);
        if let Some(path) = &file
            && !path.is_file()
        {
            return Err(ConfigError::refused(
                "REFLECTOR_CONFIG",
                format!("{} is not a file", path.display()),
            ));
        }
        Self::from_figment(Self::figment(file.unwrap_or_else(|| "reflector.toml".into())))
    }

    fn figment(file: PathBuf) -> Figment {
        Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            .merge(ancestor::Ancestor)
            .merge(Env::prefixed("REFLECTOR_").ignore(&["CONFIG", "CACHE", "GPU_APIKEY"]).split("__"))
    }

    fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(Box::new)?;
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.server.validate()?;
        self.auth.validate()?;
        self.features.validate(self.auth.mode)?;
        self.cors.validate(self.auth.mode)?;
        self.database.validate()?;
        self.storage.validate()?;
        self.tls.validate()?;
        self.speech.validate()?;
        self.speech_server.validate()?;
        self.llm.validate()?;
        self.export.validate()?;
        self.outgoing.validate()?;
        self.mail.validate()?;
        self.zulip.validate()?;
        self.failures.validate(&self.mail, &self.zulip)?;
        self.work.validate()?;
        self.retention.validate()?;
        self.telemetry.validate()?;
        if self.work.listen.is_some_and(|listen| listen == self.server.listen && listen.port() != 0) {
            return Err(ConfigError::refused("work.listen", "must differ from server.listen"));
        }
        Ok(())
    }
}

/// A secret from its setting, or from the file that another names.
///
/// # Errors
/// The file can't be read, or is empty.
fn secret(
    value: &Option<String>,
    (key, file): (&'static str, &Option<PathBuf>),
) -> Result<Option<String>, ConfigError> {
    let read = |file: &Path| match std::fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => Err(format!("{} is empty", file.display())),
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(format!("{}: {error}", file.display())),
    };
    match (value, file) {
        (Some(value), _) if !value.is_empty() => Ok(Some(value.clone())),
        (_, Some(file)) => read(file).map(Some).map_err(|message| ConfigError::refused(key, message)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests;
