use thiserror::Error;

/// Why speech could not be turned into words or turns.
#[derive(Debug, Error)]
pub enum SpeechError {
    #[error("too many recordings wait for the speech engine already; try again later")]
    Overloaded,
    #[error("cancelled")]
    Cancelled,
    /// The request can't be fulfilled, whatever the audio is.
    #[error("{0}")]
    Request(String),
    /// Weights, tokenizer or configuration are missing or don't fit.
    #[error("model: {0}")]
    Model(String),
    #[error("reading the audio: {0}")]
    Audio(#[from] std::io::Error),
    /// A libtorch operation failed: out of memory, a device lost.
    #[error("computing: {0}")]
    Compute(#[from] tch::TchError),
    /// The engine's thread failed in a way it should not.
    #[error("the speech engine failed: {0}")]
    Internal(String),
}

impl From<crate::weights::WeightsError> for SpeechError {
    fn from(error: crate::weights::WeightsError) -> Self {
        Self::Model(error.to_string())
    }
}

impl From<crate::weights::TensorFileError> for SpeechError {
    fn from(error: crate::weights::TensorFileError) -> Self {
        Self::Model(error.to_string())
    }
}
