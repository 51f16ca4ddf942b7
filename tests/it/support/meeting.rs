//! A meeting of three hours that nobody held.

use reflector::ids::TopicId;
use reflector::model::{Segment, Topic, Word};

/// Seconds.
pub const LENGTH: f64 = 3.0 * 3600.0;

const VOCABULARY: [&str; 20] = [
    "the",
    "budget",
    "we",
    "should",
    "committee",
    "of",
    "a",
    "proposal",
    "and",
    "quarter",
    "it",
    "is",
    "numbers",
    "to",
    "reconsider",
    "in",
    "schedule",
    "that",
    "next",
    "agreement",
];

/// 27,000 words by four people, in sentences of nine words, two and a half a second.
pub fn meeting() -> Vec<Segment> {
    let mut word = 0usize;
    (0..3000)
        .map(|idx: i32| {
            let start = f64::from(idx) * 3.6;
            let words: Vec<Word> = (0..9)
                .map(|n| {
                    word += 1;
                    let text = VOCABULARY[(word * 7 + word / 20) % VOCABULARY.len()];
                    let end = if n == 8 { "." } else { "" };
                    let start = start + f64::from(n) * 0.39;
                    // One in forty is doubtful.
                    let probability = if word.is_multiple_of(40) { 0.3 } else { 0.95 };
                    Word { text: format!(" {text}{end}"), start, end: start + 0.35, probability }
                })
                .collect();
            Segment {
                idx,
                start,
                end: start + 3.5,
                speaker: Some(idx / 12 % 4),
                text: words.iter().map(|word| word.text.as_str()).collect(),
                words,
                channel: 0,
            }
        })
        .collect()
}

/// Twelve topics in so many seconds.
pub fn topics(seconds: f64) -> Vec<Topic> {
    let one = |n: u32| Topic {
        id: TopicId::new(),
        start: f64::from(n) * seconds / 12.0,
        end: f64::from(n + 1) * seconds / 12.0,
        title: format!("Topic {}", n + 1),
        summary: format!("What is said about topic {}.", n + 1),
    };
    (0..12).map(one).collect()
}
