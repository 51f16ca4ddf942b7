//! The first step with any recording: PCM of all that is heard, and of each side where a side has a channel of its own.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::channels::{BLOCK, Evidence, FRAME, Separate};
use super::decode::{MOST_BYTES, decode_to_pcm, transcode};
use super::{AudioError, Cancel, MediaInfo, PcmFile, probe};

/// Where decoding ends and sorting begins, as a share of the whole.
const DECODED: f64 = 0.9;

/// A decoded recording, in files of the folder that it was decoded into.
#[derive(Clone, Debug)]
pub struct Decoded {
    pub info: MediaInfo,
    /// All channels as one.
    pub mix: Side,
    /// Each channel by itself, in their order, where they carry a side each; else none.
    pub sides: Vec<Side>,
}

/// PCM, and the file it is in.
#[derive(Clone, Debug)]
pub struct Side {
    pub pcm: PcmFile,
    pub path: PathBuf,
}

/// Decodes the first audio stream of `src` into `folder`, as [`decode_to_pcm`] does. Where it has two channels that carry a side
/// each (see `channels`), each is there by itself too, as long as the mix and without what it has of the other.
///
/// Memory does not grow with the recording but for 65 bytes a second; the folder holds up to five times what the mix has.
///
/// # Errors
/// As [`decode_to_pcm`].
pub fn decode(
    src: &Path,
    folder: &Path,
    mut on_progress: impl FnMut(f64),
    cancel: &Cancel,
) -> Result<Decoded, AudioError> {
    let info = probe(src)?;
    let path = folder.join("pcm");
    if info.channels != Some(2) {
        let pcm = decode_to_pcm(src, &path, on_progress, cancel)?;
        return Ok(Decoded { info, mix: Side { pcm, path }, sides: Vec::new() });
    }
    let both = folder.join("both");
    let output = ["-ac", "2", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "s16le"];
    transcode(src, &both, &output, 2 * MOST_BYTES, |share| on_progress(share * DECODED), cancel)?;
    let evidence = mix(&both, &path, cancel)?;
    let pcm = PcmFile::open(&path)?;
    if pcm.is_empty() {
        return Err(AudioError::Damaged("its sound track holds no sound".into()));
    }
    on_progress(f64::midpoint(DECODED, 1.0));
    let sides = match evidence.judge() {
        Some(separate) => split(&both, [folder.join("left"), folder.join("right")], &separate, cancel)?,
        None => Vec::new(),
    };
    fs::remove_file(&both)?;
    on_progress(1.0);
    Ok(Decoded { info, mix: Side { pcm, path }, sides })
}

/// Blocks of a file of two interleaved channels.
struct Blocks(BufReader<File>);

impl Blocks {
    fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(File::open(path)?)))
    }

    /// Up to [`BLOCK`] samples of each channel; none at the end.
    fn next(&mut self) -> std::io::Result<Option<[Vec<i16>; 2]>> {
        const BYTES: usize = BLOCK * 4;
        let mut bytes = Vec::with_capacity(BYTES);
        self.0.by_ref().take(BYTES as u64).read_to_end(&mut bytes)?;
        let pairs = bytes.as_chunks::<4>().0;
        let channel = |at: usize| {
            pairs.iter().map(|pair| i16::from_le_bytes([pair[2 * at], pair[2 * at + 1]])).collect()
        };
        Ok((!pairs.is_empty()).then(|| [channel(0), channel(1)]))
    }
}

/// Writes the mean of both channels to `to`, and looks at them on the way.
fn mix(both: &Path, to: &Path, cancel: &Cancel) -> Result<Evidence, AudioError> {
    let (mut blocks, mut out) = (Blocks::open(both)?, BufWriter::new(File::create(to)?));
    let mut evidence = Evidence::default();
    while let Some(block) = blocks.next()? {
        if cancel.is_cancelled() {
            return Err(AudioError::Cancelled);
        }
        for (left, right) in block[0].iter().zip(&block[1]) {
            out.write_all(&left.midpoint(*right).to_le_bytes())?;
        }
        evidence.add(&block.map(|channel| channel.iter().map(|one| f32::from(*one) / 32768.0).collect()));
    }
    out.flush()?;
    Ok(evidence)
}

/// Writes each channel to a file of its own, and silence where it has only what comes over from the other.
fn split(
    both: &Path,
    to: [PathBuf; 2],
    separate: &Separate,
    cancel: &Cancel,
) -> Result<Vec<Side>, AudioError> {
    let (mut blocks, mut frame) = (Blocks::open(both)?, 0);
    let mut outs = [BufWriter::new(File::create(&to[0])?), BufWriter::new(File::create(&to[1])?)];
    let mut gains = [1.0_f32; 2];
    while let Some(block) = blocks.next()? {
        if cancel.is_cancelled() {
            return Err(AudioError::Cancelled);
        }
        for (side, (samples, out)) in block.iter().zip(&mut outs).enumerate() {
            for (at, samples) in samples.chunks(FRAME).enumerate() {
                let gain = if separate.muted(side, frame + at) { 0.0 } else { 1.0 };
                fade(samples, gains[side], gain, out)?;
                gains[side] = gain;
            }
        }
        frame += block[0].len().div_ceil(FRAME);
    }
    outs.into_iter()
        .zip(to)
        .map(|(mut out, path)| {
            out.flush()?;
            Ok(Side { pcm: PcmFile::open(&path)?, path })
        })
        .collect()
}

/// Writes a frame whose gain goes from one value to another: no click.
fn fade(samples: &[i16], from: f32, to: f32, out: &mut impl Write) -> std::io::Result<()> {
    for (index, sample) in samples.iter().enumerate() {
        let gain = from + (to - from) * index as f32 / FRAME as f32;
        #[expect(clippy::cast_possible_truncation, reason = "no larger than the sample")]
        let sample = if gain == 1.0 { *sample } else { (f32::from(*sample) * gain).round() as i16 };
        out.write_all(&sample.to_le_bytes())?;
    }
    Ok(())
}
