//! Which stretches of windows that overlap are the same speech, so that each voice is computed once.
//!
//! A second of speech is heard by several windows, and the voice network is by far the dearest part of diarization. Two stretches
//! are the same when each window's frames for it are nearly those of the other, as far as both windows reach.

use std::ops::Range;

use super::segmentation::FRAMES;
use super::stretch::Stretch;

/// The share of frames that must be common.
const AGREED: f64 = 0.65;

/// Stretches of all windows -> whose voices each has: indices of `stretches`, its own alone where it is to be computed.
///
/// `stretches` come with the frames of their window. Long stretches go first: their voices are the surest. Several shorter ones
/// may together be a stretch that another window cut elsewhere.
pub fn share(stretches: &[(Range<usize>, Stretch)]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..stretches.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(stretches[index].1.clean_frames()));
    // What is computed, by the window's length in which it begins: no stretch is longer than a window.
    let last = stretches.iter().map(|(_, stretch)| stretch.frames.start / FRAMES).max().unwrap_or(0);
    let mut computed: Vec<Vec<usize>> = vec![Vec::new(); last + 2];
    let mut sources = vec![Vec::new(); stretches.len()];
    for index in order {
        let (window, stretch) = &stretches[index];
        let place = stretch.frames.start / FRAMES;
        let near = computed[place.saturating_sub(1)..place + 2].iter().flatten();
        let same = near.map(|&other| (common_if_same(window, stretch, &stretches[other].1), other));
        let mut same: Vec<(usize, usize)> = same.filter(|&(frames, _)| frames > 0).collect();
        same.sort_unstable();
        let mut covered = 0;
        let enough = (stretch.clean_frames() as f64 * AGREED).ceil() as usize;
        // Those that share most first.
        while let Some((frames, other)) = same.pop().filter(|_| covered < enough) {
            covered += frames;
            sources[index].push(other);
        }
        if covered < enough {
            sources[index] = vec![index];
            computed[place].push(index);
        }
    }
    sources
}

/// The frames that two stretches have in common; none where they are not the same speech: what this window can see of the other
/// must be this one's.
fn common_if_same(window: &Range<usize>, stretch: &Stretch, other: &Stretch) -> usize {
    if stretch.alone != other.alone {
        return 0;
    }
    let shared = common(&stretch.clean, &other.clean);
    let visible = common(&other.clean, std::slice::from_ref(window));
    if shared as f64 >= visible as f64 * AGREED { shared } else { 0 }
}

/// How many frames are in both: each in order, without overlap of its own.
fn common(a: &[Range<usize>], b: &[Range<usize>]) -> usize {
    let shared = |one: &Range<usize>, other: &Range<usize>| {
        one.end.min(other.end).saturating_sub(one.start.max(other.start))
    };
    a.iter().map(|one| b.iter().map(|other| shared(one, other)).sum::<usize>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::diarize::stretch::stretches;

    fn part(frames: Range<usize>) -> Stretch {
        Stretch { local: 0, frames: frames.clone(), clean: vec![frames], alone: true }
    }

    fn of_windows(windows: &[(usize, Vec<u8>)]) -> Vec<Vec<usize>> {
        let of = |(start, activity): &(usize, Vec<u8>)| {
            let window = *start..start + activity.len();
            stretches(*start, activity).into_iter().map(move |one| (window.clone(), one))
        };
        share(&windows.iter().flat_map(of).collect::<Vec<_>>())
    }

    #[test]
    fn windows_that_hear_the_same_share_its_voice() {
        // The second reaches beyond the first one's window, begins a little later and has another number there.
        let all = [(0..200, part(100..200)), (100..300, Stretch { local: 1, ..part(102..230) })];
        assert_eq!(share(&all), [[1], [1]], "the longer voice is the surer one");
    }

    #[test]
    fn a_stretch_may_be_two_longer_ones_that_reach_beyond_its_window() {
        let all = [(0..200, part(0..90)), (0..200, part(90..180)), (50..130, part(50..130))];
        assert_eq!(share(&all), [vec![0], vec![1], vec![1, 0]]);
        // The same frames, but this window hears somebody else where the others go on.
        let all = [(0..200, part(0..90)), (0..200, part(90..180)), (0..200, part(50..130))];
        assert_eq!(share(&all)[2], [2]);
    }

    #[test]
    fn windows_that_disagree_compute_their_own() {
        // One hears one speaker, the other two who take turns.
        let mut second = vec![1; 80];
        second[40..].fill(2);
        assert_eq!(of_windows(&[(0, vec![1; 80]), (0, second)]), [[0], [1], [2]]);
        // Alone and never alone.
        assert_eq!(of_windows(&[(0, vec![1; 80]), (0, vec![3; 80])])[..2], [[0], [1]]);
        assert!(share(&[]).is_empty());
    }

    #[test]
    fn far_apart_is_never_the_same() {
        assert_eq!(of_windows(&[(0, vec![1; 80]), (5000, vec![1; 80])]), [[0], [1]]);
    }
}
