//! Which of the recording's speakers talk in each frame of a window.

use std::ops::Range;

use super::Heard;
use super::segmentation::SPEAKERS;

/// Speakers of one frame, those of [`SPEAKERS`] local ones who talk.
pub type Talking = [Option<u16>; SPEAKERS];

/// Each frame's speakers: every local speaker who talks is whom their nearest stretch in time sounds most like. Two who talk at once
/// are different people: then it is the pair of different speakers with the highest sum of cosines.
///
/// `cosines` has that of each voice to each speaker.
pub fn label(window: &Heard, cosines: &[Vec<f32>]) -> Vec<Talking> {
    let stretches = &window.stretches;
    let nearest = |local: usize, frame: usize| {
        let own = stretches.iter().filter(|stretch| stretch.local == local);
        own.min_by_key(|stretch| distance(&stretch.frames, frame))
    };
    let speakers = |(frame, &bits): (usize, &u8)| {
        let mut talking = [None; SPEAKERS];
        let locals = (0..SPEAKERS).filter(|local| bits & 1 << local != 0);
        let voices: Vec<&[f32]> = locals
            .filter_map(|local| nearest(local, window.start + frame))
            .map(|stretch| cosines[stretch.voice].as_slice())
            .collect();
        for (place, speaker) in talking.iter_mut().zip(different(&voices)) {
            *place = Some(speaker as u16);
        }
        talking
    };
    window.activity.iter().enumerate().map(speakers).collect()
}

/// Frames between a frame and a stretch; 0 inside it.
fn distance(stretch: &Range<usize>, frame: usize) -> usize {
    let before = stretch.start.saturating_sub(frame);
    before.max((frame + 1).saturating_sub(stretch.end))
}

/// The speaker of one voice, or the best two different speakers of two, given the cosine of each voice to each speaker.
/// The segmentation never hears more than two at once.
fn different(voices: &[&[f32]]) -> Vec<usize> {
    let best = |cosines: &[f32], but: Option<usize>| {
        let others = (0..cosines.len()).filter(|&speaker| Some(speaker) != but);
        others.max_by(|&a, &b| cosines[a].total_cmp(&cosines[b]))
    };
    let mut chosen: Vec<usize> = voices.iter().filter_map(|cosines| best(cosines, None)).collect();
    if let ([one, other], &[same, again]) = (voices, &chosen[..])
        && same == again
        && let (Some(first), Some(second)) = (best(one, Some(same)), best(other, Some(same)))
    {
        let moved =
            if one[first] + other[same] > one[same] + other[second] { [first, same] } else { [same, second] };
        chosen.copy_from_slice(&moved);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::diarize::HeardStretch;

    /// A window from frame 1000 on with stretches of (local speaker, frames of the window, voice).
    fn window(activity: Vec<u8>, stretches: &[(usize, Range<usize>, usize)]) -> Heard {
        let make = |(local, frames, voice): &(usize, Range<usize>, usize)| HeardStretch {
            local: *local,
            frames: 1000 + frames.start..1000 + frames.end,
            voice: *voice,
        };
        Heard { start: 1000, activity, stretches: stretches.iter().map(make).collect() }
    }

    #[test]
    fn one_local_speaker_may_be_two_people() {
        let window = window(vec![1; 100], &[(0, 0..40, 1), (0, 60..100, 0)]);
        let found = label(&window, &[vec![0.1, 1.0], vec![1.0, 0.1]]);
        assert!(found[..50].iter().all(|&talking| talking == [Some(0), None, None]));
        assert!(found[51..].iter().all(|&talking| talking == [Some(1), None, None]), "the nearest stretch");
    }

    #[test]
    fn two_at_once_are_different_people() {
        let mut activity = vec![1; 50];
        activity.extend([3; 10]);
        activity.extend([2; 40]);
        let window = window(activity, &[(0, 0..50, 0), (1, 50..100, 1)]);
        let found = label(&window, &[vec![1.0, 0.0], vec![0.9, 0.5]]);
        assert_eq!(found[55], [Some(0), Some(1), None]);
        assert_eq!(found[80], [Some(0), None, None], "alone, it is whom it sounds like");
        assert_eq!(different(&[&[0.5], &[0.6]]), [0, 0], "nobody else is there");
    }

    #[test]
    fn without_speakers_nobody_talks() {
        assert_eq!(label(&window(vec![1, 3], &[(0, 0..2, 0)]), &[vec![]]), [[None; 3]; 2]);
        assert_eq!(label(&window(vec![1, 0], &[]), &[]), [[None; 3]; 2]);
    }
}
