//! The machine's words with what people made of them: pure.
//!
//! Every word of the machine has a slot, and a slot holds the words that stand there now: the machine's own, others, or
//! none. So a change moves nothing else, and the machine's word can always come back.

use std::collections::BTreeSet;
use std::ops::Range;

use super::change::At;
use crate::model::segment::{Segment, Word};

/// A word as it is shown. A segment that the machine gave no words has one, its whole text.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// With the space before it; empty where a segment has lost all its words.
    pub text: String,
    /// Seconds.
    pub start: f64,
    pub end: f64,
    pub probability: f32,
    pub speaker: Option<i32>,
    /// A segment begins here, whoever speaks before.
    pub begins: bool,
    /// A person wrote it.
    pub edited: bool,
    /// A person has heard that it is right.
    pub confirmed: bool,
    /// A whole segment's text, whose words have no times.
    pub whole: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Which of the machine's segments it is in.
    pub segment: u32,
    pub tokens: Vec<Token>,
    /// Words stand for this slot's and the next one's together: they come back together.
    pub linked: bool,
}

/// A segment as it is shown: its words, in order. There is at least one, which may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub at: Vec<At>,
    /// The slots that it covers, with those that became empty.
    pub slots: Range<u32>,
}

/// A text under work.
#[derive(Clone, Debug)]
pub struct Layer {
    machine: Vec<Segment>,
    /// The first slot of each of the machine's segments, and one past the last slot.
    firsts: Vec<u32>,
    pub(super) slots: Vec<Slot>,
    /// Milliseconds at which words begin, with their slots; made when words are first looked for.
    index: Option<BTreeSet<(i64, u32)>>,
}

impl Layer {
    /// Over the machine's segments, in the order in which they are shown.
    pub fn new(machine: Vec<Segment>) -> Self {
        let mut layer = Self { machine, firsts: vec![0], slots: Vec::new(), index: None };
        for at in 0..layer.machine.len() {
            let segment = u32::try_from(at).unwrap_or(u32::MAX);
            for word in 0..layer.machine[at].words.len().max(1) {
                let tokens = vec![layer.heard(at, word)];
                layer.slots.push(Slot { segment, tokens, linked: false });
            }
            layer.firsts.push(layer.count());
        }
        layer
    }

    /// The machine's word number `word` of its segment.
    fn heard(&self, segment: usize, word: usize) -> Token {
        let home = &self.machine[segment];
        let whole = home.words.is_empty();
        let found = home.words.get(word).cloned().unwrap_or_else(|| Word {
            text: home.text.clone(),
            start: home.start,
            end: home.end,
            probability: 1.0,
        });
        Token {
            text: found.text,
            start: found.start,
            end: found.end,
            probability: found.probability,
            speaker: home.speaker,
            begins: word == 0,
            edited: false,
            confirmed: false,
            whole,
        }
    }

    /// The machine's word of a slot.
    pub(super) fn machine(&self, slot: u32) -> Token {
        let segment = self.slots[slot as usize].segment as usize;
        self.heard(segment, (slot - self.firsts[segment]) as usize)
    }

    /// How many slots there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// In which channel a slot was heard.
    pub(super) fn channel(&self, slot: u32) -> i16 {
        self.machine[self.slots[slot as usize].segment as usize].channel
    }

    pub fn token(&self, at: At) -> Option<&Token> {
        self.slots.get(at.0 as usize)?.tokens.get(at.1 as usize)
    }

    pub(super) fn token_mut(&mut self, at: At) -> Option<&mut Token> {
        self.slots.get_mut(at.0 as usize)?.tokens.get_mut(at.1 as usize)
    }

    /// All words in order.
    pub fn tokens(&self) -> impl Iterator<Item = (At, &Token)> {
        (0..).zip(&self.slots).flat_map(|(slot, one)| {
            (0..).zip(&one.tokens).map(move |(number, token)| ((slot, number), token))
        })
    }

    /// The word after this one.
    pub(super) fn next(&self, at: At) -> Option<At> {
        if self.token((at.0, at.1 + 1)).is_some() {
            return Some((at.0, at.1 + 1));
        }
        let following = self.slots.iter().enumerate().skip(at.0 as usize + 1);
        let found = following.into_iter().find(|(_, slot)| !slot.tokens.is_empty())?;
        Some((u32::try_from(found.0).ok()?, 0))
    }

    /// The last word before a slot.
    pub(super) fn before(&self, slot: u32) -> Option<At> {
        let found = (0..slot).rev().find(|slot| !self.slots[*slot as usize].tokens.is_empty())?;
        let number = self.slots[found as usize].tokens.len() - 1;
        Some((found, u32::try_from(number).ok()?))
    }

    /// Whether a segment is shown to begin with this word.
    pub(super) fn starts(&self, at: At) -> bool {
        let before = if at.1 > 0 { Some((at.0, at.1 - 1)) } else { self.before(at.0) };
        let Some(before) = before else { return true };
        let (Some(token), Some(previous)) = (self.token(at), self.token(before)) else { return true };
        self.parts((before.0, previous), (at.0, token))
    }

    fn parts(&self, before: (u32, &Token), here: (u32, &Token)) -> bool {
        here.1.begins || before.1.speaker != here.1.speaker || self.channel(before.0) != self.channel(here.0)
    }

    /// The segments that are shown, in order, those without words among them.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut before: Option<(u32, &Token)> = None;
        for (at, token) in self.tokens() {
            let new = before.is_none_or(|before| self.parts(before, (at.0, token)));
            before = Some((at.0, token));
            match pieces.last_mut() {
                Some(piece) if !new => piece.at.push(at),
                last => {
                    if let Some(last) = last {
                        // One that begins within a slot shares it.
                        last.slots.end = if at.1 > 0 { at.0 + 1 } else { at.0 };
                    }
                    // What lost its words before the first segment belongs to it.
                    let from = if pieces.is_empty() { 0 } else { at.0 };
                    pieces.push(Piece { at: vec![at], slots: from..self.count() });
                }
            }
        }
        pieces
    }

    /// The words of a piece that have letters.
    pub fn words<'l>(&'l self, piece: &'l Piece) -> impl Iterator<Item = (At, &'l Token)> {
        let tokens = piece.at.iter().filter_map(|at| Some((*at, self.token(*at)?)));
        tokens.filter(|(_, token)| !token.text.is_empty())
    }

    /// A piece as a segment.
    pub fn segment(&self, piece: &Piece, idx: i32) -> Segment {
        let (first, last) = (piece.at[0], piece.at[piece.at.len() - 1]);
        let home = self.slots[first.0 as usize].segment;
        // Its last words may stand for others, or be gone.
        let end = self.slots[piece.slots.end.max(last.0 + 1) as usize - 1].segment;
        let own = &self.machine[home as usize];
        let speaker = self.token(first).and_then(|token| token.speaker);
        let machines = self.firsts[home as usize]..self.firsts[home as usize + 1];
        let tokens: Vec<&Token> = self.words(piece).map(|(_, token)| token).collect();
        let untouched = !piece.at.iter().any(|at| self.token(*at).is_some_and(|token| token.edited));
        // From end to end, and no word is gone.
        let all =
            first == (machines.start, 0) && last.0 + 1 == machines.end && piece.at.len() == machines.len();
        if untouched && all {
            return Segment { idx, speaker, ..own.clone() };
        }
        let begin = self.token(first).map_or(own.start, |token| token.start);
        let start = if first == (self.firsts[home as usize], 0) { own.start } else { begin };
        // The next word is in the same segment of the machine's where a person cut it.
        let cut = self.next(last).is_some_and(|next| self.slots[next.0 as usize].segment == end);
        let heard = tokens.last().map_or(start, |token| token.end);
        let until = if cut { heard } else { self.machine[end as usize].end };
        let words: &[&Token] = if tokens.iter().all(|token| token.whole) { &[] } else { &tokens };
        Segment {
            idx,
            start,
            end: until.max(heard),
            speaker,
            text: tokens.iter().map(|token| token.text.as_str()).collect(),
            words: words.iter().map(|token| word(token)).collect(),
            channel: own.channel,
        }
    }

    /// The text that is shown, numbered from 0; a segment that a person left without words is not.
    pub fn shown(&self) -> Vec<Segment> {
        let pieces = self.pieces();
        let kept = pieces.iter().filter(|piece| !self.gone(piece));
        (0..).zip(kept).map(|(idx, piece)| self.segment(piece, idx)).collect()
    }

    /// Whether a person left a piece without words.
    pub fn gone(&self, piece: &Piece) -> bool {
        self.words(piece).next().is_none()
            && piece.at.iter().any(|at| self.token(*at).is_some_and(|token| token.edited))
    }

    /// Whether a piece is anything but the machine's words.
    pub fn edited(&self, piece: &Piece) -> bool {
        self.touched(piece.slots.clone())
    }

    /// Whether any of these slots holds anything but the machine's word.
    pub(super) fn touched(&self, mut slots: Range<u32>) -> bool {
        slots.any(|slot| {
            let tokens = &self.slots[slot as usize].tokens;
            tokens.len() != 1 || tokens[0].edited
        })
    }

    /// What the machine heard where a piece is.
    pub fn machine_text(&self, piece: &Piece) -> String {
        self.whole_slots(piece.slots.clone()).map(|slot| self.machine(slot).text).collect()
    }

    /// These slots with all that their words stand for.
    pub(super) fn whole_slots(&self, slots: Range<u32>) -> Range<u32> {
        let (mut from, mut to) = (slots.start, slots.end);
        while from > 0 && self.slots[from as usize - 1].linked {
            from -= 1;
        }
        while to > from && to < self.count() && self.slots[to as usize - 1].linked {
            to += 1;
        }
        from..to
    }

    /// Changes the words of a slot, and where they are found.
    pub(super) fn put(&mut self, slot: u32, tokens: Vec<Token>) {
        let old = std::mem::replace(&mut self.slots[slot as usize].tokens, tokens);
        if let Some(index) = &mut self.index {
            for token in &old {
                index.remove(&(milliseconds(token.start), slot));
            }
            for token in &self.slots[slot as usize].tokens {
                index.insert((milliseconds(token.start), slot));
            }
        }
    }

    /// Slots of which a word begins in this time, and a few around it; in seconds.
    pub(super) fn slots_between(&mut self, from: f64, to: f64) -> BTreeSet<u32> {
        let index = self.index.get_or_insert_with(|| {
            let tokens = (0..).zip(&self.slots).flat_map(|(slot, one)| {
                one.tokens.iter().map(move |token| (milliseconds(token.start), slot))
            });
            tokens.collect()
        });
        let range =
            (milliseconds(from).saturating_sub(1), 0)..=(milliseconds(to).saturating_add(1), u32::MAX);
        if range.is_empty() {
            return BTreeSet::new();
        }
        index.range(range).map(|(_, slot)| *slot).collect()
    }
}

fn word(token: &Token) -> Word {
    Word { text: token.text.clone(), start: token.start, end: token.end, probability: token.probability }
}

/// What is too large becomes the largest.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).floor() as i64
}
