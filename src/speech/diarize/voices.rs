//! The voices of one window: features of the frames where a local speaker talks, alone if that is enough.

use tch::Tensor;

use super::campplus::{CamPlusPlus, MIN_FRAMES};
use super::cluster::Voice;
use super::fbank::{self, Fbank};
use super::seconds;
use super::segmentation::{FRAME_FIELD, FRAME_STEP, SPEAKERS};
use crate::speech::SpeechError;

/// Frames a speaker must talk alone (0.5 s) for the frames with overlap to be left out.
const CLEAN_FRAMES: usize = 30;

pub struct Voices {
    network: CamPlusPlus,
    fbank: Fbank,
}

impl Voices {
    pub fn new(network: CamPlusPlus, fbank: Fbank) -> Self {
        Self { network, fbank }
    }

    /// The voice of each local speaker that talks; None for the silent and for those too short to say anything about.
    pub fn of_window(
        &self,
        samples: &[f32],
        activity: &[u8],
    ) -> Result<[Option<Voice>; SPEAKERS], SpeechError> {
        let mut voices = [None, None, None];
        if activity.iter().all(|&bits| bits == 0) {
            return Ok(voices);
        }
        let features = self.fbank.compute(samples)?;
        for (local, voice) in voices.iter_mut().enumerate() {
            let Some((frames, talks)) = frames_of(activity, local) else { continue };
            let rows = feature_rows(&talks, features.size()[0]);
            if (rows.len() as i64) < MIN_FRAMES {
                continue;
            }
            let rows = Tensor::f_from_slice(&rows)?.f_to_device(features.device())?;
            let embedding = self.network.embed(&features.f_index_select(0, &rows)?)?;
            *voice = Some(Voice { embedding, seconds: seconds(frames) });
        }
        Ok(voices)
    }
}

/// Frames to take a local speaker's voice from: those alone if there are enough, else all; and how many are alone.
fn frames_of(activity: &[u8], local: usize) -> Option<(usize, Vec<bool>)> {
    let bit = 1 << local;
    let alone: Vec<bool> = activity.iter().map(|&bits| bits == bit).collect();
    let clean = alone.iter().filter(|&&talks| talks).count();
    if clean >= CLEAN_FRAMES {
        return Some((clean, alone));
    }
    let any: Vec<bool> = activity.iter().map(|&bits| bits & bit != 0).collect();
    any.contains(&true).then_some((clean, any))
}

/// The feature frames (10 ms) whose middle lies in a marked segmentation frame (17 ms).
fn feature_rows(talks: &[bool], features: i64) -> Vec<i64> {
    (0..features)
        .filter(|&row| {
            let middle = row as usize * fbank::STEP + fbank::FRAME / 2;
            let frame = middle.saturating_sub((FRAME_FIELD - FRAME_STEP) / 2) / FRAME_STEP;
            talks.get(frame.min(talks.len() - 1)).copied().unwrap_or(false)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_left_out_when_enough_is_clean() {
        let mut activity = vec![1_u8; 100];
        activity[40..].fill(3);
        let (clean, frames) = frames_of(&activity, 0).expect("a speaker");
        assert_eq!((clean, frames.iter().filter(|&&talks| talks).count()), (40, 40));
        let (clean, frames) = frames_of(&activity, 1).expect("a speaker");
        assert_eq!((clean, frames.iter().filter(|&&talks| talks).count()), (0, 60));
        assert!(frames_of(&activity, 2).is_none());
    }

    #[test]
    fn feature_rows_follow_time() {
        let mut talks = vec![false; 589];
        talks[100..200].fill(true);
        let rows = feature_rows(&talks, 998);
        assert!((rows.len() as f64 - 168.75).abs() < 2.0, "{}", rows.len());
        assert!((rows[0] as f64 * 0.01 - 1.70).abs() < 0.03);
        assert_eq!(feature_rows(&[true; 589], 998).len(), 998);
    }
}
