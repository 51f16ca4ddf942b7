//! What a stretch of speech sounds like: CAM++ over its frames alone.

use std::ops::Range;

use tch::Tensor;

use super::campplus::CamPlusPlus;
use super::cluster::Voice;
use super::fbank::{self, Fbank};
use super::seconds;
use super::segmentation::{FRAME_FIELD, FRAME_STEP};
use super::stretch::Stretch;
use crate::audio::PcmFile;
use crate::speech::SpeechError;

/// Stretches end at a multiple of this many feature frames: libtorch prepares itself anew for every other length.
const LENGTHS: usize = 8;
/// A voice taken while others talk counts no more than these many frames (0.5 s), however long it is.
const MIXED_FRAMES: usize = 30;

pub struct Voices {
    network: CamPlusPlus,
    fbank: Fbank,
}

impl Voices {
    pub fn new(network: CamPlusPlus, fbank: Fbank) -> Self {
        Self { network, fbank }
    }

    /// The voices of stretches; those of equal length that follow each other go through the network together.
    pub fn of(&self, pcm: &PcmFile, stretches: &[&Stretch]) -> Result<Vec<Voice>, SpeechError> {
        let mut voices = Vec::with_capacity(stretches.len());
        for alike in stretches.chunk_by(|one, other| length(one) == length(other)) {
            let features = alike.iter().map(|stretch| self.features(pcm, stretch));
            let features = Tensor::f_stack(&features.collect::<Result<Vec<_>, _>>()?, 0)?;
            for (embedding, stretch) in self.network.embed(&features)?.into_iter().zip(alike) {
                let frames = stretch.clean_frames();
                let frames = if stretch.alone { frames } else { frames.min(MIXED_FRAMES) };
                voices.push(Voice { embedding, seconds: seconds(frames) });
            }
        }
        Ok(voices)
    }

    /// The features of one stretch: `[length, 80]`.
    fn features(&self, pcm: &PcmFile, stretch: &Stretch) -> Result<Tensor, SpeechError> {
        let rows: Vec<usize> = stretch.clean.iter().flat_map(feature_rows).collect();
        let rows = &rows[..length(stretch)];
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        let samples = (last - first) * fbank::STEP + fbank::FRAME;
        let mut wave = pcm.read((first * fbank::STEP) as u64, samples)?;
        // The last window reaches beyond the end.
        wave.resize(samples, 0.0);
        let features = self.fbank.compute(&wave)?;
        let wanted: Vec<i64> = rows.iter().map(|row| (row - first) as i64).collect();
        let wanted = Tensor::f_from_slice(&wanted)?.f_to_device(features.device())?;
        Ok(features.f_index_select(0, &wanted)?)
    }
}

/// How many feature frames the voice of a stretch is taken from.
pub fn length(stretch: &Stretch) -> usize {
    let rows: usize = stretch.clean.iter().map(|range| feature_rows(range).len()).sum();
    rows - rows % LENGTHS
}

/// The feature frames (10 ms) whose middle lies in these segmentation frames (17 ms).
fn feature_rows(frames: &Range<usize>) -> Range<usize> {
    let row = |frame: usize| {
        let begin = frame * FRAME_STEP + (FRAME_FIELD - FRAME_STEP) / 2;
        (begin - fbank::FRAME / 2).div_ceil(fbank::STEP)
    };
    row(frames.start)..row(frames.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::diarize::campplus::MIN_FRAMES;

    #[test]
    fn feature_rows_follow_time() {
        let rows = feature_rows(&(100..200));
        assert!((rows.len() as f64 - 168.75).abs() < 2.0, "{rows:?}");
        assert!((rows.start as f64 * 0.01 - 1.70).abs() < 0.03);
        assert_eq!(feature_rows(&(0..589)).len(), 994);
    }

    #[test]
    fn even_the_shortest_stretch_can_be_pooled() {
        for start in 0..50 {
            let frames = start..start + 8;
            let stretch = Stretch { local: 0, frames: frames.clone(), clean: vec![frames], alone: false };
            assert_eq!(length(&stretch), MIN_FRAMES as usize);
        }
    }
}
