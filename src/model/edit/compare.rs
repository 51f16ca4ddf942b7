//! Two states of a text beside each other: pure.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::layer::{Layer, Token};

/// After this long, what is left is told as one difference instead of the smallest ones.
const PATIENCE: Duration = Duration::from_secs(2);

/// A place where two states differ: in words, or in who says them.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Seconds.
    pub start: f64,
    pub before: String,
    pub after: String,
    /// Who says the words before and after, where that is all that differs.
    pub speakers: Option<(Option<i32>, Option<i32>)>,
}

/// What differs, in order of the text.
pub fn compare(before: &Layer, after: &Layer) -> Vec<Difference> {
    let tokens = |layer: &Layer| -> Vec<Token> {
        layer.tokens().map(|(_, token)| token.clone()).filter(|token| !token.text.is_empty()).collect()
    };
    let (old, new) = (tokens(before), tokens(after));
    let texts = |tokens: &[Token]| -> Vec<String> {
        tokens.iter().map(|token| token.text.trim().to_owned()).collect()
    };
    let deadline = Instant::now().checked_add(PATIENCE);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &texts(&old), &texts(&new), deadline);
    let mut differences = Vec::new();
    for op in ops {
        let (from, to) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            speakers(&old[from], &new[to], &mut differences);
            continue;
        }
        let start = new.get(to.start).or_else(|| old.get(from.start)).map_or(0.0, |token| token.start);
        differences.push(Difference {
            // Of what was taken away, when it was said.
            start: if to.is_empty() { old.get(from.start).map_or(start, |token| token.start) } else { start },
            before: said(&old[from]),
            after: said(&new[to]),
            speakers: None,
        });
    }
    differences
}

/// Words that stay and are said by others.
fn speakers(old: &[Token], new: &[Token], out: &mut Vec<Difference>) {
    let mut at = 0;
    while at < old.len() {
        let pair = (old[at].speaker, new[at].speaker);
        let same = |number: &usize| (old[*number].speaker, new[*number].speaker) == pair;
        let until = at + (at..old.len()).take_while(same).count();
        if pair.0 != pair.1 {
            let said = said(&new[at..until]);
            let (before, after) = (said.clone(), said);
            out.push(Difference { start: new[at].start, before, after, speakers: Some(pair) });
        }
        at = until;
    }
}

fn said(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::segment::{Segment, Word};

    fn layer(said: &[(i32, &str)]) -> Layer {
        let mut at = 0.0;
        let segments = (0..).zip(said).map(|(idx, (speaker, text))| {
            let start = at;
            let words = text.split(' ').map(|word| {
                at += 1.0;
                Word { text: format!(" {word}"), start: at - 1.0, end: at, probability: 1.0 }
            });
            let words: Vec<Word> = words.collect();
            Segment {
                idx,
                start,
                end: at,
                speaker: Some(*speaker),
                text: format!(" {text}"),
                words,
                channel: 0,
            }
        });
        Layer::new(segments.collect())
    }

    #[test]
    fn words_and_speakers_that_differ_are_told_with_their_times() {
        let before = layer(&[(0, "We cut the old budget"), (1, "yes we do so")]);
        let after = layer(&[(0, "We raise the budget"), (0, "yes we"), (1, "do so now")]);
        let told: Vec<_> = compare(&before, &after)
            .into_iter()
            .map(|one| (one.start, one.before, one.after, one.speakers))
            .collect();
        let words = |start, before: &str, after: &str| (start, before.to_owned(), after.to_owned(), None);
        assert_eq!(
            told,
            [
                words(1.0, "cut", "raise"),
                words(3.0, "old", ""),
                (4.0, "yes we".to_owned(), "yes we".to_owned(), Some((Some(1), Some(0)))),
                words(8.0, "", "now"),
            ]
        );
        assert!(compare(&before, &before).is_empty());
        assert_eq!(compare(&Layer::new(Vec::new()), &after).len(), 1);
    }
}
