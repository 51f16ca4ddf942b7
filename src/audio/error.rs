use std::io;

/// Why media could not be read or written, in words for the person who uploaded it.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    #[error("the file is empty")]
    Empty,
    #[error("this is not an audio or video file in a format that can be read")]
    NotMedia,
    #[error("the file has no sound track")]
    NoAudio,
    /// The text is the decoder's last line.
    #[error("the file is damaged or was cut short ({0})")]
    Damaged(String),
    /// Longer than the limit, whose length in hours is given.
    #[error("the recording is longer than {0} hours, the limit")]
    TooLong(u64),
    #[error("there is no room left on the disk for decoding; free some space and try again")]
    DiskFull,
    /// The limit in seconds.
    #[error("decoding was stopped after {0} seconds, the limit for a file of this size")]
    Timeout(u64),
    #[error("decoding was cancelled")]
    Cancelled,
    #[error("the program {0} is missing; install ffmpeg")]
    FfmpegMissing(&'static str),
    #[error("the file could not be read: {0}")]
    Io(#[source] io::Error),
}

impl AudioError {
    /// True where the same file fails the same way again, so trying once more is of no use.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Empty | Self::NotMedia | Self::NoAudio | Self::Damaged(_) | Self::TooLong(_))
    }
}

impl From<io::Error> for AudioError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}
