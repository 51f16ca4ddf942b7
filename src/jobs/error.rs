use crate::audio::AudioError;
use crate::db::DbError;
use crate::llm::LlmError;
use crate::model_api::client::RemoteError;
use crate::speech::SpeechError;
use crate::storage::StorageError;

/// Why a stage did not reach its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobError {
    /// Trying again by itself can't help: the text is for the person who waits for the transcript.
    #[error("{0}")]
    Permanent(String),
    /// May pass (a server away, a full database): the queue tries again after a pause.
    #[error("{0:#}")]
    Transient(anyhow::Error),
    /// The transcript was deleted, or a newer run or another worker has taken over: nothing is written any more.
    #[error("no longer wanted")]
    Stale,
}

impl JobError {
    pub fn permanent(text: impl Into<String>) -> Self {
        Self::Permanent(text.into())
    }

    fn transient(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Transient(anyhow::Error::new(error))
    }
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::transient(error)
    }
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transient(anyhow::Error::new(error).context("the database"))
    }
}

impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::permanent(
                "the disk for media being decoded is full; free some space and try again",
            );
        }
        Self::Transient(anyhow::Error::new(error).context("a scratch file"))
    }
}

impl From<StorageError> for JobError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::DiskFull => Self::permanent(error.to_string()),
            StorageError::NotFound(_) => Self::permanent(format!("{error}; upload the recording again")),
            StorageError::S3(cause) => {
                tracing::warn!(error = %cause, "the object store failed");
                // Its source would be shown with it.
                Self::Transient(anyhow::anyhow!(
                    "the object store can't be reached, or refuses; the log says more"
                ))
            }
            _ => Self::transient(error),
        }
    }
}

impl From<AudioError> for JobError {
    fn from(error: AudioError) -> Self {
        match error {
            // Only a job that is stale or dropped cancels its own work.
            AudioError::Cancelled => Self::Stale,
            AudioError::Io(error) => error.into(),
            // A missing ffmpeg or a full disk need a person too, who should learn so at once.
            _ => Self::permanent(error.to_string()),
        }
    }
}

impl From<SpeechError> for JobError {
    fn from(error: SpeechError) -> Self {
        match error {
            SpeechError::Cancelled => Self::Stale,
            SpeechError::Request(_) | SpeechError::Model(_) => Self::permanent(error.to_string()),
            SpeechError::Audio(error) => error.into(),
            SpeechError::Overloaded | SpeechError::Compute(_) | SpeechError::Internal(_) => {
                Self::transient(error)
            }
        }
    }
}

impl From<RemoteError> for JobError {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Cancelled => Self::Stale,
            _ if error.is_transient() => Self::transient(error),
            _ => Self::permanent(error.to_string()),
        }
    }
}

impl From<LlmError> for JobError {
    fn from(error: LlmError) -> Self {
        if error.is_transient() { Self::transient(error) } else { Self::permanent(error.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_servers_words_are_not_for_people() {
        let refused = s3::error::S3Error::HttpFailWithBody(403, "<Code>AccessDenied</Code>".into());
        let shown = JobError::from(StorageError::from(refused)).to_string();
        assert!(shown.starts_with("the object store") && !shown.contains("AccessDenied"), "{shown}");
    }
}
