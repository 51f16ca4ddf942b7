use crate::audio::AudioError;
use crate::catalogue::Remark;
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
    Permanent(Remark),
    /// May pass (a server away, a full database): the queue tries again after a pause.
    #[error("{0}")]
    Transient(Remark),
    /// The transcript was deleted, or a newer run or another worker has taken over: nothing is written any more.
    #[error("no longer wanted")]
    Stale,
}

/// With what the error itself says.
fn because(id: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> Remark {
    Remark::new(id).because(format!("{:#}", anyhow::Error::new(error)))
}

impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        Self::Transient(match error {
            DbError::Connect(cause) => Remark::new("why-database-away").because(cause),
            error => because("why-database", error),
        })
    }
}

impl From<diesel::result::Error> for JobError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transient(because("why-database", error))
    }
}

impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            return Self::Permanent(Remark::new("why-scratch-full"));
        }
        Self::Transient(because("why-scratch", error))
    }
}

impl From<StorageError> for JobError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::DiskFull => Self::Permanent(Remark::new("why-storage-full")),
            StorageError::NotFound(key) => {
                Self::Permanent(Remark::new("why-storage-lost").with("name", key.to_string()))
            }
            StorageError::S3(cause) => {
                tracing::warn!(error = %cause, "the object store failed");
                // Its source would be shown with it.
                Self::Transient(Remark::new("why-storage-away"))
            }
            error => Self::Transient(because("why-storage", error)),
        }
    }
}

impl From<AudioError> for JobError {
    fn from(error: AudioError) -> Self {
        // A missing ffmpeg or a full disk need a person too, who should learn so at once.
        Self::Permanent(match error {
            // Only a job that is stale or dropped cancels its own work.
            AudioError::Cancelled => return Self::Stale,
            AudioError::Io(error) => return error.into(),
            AudioError::Empty => Remark::new("why-empty"),
            AudioError::NotMedia => Remark::new("why-not-media"),
            AudioError::NoAudio => Remark::new("why-no-audio"),
            AudioError::Damaged(line) => Remark::new("why-damaged").because(line),
            AudioError::TooLong(hours) => Remark::new("why-too-long").with("hours", hours),
            AudioError::DiskFull => Remark::new("why-decoding-full"),
            AudioError::Timeout(seconds) => Remark::new("why-decoding-slow").with("seconds", seconds),
            AudioError::FfmpegMissing(name) => Remark::new("why-program").with("name", name),
        })
    }
}

impl From<SpeechError> for JobError {
    fn from(error: SpeechError) -> Self {
        match error {
            SpeechError::Cancelled => Self::Stale,
            SpeechError::Request(what) => Self::Permanent(Remark::new("why-speech-request").because(what)),
            SpeechError::Model(what) => Self::Permanent(Remark::new("why-speech-model").because(what)),
            SpeechError::Audio(error) => error.into(),
            SpeechError::Overloaded => Self::Transient(Remark::new("why-speech-busy")),
            SpeechError::Compute(error) => Self::Transient(because("why-speech-failed", error)),
            SpeechError::Internal(what) => Self::Transient(Remark::new("why-speech-failed").because(what)),
        }
    }
}

impl From<RemoteError> for JobError {
    fn from(error: RemoteError) -> Self {
        let passes = error.is_transient();
        let at = |id: &'static str, place: String| Remark::new(id).with("place", place);
        let remark = match error {
            RemoteError::Cancelled => return Self::Stale,
            RemoteError::Settings(what) => Remark::new("why-server-settings").because(what),
            RemoteError::Away { place, cause } => at("why-server-away", place).because(cause),
            RemoteError::Busy(place) => at("why-server-busy", place),
            RemoteError::Refused { place, status, message } => {
                at("why-server-refused", place).with("status", status).because(message)
            }
            RemoteError::NeedsAddress(place) => at("why-server-address", place),
            RemoteError::Unclear { place, cause } => at("why-server-unclear", place).because(cause),
        };
        if passes { Self::Transient(remark) } else { Self::Permanent(remark) }
    }
}

impl From<LlmError> for JobError {
    fn from(error: LlmError) -> Self {
        let passes = error.is_transient();
        let remark = match error {
            LlmError::Settings(what) => Remark::new("why-llm-settings").because(what),
            LlmError::Unavailable(cause) => Remark::new("why-llm-away").because(cause),
            LlmError::Overloaded { status, attempts, .. } => {
                Remark::new("why-llm-busy").with("status", status).with("attempts", attempts)
            }
            LlmError::Refused { status, message } => {
                Remark::new("why-llm-refused").with("status", status).because(message)
            }
            LlmError::ContextTooSmall(what) => Remark::new("why-llm-context").because(what),
            LlmError::BadAnswer { attempts, reason } => {
                Remark::new("why-llm-answer").with("attempts", attempts).because(reason)
            }
        };
        if passes { Self::Transient(remark) } else { Self::Permanent(remark) }
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
