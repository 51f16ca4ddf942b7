//! Segments of a transcript as readable paragraphs: broken where the speaker or the topic changes, and where one has gone
//! on for long.

use super::format::{Moment, plain};
use super::people::{Names, Who};
use super::transcript::TopicView;
use crate::model::Segment;

/// Characters after which a paragraph ends with its sentence.
const LONG: usize = 480;
/// Seconds of silence that end a paragraph.
const PAUSE: f64 = 4.0;

/// What the page shows one after another.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    Topic(TopicView),
    Turn(TurnView),
}

/// A paragraph.
#[derive(Clone, Debug)]
pub(crate) struct TurnView {
    /// Who speaks; `None` while unknown, and where the one before goes on.
    pub who: Option<Who>,
    pub at: Moment,
    pub words: Vec<WordView>,
}

/// A word that can be clicked.
#[derive(Clone, Debug)]
pub(crate) struct WordView {
    /// Whether a space stands before it.
    pub space: bool,
    /// Seconds.
    pub start: String,
    pub text: String,
}

/// Groups segments (in order of time) into paragraphs under the topics' headings.
pub(super) fn blocks(segments: &[Segment], topics: &[TopicView], names: &Names) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut turn: Option<TurnView> = None;
    let (mut characters, mut topic) = (0, None);
    let mut before: Option<&Segment> = None;
    for segment in segments {
        // A segment belongs to the topic in which it begins; a quarter of a second forgives rounding.
        let here = topics.iter().rposition(|topic| topic.seconds <= segment.start + 0.25);
        let new_topic = here.is_some() && here != topic;
        let new_speaker = before.is_none_or(|before| before.speaker != segment.speaker);
        let pause = before.is_some_and(|before| segment.start - before.end > PAUSE);
        let full = characters > LONG && before.is_some_and(|before| ends_sentence(&before.text));
        if new_topic || new_speaker || pause || full {
            blocks.extend(turn.take().map(Block::Turn));
            if new_topic && let Some(found) = here.and_then(|here| topics.get(here)) {
                blocks.push(Block::Topic(found.clone()));
                topic = here;
            }
            characters = 0;
        }
        let paragraph = turn.get_or_insert_with(|| TurnView {
            who: segment.speaker.filter(|_| new_topic || new_speaker).map(|speaker| names.who(speaker)),
            at: Moment::new(segment.start),
            words: Vec::new(),
        });
        characters += segment.text.len();
        push_words(&mut paragraph.words, segment);
        before = Some(segment);
    }
    blocks.extend(turn.map(Block::Turn));
    blocks
}

fn push_words(out: &mut Vec<WordView>, segment: &Segment) {
    let first = out.len();
    for word in &segment.words {
        let text = word.text.trim();
        if !text.is_empty() {
            let space = word.text.starts_with(char::is_whitespace);
            out.push(WordView { space, start: plain(word.start), text: text.to_owned() });
        }
    }
    if segment.words.is_empty() && !segment.text.trim().is_empty() {
        let text = segment.text.trim().to_owned();
        out.push(WordView { space: true, start: plain(segment.start), text });
    }
    // The space before a paragraph's first word would be an indent.
    if first == 0
        && let Some(word) = out.first_mut()
    {
        word.space = false;
    }
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '?', '!', '…', '。', '？', '！'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Word;

    fn segment(idx: i32, start: f64, speaker: Option<i32>, text: &str) -> Segment {
        let words = text
            .split_inclusive(' ')
            .enumerate()
            .map(|(n, word)| Word {
                text: format!(" {}", word.trim()),
                start: start + n as f64 * 0.1,
                end: start + n as f64 * 0.1 + 0.1,
                probability: 1.0,
            })
            .collect();
        Segment { idx, start, end: start + 1.0, speaker, text: format!(" {text}"), words, channel: 0 }
    }

    fn shape(blocks: &[Block]) -> Vec<String> {
        blocks
            .iter()
            .map(|block| match block {
                Block::Topic(topic) => format!("# {}", topic.title),
                Block::Turn(turn) => {
                    let words: Vec<&str> = turn.words.iter().map(|word| word.text.as_str()).collect();
                    format!("{}: {}", turn.who.as_ref().map_or("", |who| &who.name), words.join(" "))
                }
            })
            .collect()
    }

    #[test]
    fn speakers_topics_and_pauses_break_paragraphs() {
        let segments = [
            segment(0, 0.0, Some(0), "one two"),
            segment(1, 1.0, Some(0), "three"),
            segment(2, 2.0, Some(1), "four"),
            segment(3, 10.0, Some(1), "five"),
            segment(4, 11.0, Some(1), "six"),
        ];
        let topics = [TopicView::new(0, "First", "", 0.0), TopicView::new(1, "Second", "", 11.0)];
        let blocks = blocks(&segments, &topics, &Names::default());
        assert_eq!(
            shape(&blocks),
            [
                "# First",
                "Speaker 1: one two three",
                "Speaker 2: four",
                ": five",
                "# Second",
                "Speaker 2: six"
            ]
        );
    }

    #[test]
    fn a_long_speech_is_broken_at_a_sentence() {
        let segments: Vec<Segment> = (0..20)
            .map(|n| segment(n, f64::from(n), None, &format!("{} end.", "word ".repeat(12))))
            .collect();
        let blocks = blocks(&segments, &[], &Names::default());
        assert!(blocks.len() > 1 && blocks.len() < 5, "{}", blocks.len());
    }
}
