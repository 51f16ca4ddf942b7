//! Takes of one recording as one sound: each is a media file of its own, since a browser that goes on after an interruption begins
//! anew, with another header and at time 0.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::decode::{MOST_BYTES, transcode};
use super::{AudioError, Cancel};

/// Samples a second of the joined sound: what browsers record.
const RATE: u32 = 48_000;
/// Bytes of a sample; there is one channel.
const WIDTH: u32 = 2;
/// Bytes of a joined recording of the longest length.
const MOST: u64 = MOST_BYTES * 3;

/// Writes the first audio streams of `takes` one after the other to `dst`, a Wave64 file (it has no limit of 4 GB) of 48 kHz, mono,
/// 16 bit, which is replaced. The takes are removed on the way: there is never room for three copies.
///
/// A take that can't be read is left out; their number is returned. One may have been cut off before it had any sound.
///
/// # Errors
/// That of the first take, if none can be read; otherwise as [`super::decode_to_pcm`].
pub fn join(takes: &[PathBuf], dst: &Path, cancel: &Cancel) -> Result<usize, AudioError> {
    let mut out = BufWriter::new(File::create(dst)?);
    out.write_all(&header(0))?;
    let (mut written, mut unreadable, mut first) = (0, 0, None);
    for take in takes {
        let raw = take.with_extension("raw");
        let output = ["-ac", "1", "-ar", "48000", "-c:a", "pcm_s16le", "-f", "s16le"];
        match transcode(take, &raw, &output, MOST, |_| (), cancel) {
            Ok(()) => {
                written += io::copy(&mut File::open(&raw)?, &mut out)?;
                fs::remove_file(&raw)?;
            }
            Err(error) if error.is_permanent() && !matches!(error, AudioError::TooLong(_)) => {
                unreadable += 1;
                first.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
        if written > MOST {
            return Err(AudioError::TooLong(MOST / u64::from(RATE * WIDTH) / 3600));
        }
        fs::remove_file(take)?;
    }
    if written == 0 {
        let silent = || AudioError::Damaged("its sound track holds no sound".into());
        return Err(first.unwrap_or_else(silent));
    }
    let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    io::Seek::rewind(&mut file)?;
    file.write_all(&header(written))?;
    Ok(unreadable)
}

/// The head of a Wave64 file with so many bytes of sound: chunks as in a WAV file, with names of 16 bytes and sizes of 8 that count
/// themselves.
fn header(sound: u64) -> Vec<u8> {
    const RIFF: [u8; 12] = [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0x00, 0x00];
    const OTHER: [u8; 12] = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a];
    const CHUNK: u64 = 24;
    const FORMAT: u64 = 16;
    let whole = (CHUNK + 16) + (CHUNK + FORMAT) + (CHUNK + sound);
    let mut head = Vec::new();
    let name = |head: &mut Vec<u8>, short: &[u8; 4], rest: [u8; 12]| {
        head.extend(short);
        head.extend(rest);
    };
    name(&mut head, b"riff", RIFF);
    head.extend(whole.to_le_bytes());
    name(&mut head, b"wave", OTHER);
    name(&mut head, b"fmt ", OTHER);
    head.extend((CHUNK + FORMAT).to_le_bytes());
    // PCM, one channel.
    head.extend([1, 0, 1, 0]);
    head.extend(RATE.to_le_bytes());
    head.extend((RATE * WIDTH).to_le_bytes());
    head.extend([2, 0, 16, 0]);
    name(&mut head, b"data", OTHER);
    head.extend((CHUNK + sound).to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{decode_to_pcm, probe};

    /// A WAV file of a constant level.
    fn wav(path: &Path, seconds: u32, level: i16) {
        let samples = (0..16_000 * seconds).flat_map(|_| level.to_le_bytes());
        let sound: Vec<u8> = samples.collect();
        let size = u32::try_from(sound.len()).unwrap();
        let mut file = b"RIFF".to_vec();
        file.extend((36 + size).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
        file.extend(size.to_le_bytes());
        file.extend(sound);
        fs::write(path, file).unwrap();
    }

    #[test]
    fn takes_follow_each_other_and_one_without_sound_is_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let takes = ["take-0", "take-1", "take-2"].map(path);
        wav(&takes[0], 2, 8000);
        fs::write(&takes[1], b"\x1a\x45\xdf\xa3 and nothing more").unwrap();
        wav(&takes[2], 3, -8000);
        assert_eq!(join(&takes, &path("whole"), &Cancel::new()).unwrap(), 1);
        let info = probe(&path("whole")).unwrap();
        assert_eq!((info.sample_rate, info.channels), (Some(48_000), Some(1)));
        assert!(info.duration.is_some_and(|seconds| (seconds - 5.0).abs() < 0.1), "{info:?}");
        let pcm = decode_to_pcm(&path("whole"), &path("pcm"), |_| (), &Cancel::new()).unwrap();
        assert!((pcm.duration() - 5.0).abs() < 0.1);
        let samples: Vec<i16> = fs::read(path("pcm"))
            .unwrap()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| i16::from_le_bytes(*pair))
            .collect();
        assert!(samples[16_000] > 7000 && samples[64_000] < -7000, "{} {}", samples[16_000], samples[64_000]);
        assert!(takes.iter().all(|take| !take.exists()), "no room is taken twice");
    }

    #[test]
    fn where_no_take_has_sound_the_first_ones_fault_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let takes = ["take-0", "take-1"].map(|name| folder.path().join(name));
        fs::write(&takes[0], b"").unwrap();
        fs::write(&takes[1], b"not a recording at all").unwrap();
        let refused = join(&takes, &folder.path().join("whole"), &Cancel::new()).unwrap_err();
        assert!(matches!(refused, AudioError::Empty), "{refused}");
    }
}
