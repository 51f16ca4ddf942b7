//! Words x turns -> segments that each have one speaker.
//!
//! Whisper knows words and their times, diarization knows who talks when; neither knows the other. Each word goes to the
//! speaker whose turns cover most of it, or who is nearest; what that tears out of a sentence is repaired; then words are joined into
//! segments to read.

mod repair;
mod sides;

pub use sides::{Heard, attribute_sides};

use super::{Segment, Turn, Word};

/// Silence (seconds) that ends a segment.
const PAUSE: f64 = 1.5;
/// Characters after which a segment ends with its sentence.
const LONG: usize = 120;
/// An isolated word is its own speaker's only if that speaker covers at least this share of it and the neighbours' less.
const STRONG: f64 = 0.5;

/// Words of one speaker, to read as one paragraph.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeakerSegment {
    pub start: f64,
    pub end: f64,
    pub speaker: u32,
    pub text: String,
    pub words: Vec<Word>,
}

/// Gives every word a speaker and joins words into segments.
///
/// Where nearly all of a sentence is one speaker's, a short rest of it that a neighbour's turn reaches into, or that nobody has clearly, is
/// theirs too; a word in several tokens is never split. What another voice has alone stays theirs.
///
/// A segment ends where the speaker changes, after a pause of 1.5 s, and at the end of a sentence once it is longer than about 120
/// characters; never inside a word. A segment without words (a model that gives no times) counts as one word. With no
/// turns at all everything is speaker 0. Times in seconds.
pub fn attribute(segments: &[Segment], turns: &[Turn]) -> Vec<SpeakerSegment> {
    let words: Vec<Word> = segments.iter().flat_map(words_of).collect();
    let mut turns = turns.to_vec();
    turns.sort_by(|a, b| a.start.total_cmp(&b.start));
    let speakers = Speakers::new(&turns);
    let mut named: Vec<u32> = Vec::with_capacity(words.len());
    for word in &words {
        named.push(speakers.of(word, named.last().copied()));
    }
    smooth(&mut named, &words, &speakers);
    repair::repair(&mut named, &words, &speakers);
    join(words, &named)
}

fn words_of(segment: &Segment) -> Vec<Word> {
    if !segment.words.is_empty() || segment.text.trim().is_empty() {
        return segment.words.clone();
    }
    vec![Word { text: segment.text.clone(), start: segment.start, end: segment.end, probability: 1.0 }]
}

/// Turns in order of start, with how long the longest is, so that a word looks at few of them.
struct Speakers<'a> {
    turns: &'a [Turn],
    longest: f64,
}

impl<'a> Speakers<'a> {
    fn new(turns: &'a [Turn]) -> Self {
        Self { turns, longest: turns.iter().map(|turn| turn.end - turn.start).fold(0.0, f64::max) }
    }

    /// Seconds of [start, end] that each speaker covers, by speaker.
    fn overlaps(&self, start: f64, end: f64) -> Vec<(u32, f64)> {
        let from = self.turns.partition_point(|turn| turn.start < start - self.longest);
        let mut found: Vec<(u32, f64)> = Vec::new();
        for turn in self.turns[from..].iter().take_while(|turn| turn.start < end) {
            let shared = turn.end.min(end) - turn.start.max(start);
            if shared <= 0.0 {
                continue;
            }
            match found.iter_mut().find(|(speaker, _)| *speaker == turn.speaker) {
                Some((_, total)) => *total += shared,
                None => found.push((turn.speaker, shared)),
            }
        }
        found
    }

    /// The speaker with the largest overlap, else the nearest. Where two talk at once, who had the word before keeps it.
    fn of(&self, word: &Word, before: Option<u32>) -> u32 {
        // A word of no length still lies somewhere.
        let (start, end) = (word.start, word.end.max(word.start + 0.01));
        let overlaps = self.overlaps(start, end);
        let most = overlaps.iter().map(|&(_, shared)| shared).fold(0.0, f64::max);
        let mut candidates =
            overlaps.iter().filter(|&&(_, shared)| shared >= most - 1e-9).map(|&(speaker, _)| speaker);
        if let Some(first) = candidates.next() {
            return before.filter(|&before| candidates.any(|other| other == before)).unwrap_or(first);
        }
        let distance = |turn: &Turn| (turn.start - end).max(start - turn.end);
        self.turns.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(0, |turn| turn.speaker)
    }

    /// The share of a word that this speaker covers.
    fn share(&self, word: &Word, speaker: u32) -> f64 {
        let length = (word.end - word.start).max(0.01);
        let overlaps = self.overlaps(word.start, word.start + length);
        overlaps.iter().find(|&&(other, _)| other == speaker).map_or(0.0, |&(_, shared)| shared / length)
    }
}

/// A single word of another speaker inside one's speech is given back, unless the turns speak clearly for it.
fn smooth(named: &mut [u32], words: &[Word], speakers: &Speakers<'_>) {
    for index in 1..words.len().saturating_sub(1) {
        let (before, here, after) = (named[index - 1], named[index], named[index + 1]);
        let pauses = words[index].start - words[index - 1].end + words[index + 1].start - words[index].end;
        if before != after || before == here || pauses >= PAUSE {
            continue;
        }
        let (own, theirs) = (speakers.share(&words[index], here), speakers.share(&words[index], before));
        if own < STRONG || theirs >= STRONG {
            named[index] = before;
        }
    }
}

fn join(words: Vec<Word>, named: &[u32]) -> Vec<SpeakerSegment> {
    let mut joined: Vec<SpeakerSegment> = Vec::new();
    for (word, &speaker) in words.into_iter().zip(named) {
        match joined.last_mut().filter(|segment| continues(segment, &word, speaker)) {
            Some(segment) => {
                segment.end = segment.end.max(word.end);
                segment.text.push_str(&word.text);
                segment.words.push(word);
            }
            None => joined.push(SpeakerSegment {
                start: word.start,
                end: word.end,
                speaker,
                text: word.text.trim_start().to_owned(),
                words: vec![word],
            }),
        }
    }
    joined.iter_mut().for_each(|segment| segment.text.truncate(segment.text.trim_end().len()));
    joined
}

fn continues(segment: &SpeakerSegment, word: &Word, speaker: u32) -> bool {
    let long = segment.text.chars().count() > LONG;
    segment.speaker == speaker && word.start - segment.end <= PAUSE && !(long && ends_sentence(&segment.text))
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '?', '!', '…', '。', '？', '！', '؟', '।'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of half a second each from `start`.
    pub(super) fn segment(start: f64, text: &str) -> Segment {
        let words: Vec<Word> = text
            .split_inclusive(' ')
            .enumerate()
            .map(|(index, word)| Word {
                text: format!(" {}", word.trim()),
                start: start + index as f64 * 0.5,
                end: start + index as f64 * 0.5 + 0.4,
                probability: 0.9,
            })
            .collect();
        let end = words.last().map_or(start, |word| word.end);
        Segment { start, end, text: format!(" {text}"), words }
    }

    pub(super) fn turn(start: f64, end: f64, speaker: u32) -> Turn {
        Turn { start, end, speaker }
    }

    pub(super) fn texts(segments: &[SpeakerSegment]) -> Vec<(u32, &str)> {
        segments.iter().map(|segment| (segment.speaker, segment.text.as_str())).collect()
    }

    #[test]
    fn speakers_change_inside_a_segment() {
        let found =
            attribute(&[segment(0.0, "How are you? Fine thanks.")], &[turn(0.0, 1.4, 0), turn(1.4, 3.0, 1)]);
        assert_eq!(texts(&found), [(0, "How are you?"), (1, "Fine thanks.")]);
        assert_eq!((found[1].start, found[1].words.len()), (1.5, 2));
    }

    #[test]
    fn words_outside_all_turns_go_to_the_nearest() {
        let found = attribute(&[segment(5.0, "hello there")], &[turn(0.0, 1.0, 0), turn(6.5, 8.0, 1)]);
        assert_eq!(texts(&found), [(1, "hello there")]);
        assert_eq!(texts(&attribute(&[segment(5.0, "hello")], &[])), [(0, "hello")]);
        assert!(attribute(&[], &[turn(0.0, 1.0, 0)]).is_empty());
    }

    #[test]
    fn a_weak_island_is_smoothed_and_a_strong_one_stays() {
        let words = [segment(0.0, "one two three four")];
        // "three" (1.0 to 1.4) is covered for 0.1 s only.
        let weak = [turn(0.0, 0.95, 0), turn(1.0, 1.1, 1), turn(1.45, 3.0, 0)];
        assert_eq!(texts(&attribute(&words, &weak)), [(0, "one two three four")]);
        let strong = [turn(0.0, 0.95, 0), turn(1.0, 1.4, 1), turn(1.45, 3.0, 0)];
        assert_eq!(attribute(&words, &strong).len(), 3);
        // Both talk: the one who goes on keeps the word.
        let both = [turn(0.0, 3.0, 0), turn(0.98, 1.42, 1)];
        assert_eq!(attribute(&words, &both).len(), 1);
    }

    #[test]
    fn segments_end_at_pauses_and_after_long_sentences() {
        let all = [turn(0.0, 500.0, 0)];
        assert_eq!(attribute(&[segment(0.0, "one"), segment(2.5, "two")], &all).len(), 2);
        let sentence = "this sentence has quite a few words in it so that four of them are long. ".repeat(4);
        let found = attribute(&[segment(0.0, sentence.trim())], &all);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|segment| segment.text.ends_with('.')));
    }

    #[test]
    fn no_word_is_lost_and_none_is_split() {
        let segments = [segment(0.0, "a b c d e f g"), segment(4.0, "h i j")];
        let turns: Vec<Turn> =
            (0..20).map(|n| turn(f64::from(n) * 0.3, f64::from(n) * 0.3 + 0.35, n % 3)).collect();
        let words: Vec<Word> =
            attribute(&segments, &turns).into_iter().flat_map(|segment| segment.words).collect();
        let expected: Vec<Word> = segments.iter().flat_map(|segment| segment.words.clone()).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn a_segment_without_word_times_stays_whole() {
        let plain = Segment { start: 0.0, end: 2.0, text: " no times here".into(), words: vec![] };
        assert_eq!(texts(&attribute(&[plain], &[turn(0.0, 2.0, 3)])), [(3, "no times here")]);
    }
}
