//! Which frames a voice is taken from: each local speaker's speech in a window, stretch by stretch, where they talk alone if that is
//! enough.
//!
//! A stretch, not the local speaker, is what has a voice: the segmentation often takes two people who talk one after the other
//! for one local speaker, and their stretches still sound different.

use std::ops::Range;

use super::segmentation::SPEAKERS;

/// Frames a speaker must talk alone (0.5 s) to have a voice in a stretch.
const CLEAN_FRAMES: usize = 30;
/// Who never talks alone for so long needs this many frames (0.14 s): less cannot be pooled.
const FEWEST_FRAMES: usize = 8;
/// Silence of up to this many frames (0.3 s) is inside a stretch.
const PAUSE_FRAMES: usize = 18;
/// Long speech is cut where a recording's frame is a multiple of this (1.5 s), so that windows which overlap cut it alike. Short
/// pieces find where one person goes on after another; from much less than a second nobody is known.
const GRID: usize = 89;
/// No piece is shorter than this because of the grid.
const SHORTEST_PIECE: usize = GRID / 2;

/// Where one local speaker of a window talks for a while. All frames are the recording's.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Number of the window's local speaker.
    pub local: usize,
    /// From its first frame to its last; the speaker may pause in it, and others may talk.
    pub frames: Range<usize>,
    /// The frames to take the voice from, in order.
    pub clean: Vec<Range<usize>>,
    /// Whether nobody else talks in those.
    pub alone: bool,
}

impl Stretch {
    /// How many frames the voice is taken from.
    pub fn clean_frames(&self) -> usize {
        self.clean.iter().map(Range::len).sum()
    }
}

/// The stretches of each local speaker that talks in a window from frame `start` on; none of those too short to say anything about.
/// A local speaker who is never alone for long has one stretch with all their frames.
pub fn stretches(start: usize, activity: &[u8]) -> Vec<Stretch> {
    (0..SPEAKERS).flat_map(|local| of_speaker(start, activity, local)).collect()
}

fn of_speaker(start: usize, activity: &[u8], local: usize) -> Vec<Stretch> {
    let bit = 1 << local;
    let make = |frames: Range<usize>, alone: bool| {
        let wanted =
            |frame: &usize| if alone { activity[*frame] == bit } else { activity[*frame] & bit != 0 };
        let mut clean: Vec<Range<usize>> = Vec::new();
        for frame in frames.clone().filter(wanted).map(|frame| start + frame) {
            match clean.last_mut() {
                Some(last) if last.end == frame => last.end += 1,
                _ => clean.push(frame..frame + 1),
            }
        }
        Stretch { local, frames: start + frames.start..start + frames.end, clean, alone }
    };
    let clean: Vec<Stretch> = spans(activity, bit)
        .into_iter()
        .flat_map(|span| pieces(start, span))
        .map(|frames| make(frames, true))
        .filter(|stretch| stretch.clean_frames() >= CLEAN_FRAMES)
        .collect();
    if !clean.is_empty() {
        return clean;
    }
    let first = activity.iter().position(|bits| bits & bit != 0);
    let all = first.map(|first| make(first..activity.len(), false));
    all.into_iter().filter(|stretch| stretch.clean_frames() >= FEWEST_FRAMES).collect()
}

/// Where a local speaker talks, short silences included: frames of the window.
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

/// A span of a window from frame `start` on, cut at the recording's grid.
fn pieces(start: usize, span: Range<usize>) -> Vec<Range<usize>> {
    let (first, last) = (span.start + SHORTEST_PIECE, span.end.saturating_sub(SHORTEST_PIECE));
    let mut borders = vec![span.start];
    borders.extend((first..=last).filter(|frame| (start + frame).is_multiple_of(GRID)));
    borders.push(span.end);
    borders.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(activity: &[u8], local: usize) -> Vec<(Range<usize>, usize)> {
        let found = of_speaker(0, activity, local);
        found.into_iter().map(|stretch| (stretch.frames.clone(), stretch.clean_frames())).collect()
    }

    #[test]
    fn overlap_is_left_out_when_enough_is_clean() {
        let mut activity = vec![1_u8; 100];
        activity[40..].fill(3);
        assert_eq!(found(&activity, 0), [(0..100, 40)]);
        assert_eq!(found(&activity, 1), [(40..100, 60)], "never alone, so all there is");
        assert!(!of_speaker(0, &activity, 1)[0].alone);
        assert!(found(&activity, 2).is_empty());
        assert!(found(&[3; 7], 0).is_empty(), "too little to pool");
    }

    #[test]
    fn stretches_end_at_pauses_and_at_other_speakers() {
        let mut activity = vec![1_u8; 400];
        activity[60..70].fill(0);
        activity[150..200].fill(0);
        activity[290..300].fill(2);
        let expected = [(0..89, 79), (89..150, 61), (200..290, 90), (300..356, 56), (356..400, 44)];
        assert_eq!(found(&activity, 0), expected);
        assert_eq!(of_speaker(890, &activity, 0)[0].clean, [890..950, 960..979], "the recording's frames");
    }

    #[test]
    fn windows_that_overlap_cut_long_speech_alike() {
        let pieces_from = |start: usize| -> Vec<Range<usize>> {
            of_speaker(start, &[1; 589], 0).into_iter().map(|one| one.frames).collect()
        };
        assert_eq!(pieces_from(0), [0..89, 89..178, 178..267, 267..356, 356..445, 445..534, 534..589]);
        assert_eq!(pieces_from(148), [148..267, 267..356, 356..445, 445..534, 534..623, 623..737]);
        let short = 7..8;
        assert_eq!(pieces(0, short.clone()), std::slice::from_ref(&short));
    }
}
