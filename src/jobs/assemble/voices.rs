//! Voices keep their numbers when a recording is heard again: names and what people corrected hang on them. Pure.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::segment::Segment;

/// Two are one voice only if they share this much of what the one who speaks less says: a new voice that reaches a little into the time
/// of one that is not found any more does not get its name.
const SHARED: f64 = 0.1;

/// Gives the voices of `rows` the numbers that they had in `before`, by the time in which both speak: most of it first, and each number
/// once. A voice that was not there before gets one that nobody had, and that is not among `taken`. With nobody before, all stays.
pub(super) fn keep_numbers(rows: &mut [Segment], before: &[Segment], taken: &[i32]) {
    let (now, earlier) = (spoken(rows), spoken(before));
    if earlier.is_empty() {
        return;
    }
    let enough = |new: &i32, old: &i32, both: f64| both >= SHARED * now[new].min(earlier[old]);
    let mut pairs: Vec<((i32, i32), f64)> =
        shared(rows, before).into_iter().filter(|((new, old), both)| enough(new, old, *both)).collect();
    pairs.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut numbers: BTreeMap<i32, i32> = BTreeMap::new();
    let mut used: BTreeSet<i32> = BTreeSet::new();
    for ((new, old), _) in pairs {
        if let Entry::Vacant(voice) = numbers.entry(new)
            && used.insert(old)
        {
            voice.insert(old);
        }
    }
    used.extend(earlier.keys());
    used.extend(taken);
    let others: Vec<i32> = now.into_keys().filter(|new| !numbers.contains_key(new)).collect();
    numbers.extend(others.into_iter().zip((0..).filter(|number| !used.contains(number))));
    for row in rows {
        row.speaker = row.speaker.and_then(|voice| numbers.get(&voice).copied());
    }
}

/// For how many seconds each voice speaks.
fn spoken(segments: &[Segment]) -> BTreeMap<i32, f64> {
    let mut of: BTreeMap<i32, f64> = BTreeMap::new();
    for one in segments {
        if let Some(voice) = one.speaker {
            *of.entry(voice).or_default() += (one.end - one.start).max(0.0);
        }
    }
    of
}

/// For how many seconds a voice and one of before speak at the same time.
fn shared(rows: &[Segment], before: &[Segment]) -> BTreeMap<(i32, i32), f64> {
    let voiced = before.iter().filter_map(|one| Some((one.start, one.end, one.speaker?)));
    let mut spans: Vec<(f64, f64, i32)> = voiced.collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let longest = spans.iter().map(|span| span.1 - span.0).fold(0.0, f64::max);
    let mut of: BTreeMap<(i32, i32), f64> = BTreeMap::new();
    for row in rows {
        let Some(voice) = row.speaker else { continue };
        let from = spans.partition_point(|span| span.0 < row.start - longest);
        for span in spans[from..].iter().take_while(|span| span.0 < row.end) {
            let both = row.end.min(span.1) - row.start.max(span.0);
            if both > 0.0 {
                *of.entry((voice, span.2)).or_default() += both;
            }
        }
    }
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who speaks from when to when.
    fn said(all: &[(i32, f64, f64)]) -> Vec<Segment> {
        let segment = |(idx, &(speaker, start, end)): (i32, &(i32, f64, f64))| Segment {
            idx,
            start,
            end,
            speaker: Some(speaker),
            text: String::new(),
            words: Vec::new(),
            channel: 0,
        };
        (0..).zip(all).map(segment).collect()
    }

    /// The numbers that the voices of `now` get, segment by segment.
    fn kept(before: &[(i32, f64, f64)], now: &[(i32, f64, f64)], taken: &[i32]) -> Vec<i32> {
        let mut rows = said(now);
        keep_numbers(&mut rows, &said(before), taken);
        rows.iter().filter_map(|row| row.speaker).collect()
    }

    #[test]
    fn who_speaks_first_in_a_later_run_does_not_become_another() {
        let before = [(0, 0.0, 10.0), (1, 10.0, 14.0), (0, 14.0, 20.0)];
        assert_eq!(kept(&before, &[(0, 0.5, 1.0), (1, 1.0, 10.0), (0, 10.2, 14.2)], &[]), [1, 0, 1]);
        assert_eq!(kept(&before, &before, &[]), [0, 1, 0]);
    }

    #[test]
    fn of_one_who_is_split_the_longer_part_keeps_the_number_and_of_two_who_are_one_the_longer_does() {
        let before = [(0, 0.0, 10.0), (1, 10.0, 16.0)];
        assert_eq!(kept(&before, &[(0, 0.0, 4.0), (1, 4.0, 10.0), (2, 10.0, 16.0)], &[]), [2, 0, 1]);
        assert_eq!(kept(&before, &[(0, 0.0, 16.0)], &[]), [0]);
        assert_eq!(kept(&[(0, 0.0, 6.0), (1, 6.0, 16.0)], &[(0, 0.0, 16.0)], &[]), [1]);
    }

    #[test]
    fn a_new_voice_gets_a_number_that_means_nobody() {
        let before = [(0, 0.0, 10.0), (3, 10.0, 20.0)];
        let now = [(0, 21.0, 25.0), (1, 0.0, 10.0), (2, 30.0, 31.0), (3, 10.0, 20.0)];
        assert_eq!(kept(&before, &now, &[]), [1, 0, 2, 3]);
        assert_eq!(kept(&before, &now, &[1, 4]), [2, 0, 5, 3]);
        // Who was there before, and is not now, is nobody else.
        assert_eq!(kept(&before, &[(0, 0.0, 10.0), (1, 19.7, 29.0)], &[]), [0, 1]);
    }

    #[test]
    fn with_nobody_before_voices_are_numbered_as_they_appear() {
        let now = [(0, 0.0, 10.0), (1, 10.0, 20.0)];
        assert_eq!(kept(&[], &now, &[0, 1]), [0, 1]);
        let mut rows = said(&now);
        let nobody: Vec<Segment> =
            said(&now).into_iter().map(|one| Segment { speaker: None, ..one }).collect();
        keep_numbers(&mut rows, &nobody, &[]);
        assert_eq!(rows, said(&now));
    }
}
