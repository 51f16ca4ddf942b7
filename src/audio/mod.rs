//! Media in, 16 kHz mono PCM out: ffmpeg as a limited subprocess, peaks, mp3, and pure DSP.
//!
//! Everything here blocks; callers on an async runtime use a blocking thread.

mod cancel;
mod channels;
mod decode;
mod error;
mod join;
mod mp3;
mod pcm;
mod peaks;
mod probe;
mod process;
mod sandbox;
mod scratch;
mod sides;

pub use cancel::Cancel;
pub use decode::decode_to_pcm;
pub use error::AudioError;
pub use join::join;
pub use mp3::encode_mp3;
pub use pcm::{PcmFile, SAMPLE_RATE};
pub use peaks::{PEAKS, peaks};
pub use probe::{MediaInfo, probe};
pub use sandbox::Protection;
pub use scratch::Scratch;
pub use sides::{Decoded, Side, decode};
