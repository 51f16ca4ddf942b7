//! Words that carry meaning, for comparing texts.

use std::collections::BTreeSet;

const SMALL: [&str; 40] = [
    "about", "after", "also", "and", "are", "because", "been", "but", "can", "could", "does", "for", "from",
    "had", "has", "have", "her", "his", "into", "its", "just", "not", "our", "she", "that", "the", "their",
    "them", "then", "there", "they", "this", "was", "were", "what", "when", "which", "will", "with", "you",
];

/// Lower-case words of three letters or more that are no function words.
pub fn content_words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 3 && !SMALL.contains(&word.as_str()))
        .collect()
}

/// How many content words of `a` occur in `b`.
pub fn shared(a: &str, b: &str) -> usize {
    content_words(a).intersection(&content_words(b)).count()
}
