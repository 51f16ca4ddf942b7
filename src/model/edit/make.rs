//! What a person asks for, as changes of the text that they see: pure. `None`: nothing changes.

use regex::{NoExpand, Regex};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::change::{At, Change, Run, Words};
use super::layer::{Layer, Piece, Token};
use super::seek::replace_one;
use super::text::{pieces, tidy, words};

/// What can't be done to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such segment")]
    NoSegment,
    #[error("the segment has no such word")]
    NoWord,
    #[error("a segment can't begin with its first word anew: name one that follows it")]
    FirstWord,
    #[error("no segment follows this one")]
    NothingFollows,
    #[error("the next segment was heard in another channel")]
    OtherChannel,
    #[error("there are more places than the {0} that may be replaced at once")]
    TooManyPlaces(usize),
    #[error("a segment would have more than {0} characters")]
    TooLong(usize),
}

/// Characters of a segment that a person writes, and places that are replaced at once.
pub const SEGMENT_TEXT_MAX: usize = 10_000;
pub const PLACES_MAX: usize = 10_000;

/// What replacing did.
#[derive(Clone, Debug, PartialEq)]
pub struct Replaced {
    pub change: Option<Change>,
    pub places: usize,
}

impl Layer {
    /// Writes a segment anew: words that stay keep their times.
    pub fn write(&self, piece: &Piece, text: &str) -> Option<Change> {
        let runs = self.runs(piece, text);
        (!runs.is_empty()).then_some(Change::Text { runs })
    }

    /// Writes one word anew, as several or as none; `number` counts the words that are shown.
    ///
    /// # Errors
    /// [`Refusal::NoWord`]
    pub fn write_word(&self, piece: &Piece, number: usize, text: &str) -> Result<Option<Change>, Refusal> {
        let (at, token) = self.word(piece, number)?;
        let text = spaced(&tidy(text), token.text.starts_with(' '));
        let new = words(&text);
        if new.concat() == token.text {
            return Ok(None);
        }
        Ok(Some(Change::Text { runs: vec![Run { old: one(at, token), new }] }))
    }

    /// Lets a segment begin with this word.
    ///
    /// # Errors
    /// [`Refusal::NoWord`], [`Refusal::FirstWord`]
    pub fn split(&self, piece: &Piece, number: usize) -> Result<Change, Refusal> {
        let (at, token) = self.word(piece, number)?;
        if number == 0 {
            return Err(Refusal::FirstWord);
        }
        Ok(Change::Split { words: one(at, token) })
    }

    /// Makes a segment and the one after it one.
    ///
    /// # Errors
    /// [`Refusal::NothingFollows`], [`Refusal::OtherChannel`]
    pub fn join(&self, piece: &Piece, next: Option<&Piece>) -> Result<Change, Refusal> {
        let next = next.ok_or(Refusal::NothingFollows)?;
        if self.channel(piece.at[0].0) != self.channel(next.at[0].0) {
            return Err(Refusal::OtherChannel);
        }
        Ok(Change::Join { words: self.named(next.at.iter().copied()) })
    }

    /// Gives a segment the machine's words back.
    pub fn restore(&self, piece: &Piece) -> Option<Change> {
        let slots = self.whole_slots(piece.slots.clone());
        if !self.touched(slots.clone()) {
            return None;
        }
        let mut words = Words::default();
        for slot in slots {
            let heard = self.machine(slot);
            words.push(&heard.text, heard.start, (slot, 0));
        }
        Some(Change::Restore { words })
    }

    /// Gives all segments the machine's words and bounds back.
    pub fn restore_all(&self) -> Option<Change> {
        let cut = |at: At, token: &Token| token.begins != self.machine(at.0).begins;
        let changed =
            self.touched(0..self.count()) || self.tokens().any(|(at, token)| at.1 == 0 && cut(at, token));
        changed.then_some(Change::RestoreAll)
    }

    /// Replaces what `find` finds, within each segment; `only`: one of the places, counted from 0.
    ///
    /// # Errors
    /// [`Refusal::TooManyPlaces`], [`Refusal::TooLong`]
    pub fn replace_all(&self, find: &Regex, with: &str, only: Option<usize>) -> Result<Replaced, Refusal> {
        let (mut runs, mut places) = (Vec::new(), 0);
        let mut passed = 0;
        for piece in self.pieces() {
            let text: String = self.words(&piece).map(|(_, token)| token.text.as_str()).collect();
            let here = find.find_iter(&text).count();
            if here == 0 {
                continue;
            }
            let before = passed;
            passed += here;
            let new = match only {
                None => {
                    places += here;
                    find.replace_all(&text, NoExpand(with)).into_owned()
                }
                Some(one) if (before..passed).contains(&one) => {
                    places = 1;
                    replace_one(&text, find, one - before, with)
                }
                Some(_) => continue,
            };
            if places > PLACES_MAX {
                return Err(Refusal::TooManyPlaces(PLACES_MAX));
            }
            let new = tidy(&new);
            if new.chars().count() > SEGMENT_TEXT_MAX {
                return Err(Refusal::TooLong(SEGMENT_TEXT_MAX));
            }
            runs.extend(self.runs(&piece, &new));
        }
        Ok(Replaced { change: (!runs.is_empty()).then_some(Change::Text { runs }), places })
    }

    /// Words as changes name them.
    pub fn named(&self, at: impl Iterator<Item = At>) -> Words {
        let mut words = Words::default();
        for at in at {
            if let Some(token) = self.token(at) {
                words.push(&token.text, token.start, at);
            }
        }
        words
    }

    fn word(&self, piece: &Piece, number: usize) -> Result<(At, &Token), Refusal> {
        let found = self.words(piece).nth(number).map(|(at, _)| at).ok_or(Refusal::NoWord)?;
        let token = self.token(found).filter(|token| !token.whole).ok_or(Refusal::NoWord)?;
        Ok((found, token))
    }

    /// What has to change for a segment to read `text`.
    fn runs(&self, piece: &Piece, text: &str) -> Vec<Run> {
        let old: Vec<(At, &Token)> = piece.at.iter().filter_map(|at| Some((*at, self.token(*at)?))).collect();
        let heard = self.machine(piece.at[0].0).text;
        let led =
            old.iter().find(|(_, token)| !token.text.is_empty()).map_or(&heard, |(_, token)| &token.text);
        let text = spaced(&tidy(text), led.starts_with(' '));
        if !old.is_empty() && old.iter().all(|(_, token)| token.whole) {
            let stands: String = old.iter().map(|(_, token)| token.text.as_str()).collect();
            if tidy(&stands) == tidy(&text) {
                return Vec::new();
            }
            let new = if text.is_empty() { Vec::new() } else { vec![text] };
            return vec![Run { old: self.named(piece.at.iter().copied()), new }];
        }
        let (kept, new) = compare(&old, &text);
        self.gaps(&old, &kept, &new)
    }

    /// Runs of words that don't stay, with what stands there instead. What is only added takes the place of a word beside it, which
    /// stays: it must hang on something.
    fn gaps(&self, old: &[(At, &Token)], kept: &[Option<(usize, usize)>], new: &[String]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut from, mut written) = (0, 0);
        // The last run ends with the word that stays before `from`.
        let mut hung = false;
        for bound in 0..=old.len() {
            let stays = kept.get(bound).copied().flatten();
            if bound < old.len() && stays.is_none() {
                continue;
            }
            let had = std::mem::take(&mut hung);
            let (until, next) = stays.unwrap_or((new.len(), new.len()));
            let mut fresh = words(&new[written..until].concat());
            let mut gone = from..bound;
            let visible = old[gone.clone()].iter().any(|(_, token)| !token.text.is_empty());
            if let Some(run) = runs.last_mut().filter(|_| had && !visible) {
                run.new.append(&mut fresh);
            }
            if visible || !fresh.is_empty() {
                if !visible {
                    let beside = |(_, token): &&(At, &Token)| !token.text.is_empty();
                    if let Some((_, token)) = from.checked_sub(1).and_then(|at| old.get(at)).filter(beside) {
                        fresh.insert(0, token.text.clone());
                        gone = from - 1..from;
                    } else if let Some((_, token)) = old.get(bound).filter(beside) {
                        fresh.push(token.text.clone());
                        gone = bound..bound + 1;
                        hung = true;
                    }
                }
                let words = self.named(old[gone].iter().map(|(at, _)| *at));
                if !words.is_empty() {
                    runs.push(Run { old: words, new: fresh });
                }
            }
            (from, written) = (bound + 1, next);
        }
        runs
    }
}

/// Which words stay, each with where it stands among the new text's pieces, and those pieces.
fn compare(old: &[(At, &Token)], text: &str) -> (Vec<Option<(usize, usize)>>, Vec<String>) {
    let mut owners = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for (number, (_, token)) in old.iter().enumerate() {
        for piece in pieces(&token.text) {
            before.push(piece);
            owners.push(number);
        }
    }
    let after = cut_alike(old, text);
    let mut matched: Vec<Option<usize>> = vec![None; before.len()];
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if op.tag() == DiffTag::Equal {
            for (old, new) in op.old_range().zip(op.new_range()) {
                matched[old] = Some(new);
            }
        }
    }
    let mut kept = vec![None; old.len()];
    let mut from = 0;
    while from < owners.len() {
        let to = from + owners[from..].iter().take_while(|owner| **owner == owners[from]).count();
        // Its pieces in a row, and neither something new before nor after it in the same word.
        let first = matched[from];
        let all =
            (from..to).all(|at| matched[at].is_some() && matched[at] == first.map(|new| new + at - from));
        if let Some(first) = first.filter(|_| all) {
            let last = first + to - from;
            let own = |new: usize, old: Option<usize>| {
                old.and_then(|old| matched.get(old).copied().flatten()) == Some(new)
            };
            let left = first == 0 || after[first].starts_with(' ') || own(first - 1, from.checked_sub(1));
            let right = last == after.len() || after[last].starts_with(' ') || own(last, Some(to));
            if left && right {
                kept[owners[from]] = Some((first, last));
            }
        }
        from = to;
    }
    (kept, after)
}

/// The pieces of a new text, cut where the old words end as long as both read the same: "3" and ".5", two words of the machine's,
/// are one piece otherwise.
fn cut_alike(old: &[(At, &Token)], text: &str) -> Vec<String> {
    let mut after = Vec::new();
    let mut rest = text;
    for (number, (_, token)) in old.iter().enumerate() {
        let Some(left) = rest.strip_prefix(token.text.as_str()) else { break };
        let goes_on = |c: char| c.is_alphanumeric() || c == '\'';
        if left.starts_with(goes_on) && token.text.ends_with(goes_on) {
            // "us" is not the beginning of "used".
            let next = old[number + 1..].iter().find(|(_, next)| !next.text.is_empty());
            if !next.is_some_and(|(_, next)| left.starts_with(next.text.as_str())) {
                break;
            }
        }
        after.extend(pieces(&token.text));
        rest = left;
    }
    after.extend(pieces(rest));
    after
}

fn one(at: At, token: &Token) -> Words {
    let mut words = Words::default();
    words.push(&token.text, token.start, at);
    words
}

/// A tidy text with the space before it, where there was one.
fn spaced(text: &str, led: bool) -> String {
    if led && !text.is_empty() { format!(" {text}") } else { text.to_owned() }
}
