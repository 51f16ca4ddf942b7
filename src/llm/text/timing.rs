//! From a place in an utterance's text to a time.
use std::ops::Range;

use crate::llm::types::Utterance;

/// A stretch of text (bytes) that was said between two times.
struct Anchor {
    from: usize,
    to: usize,
    start: f64,
    end: f64,
}

/// Text put together from utterances, with the times of its parts.
#[derive(Default)]
pub struct TimedText {
    pub text: String,
    anchors: Vec<Anchor>,
    /// Estimated times get this many seconds of grace on both sides.
    grace: f64,
}

impl TimedText {
    /// Adds an utterance after a space.
    pub fn push(&mut self, utterance: &Utterance) {
        let text = utterance.text.trim();
        if !self.text.is_empty() && !self.text.ends_with(super::is_unspaced) {
            self.text.push(' ');
        }
        let offset = self.text.len();
        self.text.push_str(text);
        let words = word_anchors(text, offset, utterance);
        if words.is_empty() {
            self.grace = 1.0;
            self.anchors.push(Anchor {
                from: offset,
                to: self.text.len(),
                start: utterance.start,
                end: utterance.end.max(utterance.start),
            });
        } else {
            self.anchors.extend(words);
        }
    }

    /// When the bytes of `range` were said.
    pub fn span(&self, range: &Range<usize>) -> (f64, f64) {
        let (Some(first), Some(last)) = (self.anchors.first(), self.anchors.last()) else {
            return (0.0, 0.0);
        };
        let from = self.anchors.iter().find(|anchor| anchor.to > range.start).unwrap_or(last);
        let to = self.anchors.iter().rev().find(|anchor| anchor.from < range.end).unwrap_or(first);
        let start = from.at(range.start) - if range.start > from.from { self.grace } else { 0.0 };
        let end = to.at(range.end) + if range.end < to.to { self.grace } else { 0.0 };
        let start = start.max(from.start);
        (start, end.min(to.end).max(start))
    }
}

impl Anchor {
    fn at(&self, byte: usize) -> f64 {
        let length = (self.to - self.from).max(1) as f64;
        let part = (byte.clamp(self.from, self.to) - self.from) as f64 / length;
        self.start + part * (self.end - self.start)
    }
}

/// The utterance's words where they occur in its text; none if most are not found there.
fn word_anchors(text: &str, offset: usize, utterance: &Utterance) -> Vec<Anchor> {
    let mut cursor = 0;
    let mut anchors = Vec::new();
    for word in &utterance.words {
        let wanted = word.text.trim();
        if wanted.is_empty() {
            continue;
        }
        if let Some(found) = text[cursor..].find(wanted) {
            let from = cursor + found;
            cursor = from + wanted.len();
            anchors.push(Anchor {
                from: offset + from,
                to: offset + cursor,
                start: word.start,
                end: word.end.max(word.start),
            });
        }
    }
    if anchors.len() * 2 < utterance.words.len() { Vec::new() } else { anchors }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::types::TimedWord;

    #[test]
    fn word_times_are_exact() {
        let words = [("We", 1.0), (" ship", 1.5), (" today.", 2.0), (" Good.", 4.0)];
        let utterance = Utterance {
            speaker: "A".into(),
            start: 1.0,
            end: 5.0,
            text: "We ship today. Good.".into(),
            words: words
                .iter()
                .map(|(text, start)| TimedWord { text: (*text).into(), start: *start, end: start + 0.4 })
                .collect(),
        };
        let mut timed = TimedText::default();
        timed.push(&utterance);
        assert_eq!(timed.span(&(0..14)), (1.0, 2.4));
        assert_eq!(timed.span(&(15..20)), (4.0, 4.4));
    }

    #[test]
    fn without_words_the_characters_tell() {
        let utterance =
            Utterance { start: 10.0, end: 30.0, text: "aaaaaaaaa bbbbbbbbbb".into(), ..Default::default() };
        let mut timed = TimedText::default();
        timed.push(&utterance);
        assert_eq!(timed.span(&(0..20)), (10.0, 30.0));
        assert_eq!(timed.span(&(10..20)), (19.0, 30.0));
    }
}
