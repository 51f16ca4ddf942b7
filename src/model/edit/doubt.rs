//! Words that the machine was not sure of, for a person to go through: pure.

use super::change::{At, Change, Run, Words};
use super::layer::{Layer, Piece, Token};
use super::make::Refusal;
use super::text::{letters, tidy, words};

/// Doubtful words in a row that are asked about together, and seconds of silence that part them.
const TOGETHER: usize = 4;
const APART: f64 = 1.0;
/// Words around a doubtful one that are told, for who has to decide.
const CONTEXT: usize = 8;
/// Places that are decided at once.
pub const DECIDED_MAX: usize = 1000;

/// Words in a row that the machine was not sure of.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Number of the segment, those without words counted, and of the first word in it, from 0.
    pub segment: usize,
    pub word: usize,
    pub count: usize,
    /// Seconds.
    pub start: f64,
    pub end: f64,
    pub speaker: Option<i32>,
    /// Of the least certain word, 0 to 1.
    pub probability: f32,
    pub text: String,
    pub before: String,
    pub after: String,
}

/// Places where the same is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// As it is written at the first.
    pub text: String,
    /// In order of the text; at least one.
    pub places: Vec<Doubt>,
}

/// Words in a row, as a person names them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub segment: usize,
    pub word: usize,
    /// From 1.
    pub count: usize,
}

impl Layer {
    /// What is doubtful, in order of the text: words less probable than `below` (0 to 1) that nobody has written or confirmed. A few in a
    /// row are one.
    pub fn doubts(&self, below: f32) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for (segment, piece) in self.pieces().iter().enumerate() {
            let words: Vec<&Token> = self.words(piece).map(|(_, token)| token).collect();
            let mut at = 0;
            while at < words.len() {
                let row = words[at..].iter().take(TOGETHER).enumerate().take_while(|(number, token)| {
                    let close = *number == 0 || token.start - words[at + number - 1].end <= APART;
                    close && doubtful(token, below)
                });
                let count = row.count();
                if count > 0 {
                    doubts.push(doubt(&words, segment, at, count));
                }
                at += count.max(1);
            }
        }
        doubts
    }

    /// Notes that these words are right; `None` where that is known.
    ///
    /// # Errors
    /// [`Refusal::NoSegment`], [`Refusal::NoWord`]
    pub fn confirm(&self, pieces: &[Piece], places: &[Place]) -> Result<Option<Change>, Refusal> {
        let mut words = Words::default();
        for place in places {
            for (at, token) in self.place(pieces, place)? {
                if !token.confirmed {
                    words.push(&token.text, token.start, at);
                }
            }
        }
        Ok((!words.is_empty()).then_some(Change::Confirm { words }))
    }

    /// Writes `text` in each of these places; the punctuation around them stays where it brings none of its own. An empty one takes the
    /// words out. Where the same stands already, it is confirmed.
    ///
    /// # Errors
    /// [`Refusal::NoSegment`], [`Refusal::NoWord`]
    pub fn correct(&self, pieces: &[Piece], places: &[Place], text: &str) -> Result<Option<Change>, Refusal> {
        let text = tidy(text);
        let mut runs = Vec::new();
        for place in places {
            let old = self.place(pieces, place)?;
            let (Some((_, first)), Some((_, last))) = (old.first(), old.last()) else { continue };
            let space = if first.text.starts_with(' ') { " " } else { "" };
            let dressed = dressed(&first.text, &last.text, &text);
            let new = if dressed.is_empty() { Vec::new() } else { words(&format!("{space}{dressed}")) };
            let stands: String = old.iter().map(|(_, token)| token.text.as_str()).collect();
            if new.concat() != stands {
                runs.push(Run { old: self.named(old.iter().map(|(at, _)| *at)), new });
            }
        }
        if runs.is_empty() {
            return self.confirm(pieces, places);
        }
        Ok(Some(Change::Text { runs }))
    }

    fn place(&self, pieces: &[Piece], place: &Place) -> Result<Vec<(At, &Token)>, Refusal> {
        let piece = pieces.get(place.segment).ok_or(Refusal::NoSegment)?;
        let shown = piece.at.iter().filter_map(|at| Some((*at, self.token(*at)?)));
        let shown = shown.filter(|(_, token)| !token.text.is_empty() && !token.whole);
        let found: Vec<_> = shown.skip(place.word).take(place.count).collect();
        if found.len() == place.count.max(1) { Ok(found) } else { Err(Refusal::NoWord) }
    }
}

/// Doubts that read the same, in order of their first place.
pub fn alike(doubts: Vec<Doubt>) -> Vec<Alike> {
    let mut groups: Vec<Alike> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for doubt in doubts {
        let key = doubt.text.split(' ').map(letters).collect::<Vec<_>>().join(" ");
        let number = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.places.push(doubt),
            None => groups.push(Alike { text: doubt.text.clone(), places: vec![doubt] }),
        }
    }
    groups
}

fn doubtful(token: &Token, below: f32) -> bool {
    let settled = token.edited || token.confirmed || token.whole;
    !settled && token.probability < below && token.text.chars().any(char::is_alphanumeric)
}

fn doubt(words: &[&Token], segment: usize, word: usize, count: usize) -> Doubt {
    let row = &words[word..word + count];
    let said = |tokens: &[&Token]| {
        tokens.iter().map(|token| token.text.as_str()).collect::<String>().trim().to_owned()
    };
    Doubt {
        segment,
        word,
        count,
        start: row[0].start,
        end: row[count - 1].end.max(row[0].start),
        speaker: row[0].speaker,
        probability: row.iter().map(|token| token.probability).fold(1.0, f32::min),
        text: said(row),
        before: said(&words[word.saturating_sub(CONTEXT)..word]),
        after: said(&words[word + count..words.len().min(word + count + CONTEXT)]),
    }
}

/// A text with the punctuation of what stood there, at either end where it has none itself.
fn dressed(first: &str, last: &str, text: &str) -> String {
    let sign = |c: char| !c.is_alphanumeric();
    if text.is_empty() {
        return String::new();
    }
    let (first, last) = (first.trim(), last.trim());
    let lead = &first[..first.len() - first.trim_start_matches(sign).len()];
    let tail = &last[last.trim_end_matches(sign).len()..];
    // A word of signs alone has nothing around it.
    let bare = |word: &str| word.chars().all(sign);
    let lead = if text.starts_with(sign) || bare(first) { "" } else { lead };
    let tail = if text.ends_with(sign) || bare(last) { "" } else { tail };
    format!("{lead}{text}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::segment::{Segment, Word};

    /// Segments of these words, of which those with a question mark in front are doubtful.
    fn layer(said: &[&str]) -> Layer {
        let mut at = 0.0;
        let segments = (0..).zip(said).map(|(idx, text)| {
            let start = at;
            let words: Vec<Word> = text
                .split(' ')
                .map(|word| {
                    at += 0.5;
                    let probability = if word.starts_with('?') { 0.2 } else { 0.9 };
                    let text = format!(" {}", word.trim_start_matches('?'));
                    Word { text, start: at - 0.5, end: at, probability }
                })
                .collect();
            let text = words.iter().map(|word| word.text.as_str()).collect();
            Segment { idx, start, end: at, speaker: Some(0), text, words, channel: 0 }
        });
        Layer::new(segments.collect())
    }

    fn texts(layer: &Layer) -> Vec<String> {
        layer.shown().iter().map(|one| one.text.trim().to_owned()).collect()
    }

    const SAID: [&str; 3] =
        ["The ?walross ?speaks of ?Tusks.", "A ?Walross, he said", "the end ?- of ?tusks"];

    #[test]
    fn rows_of_doubtful_words_are_one_and_those_alike_are_together() {
        let layer = layer(&SAID);
        let doubts = layer.doubts(0.5);
        let shape: Vec<_> = doubts.iter().map(|one| (one.segment, one.word, one.count, &*one.text)).collect();
        assert_eq!(
            shape,
            [(0, 1, 2, "walross speaks"), (0, 4, 1, "Tusks."), (1, 1, 1, "Walross,"), (2, 4, 1, "tusks")]
        );
        assert_eq!((&*doubts[0].before, &*doubts[0].after), ("The", "of Tusks."));
        assert_eq!((doubts[2].start, doubts[2].end, doubts[2].probability), (3.0, 3.5, 0.2));
        let groups: Vec<_> = alike(doubts).into_iter().map(|one| (one.text, one.places.len())).collect();
        let wanted = [("walross speaks", 1), ("Tusks.", 2), ("Walross,", 1)];
        assert_eq!(groups, wanted.map(|(text, places)| (text.to_owned(), places)));
        assert!(layer.doubts(0.1).is_empty());
        // No more than a few at a time.
        let rows: Vec<usize> =
            super::tests::layer(&["?a ?b ?c ?d ?e ?f"]).doubts(0.5).iter().map(|one| one.count).collect();
        assert_eq!(rows, [4, 2]);
    }

    #[test]
    fn what_is_confirmed_or_written_is_doubtful_no_longer() {
        let mut layer = layer(&SAID);
        let pieces = layer.pieces();
        let place = |segment, word, count| Place { segment, word, count };
        let right = layer.confirm(&pieces, &[place(0, 1, 2)]).unwrap().expect("it is new");
        assert_eq!(layer.apply(&right, true).found, 2);
        assert_eq!(layer.confirm(&pieces, &[place(0, 1, 2)]).unwrap(), None, "it is known");
        assert_eq!(texts(&layer)[0], "The walross speaks of Tusks.");
        assert_eq!(layer.doubts(0.5).len(), 3);
        // What the machine thought of it stays what it was.
        assert!((layer.shown()[0].words[1].probability - 0.2).abs() < 1e-6);

        let both = [place(0, 4, 1), place(2, 4, 1)];
        let change = layer.correct(&pieces, &both, "tasks").unwrap().expect("a change");
        layer.apply(&change, true);
        assert_eq!(
            texts(&layer),
            ["The walross speaks of tasks.", "A Walross, he said", "the end - of tasks"]
        );
        assert_eq!(layer.doubts(0.5).len(), 1);
        let same = layer.correct(&pieces, &[place(1, 1, 1)], "Walross").unwrap();
        assert!(matches!(same, Some(Change::Confirm { .. })), "{same:?}");
        let out = layer.correct(&pieces, &[place(1, 1, 1)], " ").unwrap().expect("a change");
        layer.apply(&out, true);
        assert_eq!(texts(&layer)[1], "A he said");
        assert!(layer.doubts(0.5).is_empty());
        for (wrong, why) in [
            (place(9, 0, 1), Refusal::NoSegment),
            (place(0, 4, 2), Refusal::NoWord),
            (place(0, 0, 0), Refusal::NoWord),
        ] {
            assert_eq!(layer.confirm(&pieces, &[wrong]), Err(why), "{wrong:?}");
        }
    }

    #[test]
    fn punctuation_stays_where_nobody_writes_another() {
        for (first, last, text, wanted) in [
            (" “Walross,", " “Walross,", "walrus", "“walrus,"),
            (" walross.", " walross.", "walrus!", "walrus!"),
            (" (a", " b)", "c d", "(c d)"),
            (" -", " -", "x", "x"),
            (" a.", " a.", "", ""),
        ] {
            assert_eq!(dressed(first, last, text), wanted, "{first} {text}");
        }
    }
}
