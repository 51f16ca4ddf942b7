//! The only way to name an object.

use std::fmt;
use std::str::FromStr;

use crate::ids::{RecordingId, TranscriptId};

/// An object of ours. `Display` is its path in the store, and `FromStr` the way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageKey {
    /// One chunk of an upload, as it came; the upload itself is never put together in the store.
    UploadPart { recording: RecordingId, part: u32 },
    /// What is played.
    Mp3 { transcript: TranscriptId },
    /// 255 peaks as JSON.
    Peaks { transcript: TranscriptId },
    /// What is listened to: s16le, 16 kHz, mono.
    Pcm { transcript: TranscriptId },
    /// The same of one channel, from 0, where each carries a side of its own.
    Channel { transcript: TranscriptId, channel: u8 },
}

/// Prefix of all chunks of uploads.
pub const UPLOADS: &str = "uploads/";

const CHANNEL: &str = "channel-";
const PCM: &str = ".pcm";

/// Prefix of everything that was made of a recording.
pub fn folder(transcript: TranscriptId) -> String {
    format!("transcripts/{transcript}/")
}

/// Prefix of the chunks of one upload.
pub fn upload_folder(recording: RecordingId) -> String {
    format!("{UPLOADS}{recording}/")
}

impl StorageKey {
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::UploadPart { .. } | Self::Pcm { .. } | Self::Channel { .. } => "application/octet-stream",
            Self::Mp3 { .. } => "audio/mpeg",
            Self::Peaks { .. } => "application/json",
        }
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UploadPart { recording, part } => write!(f, "{UPLOADS}{recording}/{part:06}"),
            Self::Mp3 { transcript } => write!(f, "transcripts/{transcript}/audio.mp3"),
            Self::Peaks { transcript } => write!(f, "transcripts/{transcript}/peaks.json"),
            Self::Pcm { transcript } => write!(f, "transcripts/{transcript}/audio.pcm"),
            Self::Channel { transcript, channel } => {
                write!(f, "transcripts/{transcript}/{CHANNEL}{channel}{PCM}")
            }
        }
    }
}

/// A path that no key of ours has.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} names no object of ours")]
pub struct ForeignKey(String);

impl FromStr for StorageKey {
    type Err = ForeignKey;

    fn from_str(path: &str) -> Result<Self, ForeignKey> {
        let foreign = || ForeignKey(path.to_owned());
        let mut pieces = path.split('/');
        let (Some(kind), Some(id), Some(name), None) =
            (pieces.next(), pieces.next(), pieces.next(), pieces.next())
        else {
            return Err(foreign());
        };
        let key = match (kind, name) {
            ("uploads", part) => Self::UploadPart {
                recording: id.parse().map_err(|_| foreign())?,
                part: part.parse().map_err(|_| foreign())?,
            },
            ("transcripts", name) => {
                let transcript = id.parse().map_err(|_| foreign())?;
                match name {
                    "audio.mp3" => Self::Mp3 { transcript },
                    "peaks.json" => Self::Peaks { transcript },
                    "audio.pcm" => Self::Pcm { transcript },
                    other => {
                        let number = other.strip_prefix(CHANNEL).and_then(|rest| rest.strip_suffix(PCM));
                        let channel = number.and_then(|number| number.parse().ok()).ok_or_else(foreign)?;
                        Self::Channel { transcript, channel }
                    }
                }
            }
            _ => return Err(foreign()),
        };
        // One object has one path: "7" and "000007" are not both chunk 7.
        if key.to_string() == path { Ok(key) } else { Err(foreign()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_its_path_and_back() {
        let (recording, transcript) = (RecordingId::new(), TranscriptId::new());
        for key in [
            StorageKey::UploadPart { recording, part: 12 },
            StorageKey::Mp3 { transcript },
            StorageKey::Peaks { transcript },
            StorageKey::Pcm { transcript },
            StorageKey::Channel { transcript, channel: 1 },
        ] {
            assert_eq!(key.to_string().parse::<StorageKey>().unwrap(), key);
            let folder = match key {
                StorageKey::UploadPart { .. } => upload_folder(recording),
                _ => folder(transcript),
            };
            assert!(key.to_string().starts_with(&folder), "{key}");
        }
    }

    #[test]
    fn foreign_paths_are_no_keys() {
        let id = TranscriptId::new();
        for path in [
            "",
            "uploads/x/1",
            "../etc/passwd",
            &format!("transcripts/{id}/../x"),
            &format!("uploads/{id}/7"),
            &format!("transcripts/{id}/channel-01.pcm"),
            &format!("transcripts/{id}/channel-x.pcm"),
            &format!("transcripts/{id}/channel-1"),
        ] {
            assert!(path.parse::<StorageKey>().is_err(), "{path}");
        }
    }
}
