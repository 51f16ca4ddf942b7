//! Changes over a layer: pure.

use std::collections::{HashMap, HashSet};

use super::change::{At, Change, Run, Words};
use super::layer::{Layer, Token};

/// How much of a change could be applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub found: usize,
    pub of: usize,
}

impl Outcome {
    fn of<T>(found: &[Option<T>]) -> Self {
        Self { found: found.iter().flatten().count(), of: found.len() }
    }
}

impl Layer {
    /// Applies a change; `exact`: this is the text that it was made on, with all changes before it. Otherwise words are found
    /// again by their letters and time, and what is not found stays as it is.
    pub fn apply(&mut self, change: &Change, exact: bool) -> Outcome {
        match change {
            Change::Assign { speaker, words } => {
                let found = self.find(words, exact);
                self.say(found.iter().flatten(), Some(*speaker));
                Outcome::of(&found)
            }
            Change::Merge { speaker, words, .. } => self.merge(*speaker, words, exact),
            Change::Text { runs } => self.rewrite(runs, exact),
            Change::Split { words } => {
                let found = self.find(words, exact);
                for at in found.iter().flatten() {
                    if let Some(token) = self.token_mut(*at) {
                        token.begins = true;
                    }
                }
                Outcome::of(&found)
            }
            Change::Join { words } => self.go_on(words, exact),
            Change::Restore { words } => {
                let found = self.find_machine(words, exact);
                for slot in found.iter().flatten() {
                    self.reset(*slot);
                }
                Outcome::of(&found)
            }
            Change::RestoreAll => {
                for slot in 0..self.count() {
                    self.reset(slot);
                }
                for slot in 0..self.count() {
                    let begins = self.machine(slot).begins;
                    if let Some(token) = self.token_mut((slot, 0)) {
                        token.begins = begins;
                    }
                }
                Outcome::default()
            }
            Change::Confirm { words } => {
                let found = self.find(words, exact);
                for at in found.iter().flatten() {
                    if let Some(token) = self.token_mut(*at) {
                        token.confirmed = true;
                    }
                }
                Outcome::of(&found)
            }
            Change::Name { .. } | Change::Undo | Change::Redo => Outcome::default(),
        }
    }

    fn say<'a>(&mut self, words: impl Iterator<Item = &'a At>, speaker: Option<i32>) {
        for at in words {
            if let Some(token) = self.token_mut(*at) {
                token.speaker = speaker;
            }
        }
    }

    /// What was merged were voices: one most of whose words are among those follows whole, so that words which a later run
    /// hears differently do too.
    fn merge(&mut self, speaker: i32, words: &Words, exact: bool) -> Outcome {
        let found = self.find(words, exact);
        let mut counts: HashMap<i32, (usize, usize)> = HashMap::new();
        for voice in self.tokens().filter_map(|(_, token)| token.speaker) {
            counts.entry(voice).or_default().0 += 1;
        }
        for at in found.iter().flatten() {
            if let Some(voice) = self.token(*at).and_then(|token| token.speaker) {
                counts.entry(voice).or_default().1 += 1;
            }
        }
        let follows: HashSet<i32> =
            counts.into_iter().filter(|(_, (all, found))| 2 * found > *all).map(|(voice, _)| voice).collect();
        for token in self.slots.iter_mut().flat_map(|slot| &mut slot.tokens) {
            if token.speaker.is_some_and(|voice| follows.contains(&voice)) {
                token.speaker = Some(speaker);
            }
        }
        self.say(found.iter().flatten(), Some(speaker));
        Outcome::of(&found)
    }

    fn go_on(&mut self, words: &Words, exact: bool) -> Outcome {
        let found = self.find(words, exact);
        let joint = found.first().copied().flatten();
        let previous = joint.and_then(|at| if at.1 > 0 { Some((at.0, at.1 - 1)) } else { self.before(at.0) });
        let (Some(joint), Some(previous)) = (joint, previous) else {
            return Outcome { found: 0, of: found.len() };
        };
        let speaker = self.token(previous).and_then(|token| token.speaker);
        if let Some(token) = self.token_mut(joint) {
            token.begins = false;
        }
        self.say(found.iter().flatten(), speaker);
        Outcome::of(&found)
    }

    fn rewrite(&mut self, runs: &[Run], exact: bool) -> Outcome {
        let mut taken: HashSet<At> = HashSet::new();
        let mut found: Vec<(Vec<At>, &Run)> = Vec::new();
        let mut outcome = Outcome { found: 0, of: runs.len() };
        // All are found before any is changed: what one brings is not what another means.
        for run in runs {
            // A later run may have heard by itself what a person wrote. Where that holds the old words, too, they must not be
            // written over once more.
            let begin = run.old.start.first().copied().filter(|_| !exact);
            let (more, less) = (run.new.len() > run.old.len(), run.new.len() < run.old.len());
            let mut already = more && begin.is_some_and(|start| self.has(&run.new, start));
            let place = if already { None } else { self.find_run(&run.old, exact, &taken) };
            if place.is_none() && !more && !less {
                already = begin.is_some_and(|start| self.has(&run.new, start));
            }
            outcome.found += usize::from(already || place.is_some());
            if let Some(place) = place {
                taken.extend(&place);
                found.push((place, run));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0));
        for (place, run) in found {
            self.replace(&place, &run.new);
        }
        outcome
    }

    /// Puts other words in the place of some in a row, of which there is at least one.
    fn replace(&mut self, place: &[At], new: &[String]) {
        let old: Vec<Token> = place.iter().filter_map(|at| self.token(*at).cloned()).collect();
        let (first, last) = (place[0], place[place.len() - 1]);
        if new.len() == old.len() {
            // Word for word: each stays where it is.
            for (at, text) in place.iter().zip(new) {
                if let Some(token) = self.token_mut(*at).filter(|token| token.text != *text) {
                    token.text.clone_from(text);
                    token.probability = 1.0;
                    token.edited = true;
                }
            }
            return;
        }
        let follows = self.next(last);
        let until = match follows {
            Some(at) if !self.starts(at) => self.token(at).map(|token| token.start),
            _ => None,
        };
        let mut written = written(&old, new, until);
        if written.is_empty() && self.starts(first) {
            // So that its segment is still there, to be written in again.
            let nothing = Token { text: String::new(), end: old[0].start, edited: true, ..old[0].clone() };
            written.push(nothing);
        } else if !written.is_empty() {
            for slot in first.0..last.0 {
                self.slots[slot as usize].linked = true;
            }
        }
        // In a text that was cut otherwise: the segment that began among these words begins after them.
        if old[1..].iter().any(|token| token.begins)
            && let Some(token) = follows.and_then(|at| self.token_mut(at))
        {
            token.begins = true;
        }
        for slot in (first.0..=last.0).rev() {
            let mut tokens = self.slots[slot as usize].tokens.clone();
            let mut number = 0;
            tokens.retain(|_| {
                number += 1;
                !place.contains(&(slot, number - 1))
            });
            if slot == first.0 {
                let at = (first.1 as usize).min(tokens.len());
                tokens.splice(at..at, std::mem::take(&mut written));
            }
            self.put(slot, tokens);
        }
    }

    /// Gives a slot the machine's word back, and all that its words stand for with it.
    fn reset(&mut self, slot: u32) {
        for slot in self.whole_slots(slot..slot + 1) {
            let mut token = self.machine(slot);
            let stands = self.slots[slot as usize].tokens.first();
            (token.begins, token.speaker) = match stands {
                Some(old) => (old.begins, old.speaker),
                // What is gone belonged to the segment before.
                None => {
                    let before = self.before(slot).and_then(|at| self.token(at));
                    (false, before.map_or(token.speaker, |before| before.speaker))
                }
            };
            self.put(slot, vec![token]);
            self.slots[slot as usize].linked = false;
        }
    }
}

/// Words as a person wrote them: they share the time of the old ones by their length, and where there are more of them than there
/// were, the silence until the next word, in seconds, too.
fn written(old: &[Token], new: &[String], until: Option<f64>) -> Vec<Token> {
    let (Some(first), Some(last)) = (old.first(), old.last()) else { return Vec::new() };
    let begin = first.start;
    let mut end = last.end.max(begin);
    if let Some(until) = until.filter(|_| new.len() > old.len()) {
        end = end.max(until);
    }
    let long = |text: &String| text.trim().chars().count().max(1);
    let all: usize = new.iter().map(long).sum();
    let mut done = 0;
    let mut tokens: Vec<Token> = Vec::with_capacity(new.len());
    for text in new {
        let at = |part: usize| begin + (end - begin) * part as f64 / all.max(1) as f64;
        let start = at(done);
        done += long(text);
        let stood = old.iter().rev().find(|token| token.start <= start).unwrap_or(first);
        tokens.push(Token {
            text: text.clone(),
            start,
            end: at(done),
            probability: 1.0,
            speaker: stood.speaker,
            begins: tokens.is_empty() && first.begins,
            edited: true,
            confirmed: false,
            whole: old.iter().all(|token| token.whole),
        });
    }
    tokens
}
