//! The words of a meeting: sentences with times, and in them the words that carry content.
mod language;
mod stopwords;
mod timing;

use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::types::{Meeting, Utterance};
pub use language::{Language, is_unspaced, normalize};
use timing::TimedText;

/// More words than this are no sentence to read; what has no full stop is cut.
const LONGEST_SENTENCE: usize = 45;
/// A pause of this many seconds ends a sentence that has no full stop.
const PAUSE: f64 = 2.0;

/// A sentence as it was said.
pub struct Unit {
    pub text: String,
    pub speaker: String,
    pub start: f64,
    pub end: f64,
    pub tokens: Vec<Token>,
}

/// A word of a sentence.
pub struct Token {
    /// Bytes of the unit's text.
    pub range: Range<usize>,
    pub norm: String,
    pub stem: String,
    /// Whether it tells something about the subject.
    pub content: bool,
}

impl Unit {
    /// The distinct stems of its content words.
    pub fn content(&self) -> HashSet<&str> {
        self.tokens.iter().filter(|token| token.content).map(|token| token.stem.as_str()).collect()
    }
}

/// The sentences of a meeting in time order, and the language they were read in.
pub fn units(meeting: &Meeting) -> (Language, Vec<Unit>) {
    let texts = meeting.utterances.iter().map(|utterance| utterance.text.as_str());
    let language = Language::new(&meeting.language, texts);
    let mut units = Vec::new();
    let mut turn: Option<(TimedText, &Utterance)> = None;
    for utterance in meeting.utterances.iter().filter(|utterance| !utterance.text.trim().is_empty()) {
        if let Some((timed, last)) = &mut turn
            && last.speaker == utterance.speaker
            && utterance.start - last.end < PAUSE
            && is_open(&timed.text)
        {
            timed.push(utterance);
            *last = utterance;
            continue;
        }
        if let Some((timed, last)) = turn.take() {
            split(&timed, last, &language, &mut units);
        }
        let mut timed = TimedText::default();
        timed.push(utterance);
        turn = Some((timed, utterance));
    }
    if let Some((timed, last)) = turn {
        split(&timed, last, &language, &mut units);
    }
    let limit = if meeting.duration > 0.0 { meeting.duration } else { f64::MAX };
    for unit in &mut units {
        // NaN becomes 0: `max` and `min` leave it out, `clamp` would not.
        unit.start = unit.start.max(0.0).min(limit);
        unit.end = unit.end.max(unit.start).min(limit);
    }
    units.sort_by(|a, b| a.start.total_cmp(&b.start));
    (language, units)
}

/// The words of any text, read in `language`.
pub fn tokens(text: &str, language: &Language) -> Vec<Token> {
    text.unicode_word_indices().map(|(at, word)| token(at, word, language)).collect()
}

fn token(at: usize, word: &str, language: &Language) -> Token {
    let mut range = at..at + word.len();
    let mut kept = word;
    if language.elides()
        && let Some(apostrophe) = word.find(['\'', '’'])
        && apostrophe <= 5
    {
        let rest = word[apostrophe..].trim_start_matches(['\'', '’']);
        if rest.chars().count() > 1 {
            range.start = range.end - rest.len();
            kept = rest;
        }
    }
    let norm = normalize(kept);
    let content = is_content(kept, &norm, language);
    Token { range, stem: language::stem(&norm), norm, content }
}

fn is_content(word: &str, norm: &str, language: &Language) -> bool {
    if language.is_stop(norm) || !word.chars().any(char::is_alphabetic) {
        return false;
    }
    if word.chars().all(is_unspaced) {
        return !word.chars().all(language::is_hiragana);
    }
    // "AI" and "5G" are subjects, "ai" and "ab" are not.
    norm.chars().count() > 2 || (word.chars().count() == 2 && !word.chars().any(char::is_lowercase))
}

/// Whether `text` stops in the middle of a sentence that is not yet too long to go on.
fn is_open(text: &str) -> bool {
    let closed = ['.', '!', '?', '…', '。', '！', '？', '؟', '।'];
    let tail = text.trim_end_matches(['"', '\'', ')', '”', '»', '」']);
    !tail.ends_with(closed)
        && text.unicode_words().rev().take(LONGEST_SENTENCE * 2 / 3).count() < LONGEST_SENTENCE * 2 / 3
}

fn split(timed: &TimedText, last: &Utterance, language: &Language, units: &mut Vec<Unit>) {
    for range in sentences(&timed.text) {
        let text = timed.text[range.clone()].trim();
        if text.is_empty() {
            continue;
        }
        let (start, end) = timed.span(&range);
        units.push(Unit {
            text: text.to_owned(),
            speaker: last.speaker.clone(),
            start,
            end,
            tokens: tokens(text, language),
        });
    }
}

/// Bytes of each sentence, without the space after it.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, piece) in text.split_sentence_bound_indices() {
        let end = at + piece.trim_end().len();
        match ranges.last_mut() {
            Some(range) if ends_in_abbreviation(&text[range.clone()]) => range.end = end,
            _ => ranges.push(at..end),
        }
    }
    ranges.into_iter().flat_map(|range| cut(text, range)).collect()
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    const ABBREVIATIONS: [&str; 17] = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "z.b", "bzw", "ca", "nr", "sr", "sra", "bijv",
        "mme", "jr",
    ];
    let Some(head) = sentence.strip_suffix('.') else { return false };
    let word = head.rsplit(char::is_whitespace).next().unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(|c| c.is_uppercase() && c != 'I');
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Cuts what is too long: after a comma where there is one, else at the limit.
fn cut(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let words: Vec<Range<usize>> = text[range.clone()]
        .unicode_word_indices()
        .map(|(at, word)| range.start + at..range.start + at + word.len())
        .collect();
    if words.len() <= LONGEST_SENTENCE {
        return vec![range];
    }
    let pieces = words.len().div_ceil(LONGEST_SENTENCE * 2 / 3);
    let (mut cuts, mut from) = (Vec::new(), range.start);
    for piece in 1..pieces {
        let wanted = words.len() * piece / pieces;
        let window = wanted.saturating_sub(8)..(wanted + 8).min(words.len() - 1);
        let comma = window
            .filter(|&i| text[words[i].end..words[i + 1].start].contains([',', ';', ':', '，', '、', '–']))
            .min_by_key(|&i| i.abs_diff(wanted));
        let at = words[comma.unwrap_or(wanted)].end;
        let at = comma.map_or(at, |i| words[i + 1].start);
        if at > from {
            let end = from + text[from..at].trim_end().len();
            cuts.push(from..end);
            from = at;
        }
    }
    cuts.push(from..range.end);
    cuts
}

#[cfg(test)]
mod tests;
