use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[llm]`: an OpenAI-compatible endpoint for topics, titles and summaries. Without one they are extracted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Base address up to and with `/v1`.
    pub url: Option<String>,
    pub api_key: Option<String>,
    /// The model's name at that endpoint; required with `url`.
    pub model: Option<String>,
    /// Tokens that prompt and answer may have together.
    pub context_window: usize,
    /// Seconds to wait for one answer.
    pub timeout_seconds: u64,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self { url: None, api_key: None, model: None, context_window: 16_000, timeout_seconds: 300 }
    }
}

impl std::fmt::Debug for LlmConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmConfig")
            .field("url", &self.url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl LlmConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match (&self.url, &self.model) {
            (Some(url), _) if !url.starts_with("http") => {
                Err(ConfigError::refused("llm.url", "must start with http:// or https://"))
            }
            (Some(_), None) => Err(ConfigError::refused("llm.model", "is needed when llm.url is set")),
            _ if self.context_window < 1024 => {
                Err(ConfigError::refused("llm.context_window", "must be at least 1024 tokens"))
            }
            _ if self.timeout_seconds == 0 => {
                Err(ConfigError::refused("llm.timeout_seconds", "must be at least 1"))
            }
            _ => Ok(()),
        }
    }
}
