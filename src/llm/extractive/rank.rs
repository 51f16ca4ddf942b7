//! How much a word and a sentence tell.
use std::collections::{HashMap, HashSet};

use crate::llm::text::Unit;

/// Weight of each content word's stem in a part of the meeting: often said here, seldom elsewhere (TF-IDF).
pub struct Weights(HashMap<String, f64>);

impl Weights {
    /// `scope` is a part of `all`, or all of it.
    pub fn new(scope: &[Unit], all: &[Unit]) -> Self {
        let in_sentences = count(all, true);
        let in_scope = count(scope, false);
        let everywhere = count(all, false);
        let weights = in_scope.into_iter().map(|(stem, here)| {
            let sentences = in_sentences.get(stem).copied().unwrap_or(1.0);
            let rarity = (1.0 + all.len() as f64 / sentences).ln();
            let share = here / everywhere.get(stem).copied().unwrap_or(here);
            (stem.to_owned(), (1.0 + here).ln() * rarity.sqrt() * share.sqrt())
        });
        Self(weights.collect())
    }

    pub fn of(&self, stem: &str) -> f64 {
        self.0.get(stem).copied().unwrap_or(0.0)
    }

    /// How well a sentence stands for the whole: the weight of its words, evened out for length.
    fn sentence(&self, unit: &Unit) -> f64 {
        let content = unit.content();
        let weight: f64 = content.iter().map(|stem| self.of(stem)).sum();
        let words = unit.tokens.len() as f64;
        let length = if words < 5.0 {
            0.3
        } else if words > 35.0 {
            0.8
        } else {
            1.0
        };
        let question = if unit.text.ends_with(['?', '？', '؟']) { 0.6 } else { 1.0 };
        weight / (content.len() as f64 + 3.0).powf(0.7) * length * question
    }
}

fn count(units: &[Unit], once_a_sentence: bool) -> HashMap<&str, f64> {
    let mut counts = HashMap::new();
    for unit in units {
        if once_a_sentence {
            for stem in unit.content() {
                *counts.entry(stem).or_default() += 1.0;
            }
        } else {
            for token in unit.tokens.iter().filter(|token| token.content) {
                *counts.entry(token.stem.as_str()).or_default() += 1.0;
            }
        }
    }
    counts
}

/// Up to `wanted` sentences that tell most and do not repeat each other, in time order.
pub fn best(units: &[Unit], weights: &Weights, wanted: usize) -> Vec<usize> {
    // Sentences that say something; if there are too few, shorter ones.
    let with_words = |least: usize| -> Vec<usize> {
        (0..units.len()).filter(|&i| units[i].content().len() >= least).collect()
    };
    let mut candidates = with_words(3);
    for least in [2, 1, 0] {
        if candidates.len() < wanted {
            candidates = with_words(least);
        }
    }
    let scores: Vec<f64> = candidates.iter().map(|&i| weights.sentence(&units[i])).collect();
    let contents: Vec<HashSet<&str>> = candidates.iter().map(|&i| units[i].content()).collect();
    let mut repeated = vec![0.0_f64; candidates.len()];
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < wanted.min(candidates.len()) {
        let next = (0..candidates.len()).filter(|i| !chosen.contains(i)).max_by(|&a, &b| {
            let score = |i: usize| scores[i] * (1.0 - 0.8 * repeated[i]);
            // Of equals, the earlier one.
            score(a).total_cmp(&score(b)).then(b.cmp(&a))
        });
        let Some(next) = next else { break };
        chosen.push(next);
        for (i, content) in contents.iter().enumerate() {
            repeated[i] = repeated[i].max(overlap(content, &contents[next]));
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|i| candidates[i]).collect()
}

/// Share of the smaller set that is in both.
fn overlap(a: &HashSet<&str>, b: &HashSet<&str>) -> f64 {
    let smaller = a.len().min(b.len()).max(1);
    a.intersection(b).count() as f64 / smaller as f64
}
