//! A piece of a passage around what was found in it.

use std::ops::Range;

use super::text::Token;

/// Characters of a snippet, the dots at its ends among them.
const LONGEST: usize = 150;
/// Characters before the place that was found.
const BEFORE: usize = 50;

/// What is shown of a passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    /// Bytes of `text` that were looked for, in order; at least one.
    pub marks: Vec<Range<usize>>,
}

/// The piece in which most of the words stand close together; `None` when none of `found` (numbers of tokens) is there.
pub(super) fn cut(text: &str, tokens: &[Token], found: &[usize]) -> Option<Excerpt> {
    let start = |at: &usize| tokens[*at].range.start;
    // How many of them a piece that begins with this one has; the first of the best.
    let best = found.iter().copied().max_by_key(|at| {
        let near = |other: &&usize| {
            *other >= at && text[start(at)..tokens[**other].range.end].chars().count() <= LONGEST - BEFORE
        };
        (found.iter().filter(near).count(), std::cmp::Reverse(*at))
    })?;
    let middle = tokens[best].range.clone();
    let short = text.chars().count() <= LONGEST;
    let from = if short {
        0
    } else {
        let far = text[..middle.start].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        // At a word's beginning.
        tokens.iter().map(|token| token.range.start).find(|at| *at >= far).unwrap_or(middle.start)
    };
    let from = if from <= middle.start && !text[..from].trim().is_empty() { from } else { 0 };
    let room = LONGEST - 2;
    let far = text[from..].char_indices().nth(room).map_or(text.len(), |(at, _)| from + at);
    let to = if short || far == text.len() {
        text.len()
    } else {
        // Not within a word, unless the word that was found is longer than all there is room for.
        let whole = tokens.iter().map(|token| token.range.end).take_while(|end| *end <= far).last();
        whole.filter(|end| *end >= middle.end).unwrap_or(far)
    };
    let piece = &text[from..to];
    let lead = piece.len() - piece.trim_start().len();
    let (dots, tail) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    let shift = |at: usize| at - from - lead + dots.len();
    let marks = found
        .iter()
        .map(|at| tokens[*at].range.clone())
        .filter(|range| range.start >= from + lead && range.start < to)
        .map(|range| shift(range.start)..shift(range.end.min(to)))
        .collect();
    Some(Excerpt { text: format!("{dots}{}{tail}", piece.trim()), marks })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::search::text::tokens;

    fn of(text: &str, word: &str) -> Option<Excerpt> {
        let tokens = tokens(text);
        let found: Vec<usize> =
            tokens.iter().enumerate().filter(|(_, one)| one.plain == word).map(|(at, _)| at).collect();
        cut(text, &tokens, &found)
    }

    fn marked(excerpt: &Excerpt) -> Vec<&str> {
        excerpt.marks.iter().map(|range| &excerpt.text[range.clone()]).collect()
    }

    #[test]
    fn a_short_passage_is_shown_whole() {
        let found = of(" We cut the Budget.", "budget").unwrap();
        assert_eq!((found.text.as_str(), marked(&found)), ("We cut the Budget.", vec!["Budget"]));
        assert!(of("nothing", "budget").is_none());
    }

    #[test]
    fn a_long_passage_is_cut_around_what_was_found() {
        let text = format!("{}the größe BUDGET, budget {}", "before ".repeat(60), "after ".repeat(60));
        let found = of(&text, "budget").unwrap();
        assert!(found.text.starts_with('…') && found.text.ends_with('…'), "{found:?}");
        assert!(found.text.chars().count() <= LONGEST, "{found:?}");
        assert_eq!(marked(&found), ["BUDGET", "budget"]);
        assert!(found.text.starts_with("…before ") && found.text.contains("after"));
    }

    #[test]
    fn words_without_end_are_cut_too() {
        for text in ["x".repeat(4000), format!("{} y", "x".repeat(4000)), "ü".repeat(400)] {
            let tokens = tokens(&text);
            let found = cut(&text, &tokens, &[0]).unwrap();
            assert!(found.text.chars().count() <= LONGEST, "{}", found.text.len());
            assert!(!found.marks.is_empty() && found.text.get(found.marks[0].clone()).is_some());
        }
    }
}
