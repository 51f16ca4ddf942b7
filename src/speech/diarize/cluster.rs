//! Voices of all windows -> speakers of the recording: agglomerative clustering with average linkage on cosine distance, then
//! groups with much the same centre are one. A centre of many voices is far less noisy than a voice: two groups of one speaker
//! are as near as 0.3, those of different speakers hardly nearer than 0.5.
//!
//! Average linkage: Müllner, "Modern hierarchical, agglomerative clustering algorithms" (2011), through the crate kodama.

use std::ops::RangeInclusive;

use kodama::{Method, Step, linkage};

/// What somebody sounded like in some seconds of speech.
#[derive(Clone, Debug)]
pub struct Voice {
    /// Of length 1.
    pub embedding: Vec<f32>,
    /// Seconds of speech it was taken from.
    pub seconds: f32,
}

#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// Average cosine distance (1 - cosine) of their voices up to which two groups are joined.
    pub threshold: f32,
    /// Cosine distance of their centres up to which two groups of enough speech are one speaker.
    pub same_speaker: f32,
    /// Voices from less speech than this do not make clusters, they only join them.
    pub min_seconds: f32,
    /// A group with less speech than this in all is no speaker of its own...
    pub min_cluster_seconds: f32,
    /// ...nor is one with less than this share of all speech, if that is less: in a short recording everyone says little.
    pub min_cluster_share: f32,
    /// Voices clustered at once; beyond it, neighbours in time are first merged. Memory grows with its square.
    pub max_voices: usize,
}

/// The centre (of length 1) of each speaker. Empty when there is no voice at all.
///
/// Their number is within `speakers` where the voices allow it. Inside these bounds it is found; where they leave no choice, and where
/// what was found is outside, it is the nearest bound.
pub fn cluster(
    voices: &[Voice],
    speakers: RangeInclusive<usize>,
    settings: &ClusterSettings,
) -> Vec<Vec<f32>> {
    let long: Vec<Voice> =
        voices.iter().filter(|voice| voice.seconds >= settings.min_seconds).cloned().collect();
    let enough = long.len() >= *speakers.start();
    let voices = condense(if enough { long } else { voices.to_vec() }, settings.max_voices);
    if voices.is_empty() {
        return Vec::new();
    }
    let steps = merges(&voices);
    let of_number =
        |wanted: usize| groups_of_number(&voices, &steps, wanted.clamp(1, voices.len()), settings);
    let groups = if speakers.start() == speakers.end() {
        of_number(*speakers.start())
    } else {
        let found = found_groups(&voices, &steps, settings);
        let wanted = found.len().clamp(*speakers.start(), *speakers.end());
        if wanted == found.len() { found } else { of_number(wanted) }
    };
    groups.iter().map(|group| centre_of(group, &voices)).collect()
}

/// The groups of voices that are near, without those of too little speech.
fn found_groups(voices: &[Voice], steps: &[Step<f32>], settings: &ClusterSettings) -> Vec<Vec<usize>> {
    let merged = steps.iter().take_while(|step| step.dissimilarity <= settings.threshold).count();
    let groups = large_enough(cut(voices.len(), &steps[..merged]), voices, settings);
    if groups.is_empty() { cut(voices.len(), steps) } else { join(groups, voices, settings.same_speaker) }
}

/// The cosine of two embeddings of length 1.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The mean voice, weighted by seconds.
fn centre<'a>(voices: impl Iterator<Item = &'a Voice>) -> Voice {
    let mut sum = Voice { embedding: Vec::new(), seconds: 0.0 };
    for voice in voices {
        sum.embedding.resize(voice.embedding.len(), 0.0);
        sum.seconds += voice.seconds;
        for (total, value) in sum.embedding.iter_mut().zip(&voice.embedding) {
            *total += value * voice.seconds;
        }
    }
    let length = dot(&sum.embedding, &sum.embedding).sqrt().max(1e-8);
    sum.embedding.iter_mut().for_each(|value| *value /= length);
    sum
}

fn centre_of(group: &[usize], voices: &[Voice]) -> Vec<f32> {
    centre(group.iter().map(|&index| &voices[index])).embedding
}

/// The merges of agglomerative clustering, nearest first.
fn merges(voices: &[Voice]) -> Vec<Step<f32>> {
    let mut distances = Vec::with_capacity(voices.len() * voices.len().saturating_sub(1) / 2);
    for (index, voice) in voices.iter().enumerate() {
        distances
            .extend(voices[index + 1..].iter().map(|other| 1.0 - dot(&voice.embedding, &other.embedding)));
    }
    linkage(&mut distances, voices.len(), Method::Average).steps().to_vec()
}

/// The groups after these merges, in order of their first voice.
fn cut(count: usize, merges: &[Step<f32>]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..count).map(|index| vec![index]).collect();
    for step in merges {
        let mut joined = std::mem::take(&mut groups[step.cluster1]);
        joined.append(&mut groups[step.cluster2]);
        groups.push(joined);
    }
    groups.retain(|group| !group.is_empty());
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_unstable();
    groups
}

/// Without groups of too little speech; their voices join the nearest speaker later.
fn large_enough(groups: Vec<Vec<usize>>, voices: &[Voice], settings: &ClusterSettings) -> Vec<Vec<usize>> {
    let seconds = |group: &[usize]| group.iter().map(|&index| voices[index].seconds).sum::<f32>();
    let all: f32 = voices.iter().map(|voice| voice.seconds).sum();
    let enough = settings.min_cluster_seconds.min(settings.min_cluster_share * all);
    groups.into_iter().filter(|group| seconds(group) >= enough).collect()
}

/// Joins the two groups with the nearest centres, again and again, up to this cosine distance.
fn join(mut groups: Vec<Vec<usize>>, voices: &[Voice], distance: f32) -> Vec<Vec<usize>> {
    let mut centres: Vec<Vec<f32>> = groups.iter().map(|group| centre_of(group, voices)).collect();
    loop {
        let pairs =
            (0..groups.len()).flat_map(|first| (first + 1..groups.len()).map(move |other| (first, other)));
        let pairs = pairs.map(|(first, other)| (1.0 - dot(&centres[first], &centres[other]), first, other));
        match pairs.min_by(|a, b| a.0.total_cmp(&b.0)) {
            Some((nearest, first, other)) if nearest <= distance => {
                let joined = groups.remove(other);
                centres.remove(other);
                groups[first].extend(joined);
                centres[first] = centre_of(&groups[first], voices);
            }
            _ => return groups,
        }
    }
}

/// The first cut, from few groups to many, that leaves `wanted` groups of enough speech; else plainly `wanted` groups.
fn groups_of_number(
    voices: &[Voice],
    steps: &[Step<f32>],
    wanted: usize,
    settings: &ClusterSettings,
) -> Vec<Vec<usize>> {
    let tried = (wanted..=voices.len().min(wanted + 50))
        .map(|number| large_enough(cut(voices.len(), &steps[..voices.len() - number]), voices, settings))
        .find(|groups| groups.len() == wanted);
    tried.unwrap_or_else(|| cut(voices.len(), &steps[..voices.len() - wanted]))
}

/// At most about `limit` voices: in each stretch of time the nearest are merged into their means until few enough are left.
fn condense(voices: Vec<Voice>, limit: usize) -> Vec<Voice> {
    if voices.len() <= limit {
        return voices;
    }
    let stretches = voices.len().div_ceil(limit);
    let keep = (limit / stretches).max(1);
    voices
        .chunks(limit)
        .flat_map(|stretch| {
            let steps = merges(stretch);
            let groups = cut(stretch.len(), &steps[..stretch.len().saturating_sub(keep)]);
            groups
                .into_iter()
                .map(|group| centre(group.into_iter().map(|index| &stretch[index])))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ClusterSettings = ClusterSettings {
        threshold: 0.5,
        same_speaker: 0.4,
        min_seconds: 1.0,
        min_cluster_seconds: 3.0,
        min_cluster_share: 0.1,
        max_voices: 100,
    };

    const ANY: RangeInclusive<usize> = 1..=usize::MAX;

    /// A voice near the axis of its speaker.
    fn voice(speaker: usize, wobble: usize, seconds: f32) -> Voice {
        let mut embedding = vec![0.0; 8];
        embedding[speaker] = 1.0;
        embedding[4 + wobble % 4] = 0.3;
        centre([&Voice { embedding, seconds }].into_iter())
    }

    fn crowd(each: usize, speakers: usize) -> Vec<Voice> {
        (0..each * speakers).map(|index| voice(index % speakers, index / speakers, 2.0)).collect()
    }

    #[test]
    fn three_voices_are_three_speakers() {
        assert_eq!(cluster(&crowd(6, 3), ANY, &SETTINGS).len(), 3);
        assert_eq!(cluster(&crowd(6, 3), 2..=2, &SETTINGS).len(), 2);
        assert_eq!(cluster(&crowd(1, 2), 5..=5, &SETTINGS).len(), 2);
        assert!(cluster(&[], ANY, &SETTINGS).is_empty());
        assert!(cluster(&[], 2..=2, &SETTINGS).is_empty());
    }

    #[test]
    fn bounds_change_a_number_that_is_outside_and_no_other() {
        let voices = crowd(6, 3);
        let number = |speakers| cluster(&voices, speakers, &SETTINGS).len();
        assert_eq!(number(1..=2), 2);
        assert_eq!(number(2..=5), 3);
        assert_eq!(number(5..=9), 5);
        assert_eq!(number(30..=40), 18, "there are not more voices");
        assert_eq!(cluster(&[], 2..=3, &SETTINGS).len(), 0);
    }

    #[test]
    fn a_cough_is_no_speaker() {
        let mut voices = crowd(6, 2);
        voices.push(voice(2, 0, 1.5));
        assert_eq!(cluster(&voices, ANY, &SETTINGS).len(), 2);
        assert_eq!(cluster(&voices, 2..=2, &SETTINGS).len(), 2);
        assert_eq!(cluster(&[voice(0, 0, 0.4)], ANY, &SETTINGS).len(), 1, "but better than nobody");
    }

    #[test]
    fn long_recordings_are_condensed() {
        let voices = crowd(400, 3);
        assert!(condense(voices.clone(), 100).len() <= 110);
        assert_eq!(cluster(&voices, ANY, &SETTINGS).len(), 3);
    }

    #[test]
    fn who_says_little_in_a_short_recording_is_a_speaker() {
        let mut voices = crowd(1, 2);
        voices.extend(crowd(1, 2));
        assert_eq!(cluster(&voices[..3], ANY, &SETTINGS).len(), 2, "2 of 6 seconds");
    }

    /// Two groups whose voices are too far apart on average, while their centres are near.
    #[test]
    fn groups_with_near_centres_are_one_speaker() {
        let noisy = |axis: usize, side: f32| {
            let mut embedding = vec![0.0; 12];
            (embedding[0], embedding[1], embedding[axis]) = (0.7, 0.25 * side, 0.66);
            centre([&Voice { embedding, seconds: 4.0 }].into_iter())
        };
        let voices: Vec<Voice> =
            (2..12).map(|axis| noisy(axis, if axis % 2 == 0 { 1.0 } else { -1.0 })).collect();
        let groups: Vec<Vec<usize>> = vec![vec![0, 2, 4, 6, 8], vec![1, 3, 5, 7, 9]];
        assert_eq!(join(groups.clone(), &voices, 0.4).len(), 1);
        assert_eq!(join(groups, &voices, 0.1).len(), 2);
        assert!(join(vec![], &voices, 0.4).is_empty());
    }
}
