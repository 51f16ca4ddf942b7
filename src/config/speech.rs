use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[speech]`: which models hear, and on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// Requests that may wait for the engine before one is refused.
    pub queue: usize,
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
    /// What the device is fastest in, by a short measurement at start.
    #[default]
    Auto,
    Float32,
    Bfloat16,
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
            queue: 16,
        }
    }
}

impl SpeechConfig {
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
        Ok(())
    }
}
