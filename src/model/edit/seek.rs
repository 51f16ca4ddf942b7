//! Places of a text that read so: pure.

use regex::Regex;

use super::layer::{Layer, Token};

/// Characters around a place that are told.
const CONTEXT: usize = 40;

/// A place that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Number of the segment, those without words counted.
    pub segment: usize,
    /// When its first word begins and its last one ends, in seconds.
    pub start: f64,
    pub end: f64,
    pub speaker: Option<i32>,
    pub before: String,
    pub text: String,
    pub after: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    pub total: usize,
    /// The first of them, in order of the text.
    pub found: Vec<Found>,
}

impl Layer {
    /// Finds what `find` matches within each segment, in the order in which `replace_all` counts it; at most `most` are told.
    pub fn find_all(&self, find: &Regex, most: usize) -> Places {
        let mut places = Places::default();
        for (segment, piece) in self.pieces().iter().enumerate() {
            let words: Vec<&Token> = self.words(piece).map(|(_, token)| token).collect();
            let text: String = words.iter().map(|token| token.text.as_str()).collect();
            for one in find.find_iter(&text) {
                places.total += 1;
                if places.found.len() >= most {
                    continue;
                }
                let (first, last) =
                    (word_at(&words, one.start()), word_at(&words, one.end().saturating_sub(1)));
                let (Some(first), Some(last)) = (first, last) else { continue };
                places.found.push(Found {
                    segment,
                    start: first.start,
                    end: last.end.max(first.start),
                    speaker: first.speaker,
                    before: tail(&text[..one.start()]),
                    text: one.as_str().to_owned(),
                    after: text[one.end()..].chars().take(CONTEXT).collect(),
                });
            }
        }
        places
    }
}

/// The text with one of its places replaced, counted from 0.
pub(super) fn replace_one(text: &str, find: &Regex, number: usize, with: &str) -> String {
    let Some(place) = find.find_iter(text).nth(number) else { return text.to_owned() };
    format!("{}{with}{}", &text[..place.start()], &text[place.end()..])
}

fn tail(text: &str) -> String {
    let all = text.chars().count();
    text.chars().skip(all.saturating_sub(CONTEXT)).collect()
}

/// The word in which a byte of the text of all these words is; spaces belong to the word after them.
fn word_at<'t>(words: &[&'t Token], byte: usize) -> Option<&'t Token> {
    let mut end = 0;
    words.iter().copied().find(|token| {
        end += token.text.len();
        byte < end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::segment::{Segment, Word};

    #[test]
    fn places_have_their_words_times_and_what_stands_around() {
        let words: Vec<Word> = ["The", "old", "budget,", "our", "Budget", "plan."]
            .iter()
            .zip(0..)
            .map(|(word, n)| Word {
                text: format!(" {word}"),
                start: f64::from(n),
                end: f64::from(n) + 0.5,
                probability: 1.0,
            })
            .collect();
        let text = words.iter().map(|word| word.text.as_str()).collect();
        let layer = Layer::new(vec![Segment {
            idx: 0,
            start: 0.0,
            end: 6.0,
            speaker: Some(1),
            text,
            words,
            channel: 0,
        }]);
        let found = layer.find_all(&Regex::new("(?i)budget").unwrap(), 10);
        assert_eq!(found.total, 2);
        let one = &found.found[1];
        assert_eq!((one.start, one.end, &*one.text, &*one.after), (4.0, 4.5, "Budget", " plan."));
        assert_eq!((&*one.before, one.speaker, one.segment), (" The old budget, our ", Some(1), 0));
        let across = layer.find_all(&Regex::new("old budget, our").unwrap(), 10);
        assert_eq!((across.found[0].start, across.found[0].end), (1.0, 3.5));
        let few = layer.find_all(&Regex::new("e").unwrap(), 1);
        assert_eq!((few.total, few.found.len()), (3, 1));
        assert_eq!(layer.find_all(&Regex::new("x").unwrap(), 1), Places::default());
    }

    #[test]
    fn one_of_several_is_replaced() {
        let find = Regex::new(r"(?i)\bcut\b").unwrap();
        for (number, wanted) in [(0, "$1 the cut"), (1, "Cut the $1"), (2, "Cut the cut")] {
            assert_eq!(replace_one("Cut the cut", &find, number, "$1"), wanted);
        }
    }
}
