//! Segments of a transcript as readable turns of paragraphs: broken where the speaker or the topic changes, where there is a
//! pause, and where one has gone on for long; a long text in leaves, of which a page shows a few at a time.

use super::format::{Moment, plain};
use super::people::{Names, Who};
use super::transcript::TopicView;
use crate::model::Segment;

/// Bytes after which a paragraph ends with its sentence, and after which it ends at all.
const LONG: usize = 480;
const VERY_LONG: usize = 4 * LONG;
/// Seconds of silence that end a paragraph.
const PAUSE: f64 = 4.0;
/// Bytes of text after which a leaf ends with its paragraph, and after which a new topic begins a leaf of its own: about a quarter of
/// an hour of talk.
const LEAF: usize = 12_000;
const LEAF_OF_TOPIC: usize = 8_000;

/// What the page shows one after another.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    Topic(TopicView),
    Turn(TurnView),
}

/// What one says until another one does.
#[derive(Clone, Debug)]
pub(crate) struct TurnView {
    /// Who speaks; `None` while unknown.
    pub who: Option<Who>,
    pub paragraphs: Vec<Paragraph>,
}

/// Some sentences.
#[derive(Clone, Debug)]
pub(crate) struct Paragraph {
    pub at: Moment,
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: String,
    pub text: String,
    /// When each word begins: see [`pack`].
    pub times: String,
}

/// Part of a text, from 0 on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaf {
    /// Seconds.
    pub start: f64,
    pub bytes: usize,
    pub blocks: Vec<Block>,
}

/// A word on its way into a paragraph.
#[derive(Debug)]
struct WordView {
    /// Whether a space stands before it.
    space: bool,
    /// Seconds.
    start: f64,
    text: String,
}

/// A paragraph that is being filled.
#[derive(Debug)]
struct Draft {
    start: f64,
    end: f64,
    bytes: usize,
    words: Vec<WordView>,
}

impl Draft {
    fn done(self) -> Paragraph {
        let (text, times) = pack(&self.words);
        Paragraph { at: Moment::new(self.start), start: self.start, end: plain(self.end), text, times }
    }
}

/// Groups segments (in order of time) into turns under the topics' headings, and those into leaves. Without a segment there is none.
pub(super) fn leaves(segments: &[Segment], topics: &[TopicView], names: &Names) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut draft: Option<Draft> = None;
    let mut topic = None;
    let mut before: Option<&Segment> = None;
    for segment in segments {
        // A segment belongs to the topic in which it begins; a quarter of a second forgives rounding.
        let here = topics.iter().rposition(|topic| topic.seconds <= segment.start + 0.25);
        let new_topic = here.is_some() && here != topic;
        let new_speaker = before.is_none_or(|before| before.speaker != segment.speaker);
        let pause = before.is_some_and(|before| segment.start - before.end > PAUSE);
        let bytes = draft.as_ref().map_or(0, |draft| draft.bytes);
        let ends = before.is_some_and(|before| ends_sentence(&before.text));
        let full = (bytes > LONG && ends) || bytes > VERY_LONG;
        if new_topic || new_speaker || pause || full {
            finish(&mut leaves, draft.take());
            let filled = leaves.last().map(|leaf| leaf.bytes);
            let new_leaf = filled.is_none_or(|bytes| bytes > if new_topic { LEAF_OF_TOPIC } else { LEAF });
            if new_leaf {
                leaves.push(Leaf { start: segment.start, ..Leaf::default() });
            }
            if let Some(leaf) = leaves.last_mut() {
                if new_topic && let Some(found) = here.and_then(|here| topics.get(here)) {
                    leaf.blocks.push(Block::Topic(found.clone()));
                    topic = here;
                }
                if new_leaf || new_topic || new_speaker {
                    let who = segment.speaker.map(|speaker| names.who(speaker));
                    leaf.blocks.push(Block::Turn(TurnView { who, paragraphs: Vec::new() }));
                }
            }
        }
        let paragraph = draft.get_or_insert_with(|| Draft {
            start: segment.start,
            end: segment.end,
            bytes: 0,
            words: Vec::new(),
        });
        paragraph.bytes += segment.text.len();
        paragraph.end = paragraph.end.max(segment.end);
        push_words(&mut paragraph.words, segment);
        before = Some(segment);
    }
    finish(&mut leaves, draft);
    leaves
}

/// Puts a paragraph at the end of the last turn.
fn finish(leaves: &mut [Leaf], draft: Option<Draft>) {
    let (Some(leaf), Some(draft)) = (leaves.last_mut(), draft) else { return };
    leaf.bytes += draft.bytes;
    if let Some(Block::Turn(turn)) = leaf.blocks.last_mut() {
        turn.paragraphs.push(draft.done());
    }
}

fn push_words(out: &mut Vec<WordView>, segment: &Segment) {
    let first = out.len();
    for word in &segment.words {
        let text = clean(&word.text);
        if !text.is_empty() {
            let space = word.text.starts_with(char::is_whitespace);
            out.push(WordView { space, start: word.start, text });
        }
    }
    let text = clean(&segment.text);
    if segment.words.is_empty() && !text.is_empty() {
        out.push(WordView { space: true, start: segment.start, text });
    }
    // The space before a paragraph's first word would be an indent.
    if first == 0
        && let Some(word) = out.first_mut()
    {
        word.space = false;
    }
}

/// Without what HTML reads otherwise than it is written, which would move the places of words.
fn clean(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().to_owned()
}

/// The text of words, and when each begins, in few bytes (`assets/words.js` reads it): an item a word, with a space between two. The
/// item is how many hundredths of a second it begins after the word before (the first: after the recording's beginning), to base 36. A
/// word ends at the next space of the text; where it does not, a dot follows and its length in units of UTF-16.
fn pack(words: &[WordView]) -> (String, String) {
    let (mut text, mut times) = (String::new(), String::new());
    let mut before = 0;
    for (number, word) in words.iter().enumerate() {
        if word.space {
            text.push(' ');
        }
        text.push_str(&word.text);
        if number > 0 {
            times.push(' ');
        }
        let at = (word.start.max(0.0) * 100.0).round() as i64;
        push_base36(&mut times, at - before);
        before = at;
        let joined = words.get(number + 1).is_some_and(|next| !next.space);
        if joined || word.text.contains(' ') {
            times.push('.');
            times.push_str(&word.text.encode_utf16().count().to_string());
        }
    }
    (text, times)
}

fn push_base36(out: &mut String, number: i64) {
    if number < 0 {
        out.push('-');
    }
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.into_iter().rev());
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

    fn shape(leaf: &Leaf) -> Vec<String> {
        let block = |block: &Block| match block {
            Block::Topic(topic) => format!("# {}", topic.title),
            Block::Turn(turn) => {
                let texts: Vec<&str> = turn.paragraphs.iter().map(|one| one.text.as_str()).collect();
                format!("{}: {}", turn.who.as_ref().map_or("", |who| &who.name), texts.join(" | "))
            }
        };
        leaf.blocks.iter().map(block).collect()
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
        let leaves = leaves(&segments, &topics, &Names::default());
        assert_eq!(leaves.len(), 1);
        assert_eq!(
            shape(&leaves[0]),
            ["# First", "Speaker 1: one two three", "Speaker 2: four | five", "# Second", "Speaker 2: six"]
        );
    }

    #[test]
    fn a_long_speech_is_broken_at_a_sentence() {
        let segments: Vec<Segment> = (0..20)
            .map(|n| segment(n, f64::from(n), None, &format!("{} end.", "word ".repeat(12))))
            .collect();
        let leaves = leaves(&segments, &[], &Names::default());
        let [Block::Turn(turn)] = leaves[0].blocks.as_slice() else { panic!("{leaves:?}") };
        assert!((2..5).contains(&turn.paragraphs.len()), "{}", turn.paragraphs.len());
        assert!(turn.who.is_none());
    }

    #[test]
    fn a_long_text_is_cut_into_leaves_that_name_their_speakers() {
        let segments: Vec<Segment> = (0..1000)
            .map(|n| segment(n, f64::from(n) * 2.0, Some(n / 400), &format!("{}end", "word ".repeat(8))))
            .collect();
        let topics = [TopicView::new(0, "First", "", 0.0), TopicView::new(1, "Second", "", 520.0)];
        let leaves = leaves(&segments, &topics, &Names::default());
        assert!((3..6).contains(&leaves.len()), "{}", leaves.len());
        let all: usize = leaves.iter().map(|leaf| leaf.bytes).sum();
        assert_eq!(all, segments.iter().map(|one| one.text.len()).sum::<usize>());
        for leaf in &leaves {
            // Without the end of a sentence, too, a paragraph ends.
            assert!(leaf.bytes < LEAF + 2 * VERY_LONG, "{}", leaf.bytes);
            let first = shape(leaf);
            assert!(first.iter().any(|one| one.starts_with("Speaker")), "{first:?}");
        }
        assert_eq!(shape(&leaves[1])[0], "# Second", "a topic begins where the leaf before is well filled");
        assert!(leaves.windows(2).all(|pair| pair[0].start < pair[1].start));
        assert!(super::leaves(&[], &topics, &Names::default()).is_empty());
    }

    #[test]
    fn words_are_packed_with_their_times() {
        let word = |space, start, text: &str| WordView { space, start, text: text.into() };
        let (text, times) = pack(&[
            word(false, 61.2, "We"),
            word(true, 61.56, "paid"),
            word(true, 61.5, "3"),
            word(false, 62.0, ".5"),
            word(true, 62.0, "in all"),
            word(true, 63.0, "今天"),
            word(false, 63.01, "🎉x"),
            word(false, 63.02, "."),
        ]);
        assert_eq!(text, "We paid 3.5 in all 今天🎉x.");
        assert_eq!(times, "4q0 10 -6.1 1e 0.6 2s.2 1.3 1");
        assert_eq!(pack(&[]), (String::new(), String::new()));
    }
}
