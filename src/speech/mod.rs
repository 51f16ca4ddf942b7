//! Speech on libtorch: voice activity, Whisper, alignment, diarization, behind one engine thread.

pub mod attribute;
pub mod diarize;
mod engine;
mod error;
mod memory;
mod models;
mod types;
pub mod vad;
pub mod whisper;

pub use crate::audio::Cancel;
pub use engine::{DeviceWish, Engine, EngineSettings};
pub use error::SpeechError;
pub use types::{
    Diarization, DiarizeOptions, Health, Segment, SpeakerVoice, Task, TranscribeOptions, TranscribeUpdate,
    Transcription, Turn, Word,
};
