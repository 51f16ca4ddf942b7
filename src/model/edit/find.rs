//! The words that a change means, in a text that may be another than the one it was made on.

use std::collections::HashSet;

use super::change::{At, Words};
use super::layer::Layer;
use super::text::letters;

/// Seconds that a word may have moved in a later run and still be the same one: far more than two decodings of one recording
/// differ by, less than it takes to say a sentence again.
const NEAR: f64 = 0.75;

impl Layer {
    /// Where each of these words stands; `exact`: the text is the one that the change was made on. No two are one.
    pub(super) fn find(&mut self, words: &Words, exact: bool) -> Vec<Option<At>> {
        let mut found: Vec<Option<At>> =
            (0..words.len()).map(|number| if exact { self.noted(words, number) } else { None }).collect();
        let mut taken: HashSet<At> = found.iter().flatten().copied().collect();
        let missing =
            found.iter_mut().zip(words.text.iter().zip(&words.start)).filter(|(at, _)| at.is_none());
        for (at, (text, start)) in missing {
            *at = self.near(text, *start).into_iter().find(|at| !taken.contains(at));
            taken.extend(*at);
        }
        found
    }

    /// Where these words stand in a row.
    pub(super) fn find_run(&mut self, words: &Words, exact: bool, taken: &HashSet<At>) -> Option<Vec<At>> {
        if exact {
            let noted: Option<Vec<At>> = (0..words.len()).map(|number| self.noted(words, number)).collect();
            if noted.is_some() {
                return noted;
            }
        }
        let near = self.near(words.text.first()?, *words.start.first()?);
        near.into_iter().find_map(|first| {
            let run = self.row(first, &words.text)?;
            let close = |(at, start): (&At, &f64)| {
                self.token(*at).is_some_and(|token| (token.start - start).abs() <= NEAR)
            };
            let fits = run.iter().zip(&words.start).all(close) && !run.iter().any(|at| taken.contains(at));
            fits.then_some(run)
        })
    }

    /// Whether these words already stand in a row about then.
    pub(super) fn has(&mut self, text: &[String], start: f64) -> bool {
        let Some(first) = text.first() else { return false };
        self.near(first, start).into_iter().any(|first| self.row(first, text).is_some())
    }

    /// Words from `first` on, if they are these.
    fn row(&self, first: At, text: &[String]) -> Option<Vec<At>> {
        let mut run = Vec::with_capacity(text.len());
        let mut next = Some(first);
        for wanted in text {
            let at = next?;
            if letters(&self.token(at)?.text) != letters(wanted) {
                return None;
            }
            run.push(at);
            next = self.next(at);
        }
        Some(run)
    }

    /// The word where it was noted, if it is still there.
    fn noted(&self, words: &Words, number: usize) -> Option<At> {
        let at = *words.at.get(number)?;
        let token = self.token(at)?;
        // Times come back from JSON with their last digit off.
        let same = token.text == words.text[number] && (token.start - words.start[number]).abs() < 1e-6;
        same.then_some(at)
    }

    /// Words of these letters about then, the nearest first.
    fn near(&mut self, text: &str, start: f64) -> Vec<At> {
        let wanted = letters(text);
        let slots = self.slots_between(start - NEAR, start + NEAR);
        let mut found: Vec<(f64, At)> = Vec::new();
        for slot in slots {
            for (number, token) in (0..).zip(&self.slots[slot as usize].tokens) {
                let away = (token.start - start).abs();
                if away <= NEAR && letters(&token.text) == wanted {
                    found.push((away, (slot, number)));
                }
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        found.into_iter().map(|(_, at)| at).collect()
    }

    /// The machine's words that these are; by slot.
    pub(super) fn find_machine(&self, words: &Words, exact: bool) -> Vec<Option<u32>> {
        let mut sorted: Option<Vec<(f64, u32)>> = None;
        let mut taken: HashSet<u32> = HashSet::new();
        let mut found = Vec::with_capacity(words.len());
        for (number, (text, start)) in words.text.iter().zip(&words.start).enumerate() {
            let noted = words
                .at
                .get(number)
                .map(|at| at.0)
                .filter(|slot| exact && *slot < self.count() && self.machine(*slot).text == *text);
            let slot = noted.or_else(|| {
                let sorted = sorted.get_or_insert_with(|| {
                    let mut all: Vec<_> =
                        (0..self.count()).map(|slot| (self.machine(slot).start, slot)).collect();
                    all.sort_by(|a, b| a.0.total_cmp(&b.0));
                    all
                });
                let wanted = letters(text);
                let from = sorted.partition_point(|one| one.0 < start - NEAR);
                let near = sorted[from..].iter().take_while(|one| one.0 <= start + NEAR);
                near.filter(|one| !taken.contains(&one.1) && letters(&self.machine(one.1).text) == wanted)
                    .min_by(|a, b| (a.0 - start).abs().total_cmp(&(b.0 - start).abs()))
                    .map(|one| one.1)
            });
            taken.extend(slot);
            found.push(slot);
        }
        found
    }
}
