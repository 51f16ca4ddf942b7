//! The voices of one window: each local speaker's speech, stretch by stretch, taken where they talk alone if that is enough.
//!
//! A stretch, not the local speaker, is what has a voice: the segmentation often takes two people who talk one after the other
//! for one local speaker, and their stretches still sound different.

use std::ops::Range;

use tch::Tensor;

use super::campplus::{CamPlusPlus, MIN_FRAMES};
use super::cluster::Voice;
use super::fbank::{self, Fbank};
use super::seconds;
use super::segmentation::{FRAME_FIELD, FRAME_STEP, SPEAKERS};
use crate::speech::SpeechError;

/// Frames a speaker must talk alone (0.5 s) to have a voice in a stretch.
const CLEAN_FRAMES: usize = 30;
/// Silence of up to this many frames (0.3 s) is inside a stretch.
const PAUSE_FRAMES: usize = 18;
/// Longer stretches (3 s) are cut evenly: somebody else may go on where one has ended.
const LONGEST_FRAMES: usize = 178;

/// Some frames of a window in which one local speaker talks, and what they sound like there.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Number of the window's local speaker.
    pub local: usize,
    /// Frames of the window; the speaker may pause in it, and others may talk.
    pub frames: Range<usize>,
    pub voice: Voice,
}

pub struct Voices {
    network: CamPlusPlus,
    fbank: Fbank,
}

impl Voices {
    pub fn new(network: CamPlusPlus, fbank: Fbank) -> Self {
        Self { network, fbank }
    }

    /// The stretches of each local speaker that talks; none of those too short to say anything about.
    pub fn of_window(&self, samples: &[f32], activity: &[u8]) -> Result<Vec<Stretch>, SpeechError> {
        let mut found = Vec::new();
        if activity.iter().all(|&bits| bits == 0) {
            return Ok(found);
        }
        let features = self.fbank.compute(samples)?;
        for local in 0..SPEAKERS {
            for (frames, talks) in stretches(activity, local) {
                let rows = feature_rows(&talks, features.size()[0]);
                if (rows.len() as i64) < MIN_FRAMES {
                    continue;
                }
                let rows = Tensor::f_from_slice(&rows)?.f_to_device(features.device())?;
                let embedding = self.network.embed(&features.f_index_select(0, &rows)?)?;
                let alone = frames.clone().filter(|&frame| activity[frame] == 1 << local).count();
                found.push(Stretch { local, frames, voice: Voice { embedding, seconds: seconds(alone) } });
            }
        }
        Ok(found)
    }
}

/// A local speaker's stretches with the frames of the window to take the voice from: those alone. One who is never alone for long
/// has one stretch with all their frames.
fn stretches(activity: &[u8], local: usize) -> Vec<(Range<usize>, Vec<bool>)> {
    let bit = 1 << local;
    let alone = |frames: Range<usize>| -> Vec<bool> {
        (0..activity.len()).map(|frame| frames.contains(&frame) && activity[frame] == bit).collect()
    };
    let clean: Vec<_> = spans(activity, bit)
        .into_iter()
        .flat_map(pieces)
        .map(|frames| (frames.clone(), alone(frames)))
        .filter(|(_, talks)| talks.iter().filter(|&&talks| talks).count() >= CLEAN_FRAMES)
        .collect();
    let first = activity.iter().position(|bits| bits & bit != 0);
    match first {
        Some(first) if clean.is_empty() => {
            vec![(first..activity.len(), activity.iter().map(|bits| bits & bit != 0).collect())]
        }
        _ => clean,
    }
}

/// Where a local speaker talks, short silences included.
fn spans(activity: &[u8], bit: u8) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for frame in (0..activity.len()).filter(|&frame| activity[frame] & bit != 0) {
        match spans.last_mut() {
            Some(span)
                if frame - span.end <= PAUSE_FRAMES
                    && activity[span.end..frame].iter().all(|&bits| bits == 0) =>
            {
                span.end = frame + 1;
            }
            _ => spans.push(frame..frame + 1),
        }
    }
    spans
}

/// A span in equal pieces, none longer than [`LONGEST_FRAMES`].
fn pieces(span: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let number = span.len().div_ceil(LONGEST_FRAMES);
    let border = move |piece: usize| span.start + span.len() * piece / number;
    (0..number).map(move |piece| border(piece)..border(piece + 1))
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

    fn found(activity: &[u8], local: usize) -> Vec<(Range<usize>, usize)> {
        let count = |talks: Vec<bool>| talks.into_iter().filter(|&talks| talks).count();
        stretches(activity, local).into_iter().map(|(frames, talks)| (frames, count(talks))).collect()
    }

    #[test]
    fn overlap_is_left_out_when_enough_is_clean() {
        let mut activity = vec![1_u8; 100];
        activity[40..].fill(3);
        assert_eq!(found(&activity, 0), [(0..100, 40)]);
        assert_eq!(found(&activity, 1), [(40..100, 60)], "never alone, so all there is");
        assert!(found(&activity, 2).is_empty());
    }

    #[test]
    fn stretches_end_at_pauses_and_at_other_speakers() {
        let mut activity = vec![1_u8; 400];
        activity[60..70].fill(0);
        activity[150..200].fill(0);
        activity[290..300].fill(2);
        assert_eq!(found(&activity, 0), [(0..150, 140), (200..290, 90), (300..400, 100)]);
    }

    #[test]
    fn long_stretches_are_cut_evenly() {
        assert_eq!(found(&[1; 589], 0), [(0..147, 147), (147..294, 147), (294..441, 147), (441..589, 148)]);
        assert_eq!(pieces(7..8).next(), Some(7..8));
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
