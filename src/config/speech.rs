use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::languages::{CODES, is_code};
use super::{ConfigError, secret};

/// Minutes.
const LONGEST_IDLE: u32 = 7 * 24 * 60;

/// Characters of names and words to expect, in the settings and for one recording: together they may be as long as what Whisper takes,
/// 223 tokens.
pub const MAX_PROMPT: usize = 500;

/// `[speech]`: which models hear, and on what; or which speech server does it for us.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechConfig {
    /// Name of a Whisper model as on the Hugging Face hub without its owner.
    pub model: String,
    /// Names of folders in `models.dir`: who speaks when, and voices told apart.
    pub segmentation_model: String,
    pub embedding_model: String,
    pub device: DeviceChoice,
    pub precision: PrecisionChoice,
    /// Hypotheses kept while decoding; 1 is greedy.
    pub beam: usize,
    /// Names and words to expect in every recording.
    pub prompt: Option<String>,
    /// Whisper's codes of the languages that may be spoken where one has to be found out; empty: any.
    pub languages: Vec<String>,
    /// Requests that may wait for the engine before one is refused.
    pub queue: usize,
    /// Minutes without work after which the models' memory is given back; 0: never.
    pub unload_after: u32,
    /// Address of the speech server that writes words down; ours if unset.
    pub transcript_url: Option<String>,
    pub transcript_api_key: Option<String>,
    pub transcript_api_key_file: Option<PathBuf>,
    /// Address of the speech server that tells speakers apart; ours if unset.
    pub diarization_url: Option<String>,
    pub diarization_api_key: Option<String>,
    pub diarization_api_key_file: Option<PathBuf>,
}

/// A speech server to ask.
#[derive(Clone)]
pub struct SpeechServerAddress {
    pub url: String,
    /// Sent as a bearer token.
    pub key: Option<String>,
}

impl std::fmt::Debug for SpeechServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeechServerAddress").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Where libtorch computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// CUDA where it is there, else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
}

/// Numbers that Whisper computes with; voices are always heard in float32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionChoice {
    /// What the device is fastest in.
    #[default]
    Auto,
    Float32,
    Bfloat16,
    Int16,
    Int8,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        Self {
            model: "whisper-base".into(),
            segmentation_model: "segmentation-3.0".into(),
            embedding_model: "campplus".into(),
            device: DeviceChoice::Auto,
            precision: PrecisionChoice::Auto,
            beam: 5,
            prompt: None,
            languages: Vec::new(),
            queue: 16,
            unload_after: 15,
            transcript_url: None,
            transcript_api_key: None,
            transcript_api_key_file: None,
            diarization_url: None,
            diarization_api_key: None,
            diarization_api_key_file: None,
        }
    }
}

impl std::fmt::Debug for SpeechConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeechConfig")
            .field("model", &self.model)
            .field("device", &self.device)
            .field("transcript_url", &self.transcript_url)
            .field("diarization_url", &self.diarization_url)
            .finish_non_exhaustive()
    }
}

impl SpeechConfig {
    /// Who writes words down, if that is not us.
    ///
    /// # Errors
    /// The key's file can't be read.
    pub fn transcript_server(&self) -> Result<Option<SpeechServerAddress>, ConfigError> {
        let file = ("speech.transcript_api_key_file", &self.transcript_api_key_file);
        address(&self.transcript_url, &self.transcript_api_key, file)
    }

    /// Who tells speakers apart, if that is not us.
    ///
    /// # Errors
    /// The key's file can't be read.
    pub fn diarization_server(&self) -> Result<Option<SpeechServerAddress>, ConfigError> {
        let file = ("speech.diarization_api_key_file", &self.diarization_api_key_file);
        address(&self.diarization_url, &self.diarization_api_key, file)
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for (key, name) in [
            ("speech.model", &self.model),
            ("speech.segmentation_model", &self.segmentation_model),
            ("speech.embedding_model", &self.embedding_model),
        ] {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
                return Err(ConfigError::refused(
                    key,
                    "must be the name of a folder in models.dir, not a path",
                ));
            }
        }
        if !(1..=16).contains(&self.beam) {
            return Err(ConfigError::refused("speech.beam", "must be from 1 to 16"));
        }
        if !(1..=1024).contains(&self.queue) {
            return Err(ConfigError::refused("speech.queue", "must be from 1 to 1024"));
        }
        if self.unload_after > LONGEST_IDLE {
            return Err(ConfigError::refused(
                "speech.unload_after",
                format!("must be from 0 (never) to {LONGEST_IDLE} minutes, a week"),
            ));
        }
        if self.prompt.as_ref().is_some_and(|prompt| prompt.chars().count() > MAX_PROMPT) {
            return Err(ConfigError::refused(
                "speech.prompt",
                format!("has more than {MAX_PROMPT} characters; Whisper would not see all of it"),
            ));
        }
        self.validate_languages()?;
        for (name, url) in [
            ("speech.transcript_url", &self.transcript_url),
            ("speech.diarization_url", &self.diarization_url),
        ] {
            let http = |url: &str| url.starts_with("http://") || url.starts_with("https://");
            if url.as_ref().is_some_and(|url| !url.is_empty() && !http(url)) {
                return Err(ConfigError::refused(name, "must start with http:// or https://"));
            }
        }
        for (name, key, file) in [
            ("speech.transcript_api_key_file", &self.transcript_api_key, &self.transcript_api_key_file),
            ("speech.diarization_api_key_file", &self.diarization_api_key, &self.diarization_api_key_file),
        ] {
            if key.is_some() && file.is_some() {
                return Err(ConfigError::refused(
                    name,
                    "is set beside the key itself; leave one of them out",
                ));
            }
        }
        Ok(())
    }

    fn validate_languages(&self) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::refused("speech.languages", message));
        if let Some(code) = self.languages.iter().find(|code| !is_code(code)) {
            return refuse(format!("{code:?} is none of Whisper's language codes: {}", CODES.join(" ")));
        }
        let here = self.transcript_url.as_ref().is_none_or(String::is_empty);
        if here && self.model.ends_with(".en") && self.languages.iter().any(|code| code != "en") {
            return refuse(format!(
                "names other languages than en, and {} knows English only; set speech.model to one without .en",
                self.model
            ));
        }
        Ok(())
    }
}

fn address(
    url: &Option<String>,
    key: &Option<String>,
    file: (&'static str, &Option<PathBuf>),
) -> Result<Option<SpeechServerAddress>, ConfigError> {
    let Some(url) = url.clone().filter(|url| !url.is_empty()) else { return Ok(None) };
    Ok(Some(SpeechServerAddress { url, key: secret(key, file)? }))
}
