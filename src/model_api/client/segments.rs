//! Segments from words, where a server gives words alone.

use crate::speech::{Segment, Word};

/// A pause after which another utterance begins. Seconds.
const PAUSE: f64 = 1.0;
/// An utterance without an end is cut after so long. Seconds.
const LONGEST: f64 = 20.0;

/// One segment a sentence; pauses and too much length end one as well. Times that go back are put right.
pub(super) fn from_words(words: Vec<Word>) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut open = false;
    for mut word in words {
        if let Some(last) = segments.last() {
            word.start = word.start.max(last.words.last().map_or(0.0, |before| before.start));
        }
        word.end = word.end.max(word.start);
        let ends = ends_sentence(&word.text);
        match segments.last_mut() {
            Some(last) if open && word.start - last.end < PAUSE && word.end - last.start < LONGEST => {
                last.end = last.end.max(word.end);
                last.words.push(word);
            }
            _ => segments.push(Segment {
                start: word.start,
                end: word.end,
                text: String::new(),
                words: vec![word],
            }),
        }
        open = !ends;
    }
    for segment in &mut segments {
        let text: String = segment.words.iter().map(|word| word.text.as_str()).collect();
        segment.text = text.trim().to_owned();
    }
    segments
}

fn ends_sentence(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」')
    });
    word.ends_with(['.', '?', '!', '…', '。', '？', '！', '।', '؟'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(said: &[(&str, f64, f64)]) -> Vec<Word> {
        said.iter()
            .map(|(text, start, end)| Word {
                text: (*text).into(),
                start: *start,
                end: *end,
                probability: 1.0,
            })
            .collect()
    }

    #[test]
    fn sentences_pauses_and_length_end_a_segment() {
        let found = from_words(words(&[
            (" Hello", 0.0, 0.4),
            (" there.", 0.4, 0.9),
            (" “Fine?”", 1.0, 1.5),
            (" and", 1.6, 1.8),
            (" so", 3.0, 3.2),
            (" on", 3.2, 30.0),
        ]));
        let texts: Vec<&str> = found.iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(texts, ["Hello there.", "“Fine?”", "and", "so", "on"]);
        assert_eq!((found[0].start, found[0].end), (0.0, 0.9));
    }

    #[test]
    fn times_that_go_back_do_not_make_segments_that_do() {
        let found = from_words(words(&[(" a.", 5.0, 4.0), (" b", 3.0, 3.5)]));
        assert!(found.iter().all(|segment| segment.start <= segment.end));
        assert!(found[0].start <= found[1].start);
        assert!(from_words(Vec::new()).is_empty());
    }
}
