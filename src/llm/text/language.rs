//! What is known about a language: which of its words carry content.
use std::collections::{HashMap, HashSet};

use super::stopwords;

/// Words without content in the meeting's language.
pub struct Language {
    /// Two or three letters, lower case; empty if unknown.
    pub code: String,
    stop: HashSet<String>,
}

impl Language {
    /// By the code if there is a list for it; otherwise the words that make up too much of `texts` to tell anything.
    pub fn new<'a>(code: &str, texts: impl Iterator<Item = &'a str>) -> Self {
        let code = code.split(['-', '_']).next().unwrap_or_default().to_lowercase();
        let stop = match stopwords::list(&code) {
            Some(list) => list.split_whitespace().map(str::to_owned).collect(),
            None => most_frequent(texts),
        };
        Self { code, stop }
    }

    /// `norm` as made by [`normalize`].
    pub fn is_stop(&self, norm: &str) -> bool {
        self.stop.contains(norm)
    }

    /// Whether an article or preposition is joined to the next word by an apostrophe ("l'équipe").
    pub fn elides(&self) -> bool {
        matches!(self.code.as_str(), "fr" | "it" | "ca")
    }

    /// Whether every noun is written with a capital.
    pub fn capitalizes_nouns(&self) -> bool {
        matches!(self.code.as_str(), "de" | "lb")
    }
}

/// Short words that alone make up more than 1/150 of a text, as function words do in every language written with spaces.
fn most_frequent<'a>(texts: impl Iterator<Item = &'a str>) -> HashSet<String> {
    use unicode_segmentation::UnicodeSegmentation;
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut total = 0;
    for word in texts.flat_map(|text| text.unicode_words()) {
        *counts.entry(normalize(word)).or_default() += 1;
        total += 1;
    }
    let least = (total / 150).max(3);
    counts
        .into_iter()
        .filter(|(word, count)| *count >= least && word.chars().count() <= 5)
        .map(|(word, _)| word)
        .collect()
}

/// Lower case, one kind of apostrophe, no English possessive.
pub fn normalize(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    match lower.strip_suffix("'s") {
        // "it's" and "let's" are in the lists as they are.
        Some(base) if base.chars().count() > 5 => base.to_owned(),
        _ => lower,
    }
}

/// What different forms of a word share, roughly and in any language: its beginning.
pub fn stem(norm: &str) -> String {
    let base = norm.strip_suffix("'s").unwrap_or(norm);
    let base = match base.strip_suffix('s') {
        Some(singular) if singular.chars().count() > 2 && !singular.ends_with('s') => singular,
        _ => base,
    };
    base.chars().take(6).collect()
}

/// Scripts written without spaces, where the segmenter gives single characters.
pub fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
}

/// Japanese grammar is written in hiragana, its content mostly is not.
pub fn is_hiragana(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x309F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_normalized() {
        for code in ["en", "de", "fr", "es", "it", "pt", "nl", "ru", "pl", "sv", "zh", "ja"] {
            let language = Language::new(code, std::iter::empty());
            assert!(!language.stop.is_empty());
            for word in &language.stop {
                assert_eq!(*word, word.to_lowercase(), "{code}");
            }
        }
    }

    #[test]
    fn unknown_language_learns_its_function_words() {
        let text = "az ember és az állat az erdőben van és az ember vadászik az állatra és az erdő hallgat";
        let language = Language::new("hu", [text].into_iter());
        assert!(language.is_stop("az") && language.is_stop("és"));
        assert!(!language.is_stop("erdőben") && !language.is_stop("vadászik"));
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        assert_eq!(stem("tests"), stem("test"));
        assert_eq!(stem("transcription"), stem("transcripts"));
        assert_ne!(stem("class"), stem("clas"));
    }
}
