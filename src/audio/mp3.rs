use std::path::Path;

use super::decode::{MOST_BYTES, transcode};
use super::{AudioError, Cancel};

/// Encodes the first audio stream of `src` as mono MP3 for playback at `dst`, which is replaced.
///
/// Constant 64 kbit/s, so that a player's seek by byte position is exact, with a Xing/Info header for length and
/// encoder delay; on the same clock as [`super::decode_to_pcm`]. Tags of the source are dropped.
///
/// # Errors
/// As [`super::decode_to_pcm`].
pub fn encode_mp3(
    src: &Path,
    dst: &Path,
    on_progress: impl FnMut(f64),
    cancel: &Cancel,
) -> Result<(), AudioError> {
    let output =
        ["-ac", "1", "-ar", "44100", "-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "1", "-f", "mp3"];
    transcode(src, dst, &output, MOST_BYTES, on_progress, cancel)
}
