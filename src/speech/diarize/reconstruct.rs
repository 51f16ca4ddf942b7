//! Windows that overlap in time, each with its own local speakers -> turns of the recording's speakers.

use super::label::Talking;
use super::segmentation::{FRAME_FIELD, FRAME_STEP, SAMPLE_RATE};
use crate::speech::Turn;

/// One window with its speakers known.
#[derive(Debug)]
pub struct Labelled {
    /// The window's first frame in the recording.
    pub start: usize,
    /// Who talks in each of its frames.
    pub frames: Vec<Talking>,
}

#[derive(Clone, Debug)]
pub struct TurnSettings {
    /// Pauses of one speaker up to this long (seconds) are inside a turn.
    pub min_off: f64,
    /// Shorter turns (seconds) are dropped.
    pub min_on: f64,
}

/// When frame number `frame` of the recording begins, in seconds.
fn time(frame: usize) -> f64 {
    ((frame * FRAME_STEP) as f64 + (FRAME_FIELD - FRAME_STEP) as f64 / 2.0) / SAMPLE_RATE as f64
}

/// Turns in order of their start, speakers numbered in order of first appearance.
///
/// In each frame the windows vote: how many talk is the mean of what they say, rounded, and who talks are the speakers
/// that most windows name. `windows` are in order of their start; `duration` (seconds) bounds the turns.
pub fn turns(windows: &[Labelled], duration: f64, settings: &TurnSettings) -> Vec<Turn> {
    let everyone = windows.iter().flat_map(|window| window.frames.iter().flatten().flatten());
    let speakers = everyone.max().map_or(0, |&last| usize::from(last) + 1);
    let frames = windows.last().map_or(0, |window| window.start + window.frames.len());
    let mut tracks = vec![Track::default(); speakers];
    let mut first = 0;
    let mut votes = vec![0_u32; speakers];
    for frame in 0..frames {
        while windows.get(first).is_some_and(|window| window.start + window.frames.len() <= frame) {
            first += 1;
        }
        let covering = windows[first..].iter().take_while(|window| window.start <= frame);
        vote(covering, frame, &mut votes)
            .into_iter()
            .for_each(|speaker| tracks[speaker].talk(frame, settings));
    }
    let mut turns: Vec<Turn> = tracks
        .into_iter()
        .enumerate()
        .flat_map(|(speaker, track)| track.finish(settings).into_iter().map(move |span| (speaker, span)))
        .map(|(speaker, (begin, end))| Turn {
            start: if begin == 0 { 0.0 } else { time(begin) },
            end: time(end).min(duration),
            speaker: speaker as u32,
        })
        .filter(|turn| turn.start < turn.end)
        .collect();
    turns.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    turns
}

/// The speakers of one frame.
fn vote<'a>(covering: impl Iterator<Item = &'a Labelled>, frame: usize, votes: &mut [u32]) -> Vec<usize> {
    votes.fill(0);
    let (mut windows, mut talking) = (0, 0);
    for window in covering {
        windows += 1;
        let here = window.frames.get(frame - window.start).copied().unwrap_or_default();
        let mut here: Vec<u16> = here.into_iter().flatten().collect();
        here.sort_unstable();
        here.dedup();
        here.iter().for_each(|&speaker| votes[usize::from(speaker)] += 1);
        talking += here.len();
    }
    let count = if windows == 0 { 0 } else { (2 * talking + windows) / (2 * windows) };
    let mut order: Vec<usize> = (0..votes.len()).filter(|&speaker| votes[speaker] > 0).collect();
    order.sort_by_key(|&speaker| std::cmp::Reverse(votes[speaker]));
    order.truncate(count);
    order
}

/// One speaker's spans of frames, end exclusive.
#[derive(Clone, Default)]
struct Track {
    done: Vec<(usize, usize)>,
    open: Option<(usize, usize)>,
}

impl Track {
    fn talk(&mut self, frame: usize, settings: &TurnSettings) {
        match &mut self.open {
            Some((_, end)) if time(frame) - time(*end) <= settings.min_off => *end = frame + 1,
            _ => {
                self.close(settings);
                self.open = Some((frame, frame + 1));
            }
        }
    }

    fn close(&mut self, settings: &TurnSettings) {
        let span = self.open.take().filter(|(begin, end)| time(*end) - time(*begin) >= settings.min_on);
        self.done.extend(span);
    }

    fn finish(mut self, settings: &TurnSettings) -> Vec<(usize, usize)> {
        self.close(settings);
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: TurnSettings = TurnSettings { min_off: 0.1, min_on: 0.1 };

    /// A window in which each local speaker (a bit of the activity) is one speaker throughout.
    fn window(start: usize, activity: &[u8], speakers: [Option<u16>; 3]) -> Labelled {
        let talking =
            |bits: &u8| std::array::from_fn(|local| speakers[local].filter(|_| bits & 1 << local != 0));
        Labelled { start, frames: activity.iter().map(talking).collect() }
    }

    #[test]
    fn windows_that_disagree_are_outvoted() {
        let windows = [
            window(0, &[1; 60], [Some(0), None, None]),
            window(10, &[2; 60], [None, Some(0), None]),
            window(20, &[1; 60], [Some(1), None, None]),
        ];
        let found = turns(&windows, 60.0, &SETTINGS);
        assert_eq!(found[0].speaker, 0);
        assert_eq!(found[0].start, 0.0);
        assert!(found[0].end > time(55), "{found:?}");
    }

    #[test]
    fn overlap_is_kept_and_short_things_are_not() {
        let mut activity = vec![1; 100];
        activity[20..60].fill(3);
        activity[80..82].fill(3);
        activity[70..73].fill(0);
        let found = turns(&[window(0, &activity, [Some(0), Some(1), None])], 60.0, &SETTINGS);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[1].speaker, 1);
        assert!((found[1].end - found[1].start - 40.0 * 270.0 / 16_000.0).abs() < 1e-9);
    }

    #[test]
    fn turns_end_with_the_recording() {
        let found = turns(&[window(0, &[1; 589], [Some(0), None, None])], 5.0, &SETTINGS);
        assert_eq!((found.len(), found[0].end), (1, 5.0));
        assert!(turns(&[], 0.0, &SETTINGS).is_empty());
    }
}
