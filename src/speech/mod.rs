//! Speech on libtorch: voice activity, Whisper, alignment, diarization, behind one engine thread.

pub mod attribute;
mod device;
pub mod diarize;
mod engine;
mod error;
mod expect;
mod keeper;
mod memory;
mod models;
mod native;
mod threads;
mod types;
pub mod vad;
pub mod whisper;

pub use crate::audio::Cancel;
pub use device::{DeviceWish, Precision};
pub use engine::{Engine, EngineSettings};
pub use error::SpeechError;
pub use expect::Expected;
pub use memory::share_one_heap;
pub use types::{
    Diarization, DiarizeOptions, Health, Segment, SpeakerVoice, Task, TranscribeOptions, TranscribeUpdate,
    Transcription, Turn, Word,
};
