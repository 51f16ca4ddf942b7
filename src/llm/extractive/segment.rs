//! Where one topic ends and the next begins: TextTiling's depth scores (Hearst, Computational Linguistics 23(1), 1997)
//! over sentences, and of all ways to cut the meeting the one with the deepest cuts.
use std::collections::HashMap;
use std::ops::Range;

use crate::llm::text::Unit;

/// Sentences compared on each side of a possible cut.
const BLOCK: usize = 8;

/// How many topics a meeting of this length has: a few for half an hour, more slowly growing after that.
pub fn topic_count(duration: f64) -> usize {
    let minutes = duration / 60.0;
    if minutes < 1.5 { 1 } else { ((0.8 * minutes.powf(0.7)).ceil() as usize).clamp(1, 50) }
}

/// Runs of units, one a topic, that cover all of them; none if there are no units. `duration` in seconds.
pub fn segment(units: &[Unit], duration: f64) -> Vec<Range<usize>> {
    if units.is_empty() {
        return Vec::new();
    }
    let topics = topic_count(duration).min((units.len() / 3).max(1));
    let depths = depths(&similarities(units));
    // A topic lasts at least half as long as the average one.
    let shortest = duration / topics as f64 * 0.5;
    let cuts = (1..=topics).rev().find_map(|topics| deepest(units, &depths, duration, topics - 1, shortest));
    let mut bounds = vec![0];
    bounds.extend(cuts.unwrap_or_default());
    bounds.push(units.len());
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// Cosine between the words before and after each gap; entry i is the gap before unit i + 1.
fn similarities(units: &[Unit]) -> Vec<f64> {
    (1..units.len())
        .map(|gap| {
            let before = bag(&units[gap.saturating_sub(BLOCK)..gap]);
            let after = bag(&units[gap..(gap + BLOCK).min(units.len())]);
            let dot: f64 = before.iter().map(|(stem, n)| n * after.get(stem).copied().unwrap_or(0.0)).sum();
            let norm = |bag: &HashMap<&str, f64>| bag.values().map(|n| n * n).sum::<f64>().sqrt();
            let norms = norm(&before) * norm(&after);
            if norms > 0.0 { dot / norms } else { 0.0 }
        })
        .collect()
}

fn bag(units: &[Unit]) -> HashMap<&str, f64> {
    let mut bag = HashMap::new();
    for token in units.iter().flat_map(|unit| &unit.tokens).filter(|token| token.content) {
        *bag.entry(token.stem.as_str()).or_insert(0.0) += 1.0;
    }
    bag
}

/// How far the similarity at each gap lies under the peaks on its two sides.
fn depths(similarities: &[f64]) -> Vec<f64> {
    let climb = |from: f64, side: &mut dyn Iterator<Item = &f64>| {
        let mut peak = from;
        for &value in side {
            if value < peak {
                break;
            }
            peak = value;
        }
        peak - from
    };
    (0..similarities.len())
        .map(|i| {
            let here = similarities[i];
            climb(here, &mut similarities[..i].iter().rev()) + climb(here, &mut similarities[i + 1..].iter())
        })
        .collect()
}

/// The `cuts` gaps of the greatest summed depth whose topics all last at least `shortest` seconds, as first units of topics.
fn deepest(units: &[Unit], depths: &[f64], duration: f64, cuts: usize, shortest: f64) -> Option<Vec<usize>> {
    let n = units.len();
    // best[k][i]: the greatest sum with the k-th cut before unit i; from[k][i]: the cut before that one.
    let mut from: Vec<Vec<usize>> = Vec::with_capacity(cuts);
    let mut best: Vec<f64> = Vec::new();
    for k in 0..cuts {
        let (mut next, mut origin) = (vec![f64::NEG_INFINITY; n], vec![0; n]);
        let (mut behind, mut top) = (0, (f64::NEG_INFINITY, 0));
        for i in 1..n {
            let value = if k == 0 {
                (units[i].start >= shortest).then_some((0.0, 0))
            } else {
                // Cuts far enough back, each looked at once.
                while behind < i && units[i].start - units[behind].start >= shortest {
                    if best[behind] > top.0 {
                        top = (best[behind], behind);
                    }
                    behind += 1;
                }
                (top.0 > f64::NEG_INFINITY).then_some(top)
            };
            if let Some((sum, cut)) = value {
                next[i] = sum + depths[i - 1];
                origin[i] = cut;
            }
        }
        best = next;
        from.push(origin);
    }
    if cuts == 0 {
        return Some(Vec::new());
    }
    let mut at = (1..n)
        .filter(|&i| best[i] > f64::NEG_INFINITY && duration - units[i].start >= shortest)
        .max_by(|&a, &b| best[a].total_cmp(&best[b]).then(b.cmp(&a)))?;
    let mut found = Vec::with_capacity(cuts);
    for origin in from.iter().rev() {
        found.push(at);
        at = origin[at];
    }
    found.reverse();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_topics_for_longer_meetings() {
        let counts: Vec<usize> =
            [0.5, 1.4, 2.0, 5.0, 30.0, 60.0, 100_000.0].iter().map(|m| topic_count(m * 60.0)).collect();
        assert_eq!(counts, [1, 1, 2, 3, 9, 15, 50]);
    }
}
