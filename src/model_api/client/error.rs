use super::Remote;

/// Why a speech server gave no result, in words for the person who waits for it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RemoteError {
    #[error("the speech server's settings: {0}")]
    Settings(String),
    /// Nobody answers, or not to the end.
    #[error("the speech server at {place} can't be reached: {cause}")]
    Away { place: String, cause: String },
    #[error("the speech server at {0} has had no place free for too long")]
    Busy(String),
    #[error("the speech server at {place} refuses ({status}): {message}")]
    Refused { place: String, status: u16, message: String },
    #[error(
        "the speech server at {0} can only fetch recordings by address, and objects on local disk have none; use storage.s3, or `reflector speech-server` there"
    )]
    NeedsAddress(String),
    #[error("the speech server at {place} answered what can't be understood: {cause}")]
    Unclear { place: String, cause: String },
    #[error("cancelled")]
    Cancelled,
}

impl RemoteError {
    /// Another try may go better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Away { .. } | Self::Busy(_) => true,
            Self::Refused { status, .. } => *status >= 500 && *status != 501,
            _ => false,
        }
    }
}

impl Remote {
    pub(super) fn away(&self, cause: impl Into<String>) -> RemoteError {
        RemoteError::Away { place: self.place(), cause: cause.into() }
    }

    pub(super) fn unclear(&self, cause: &dyn std::fmt::Display) -> RemoteError {
        RemoteError::Unclear { place: self.place(), cause: cause.to_string() }
    }

    /// Its reason, in whichever dialect.
    pub(super) fn refused(&self, status: u16, body: &serde_json::Value) -> RemoteError {
        let said = [&body["detail"], &body["error"]["message"], &body["error"], &body["message"]];
        let said = said.into_iter().find_map(|value| value.as_str()).unwrap_or("it gave no reason");
        let said = match &self.key {
            Some(key) => said.replace(key.as_str(), "***"),
            None => said.to_owned(),
        };
        let message = match status {
            401 | 403 => format!("{said}; check the key of speech.transcript_url and speech.diarization_url"),
            _ => said.chars().take(300).collect(),
        };
        RemoteError::Refused { place: self.place(), status, message }
    }
}
