//! Text as edits see it: letters, words, and the pieces that are compared.

use unicode_segmentation::UnicodeSegmentation;

use crate::model::search::text::is_unspaced;

/// What makes two words the same: neither case nor punctuation.
pub(super) fn letters(text: &str) -> String {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if plain.is_empty() { text.trim().to_owned() } else { plain }
}

/// A text on one line, with one space where there were several, and none around it.
pub fn tidy(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words of a tidy text that may begin with a space, each with the space before it. In scripts that are written without
/// spaces the signs and what follows them are words.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for piece in pieces(text) {
        let joins = !piece.starts_with(' ') && !piece.chars().next().is_some_and(is_unspaced);
        match words.last_mut() {
            Some(word) if joins => word.push_str(&piece),
            _ => words.push(piece),
        }
    }
    words
}

/// What a text is compared by: words and marks, each with the space before it, one space for many.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut space = false;
    for bound in text.split_word_bounds() {
        if bound.chars().all(char::is_whitespace) {
            space = true;
        } else {
            pieces.push(if space { format!(" {bound}") } else { bound.to_owned() });
            space = false;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_spaces_and_between_signs() {
        assert_eq!(words(" We don't cut, (ever)."), [" We", " don't", " cut,", " (ever)."]);
        assert_eq!(words("今天的 会议。"), ["今", "天", "的", " 会", "议。"]);
        assert!(words("").is_empty());
        assert_eq!(tidy(" a\u{0}b \n c "), "a b c");
        assert_eq!((letters(" <Cut>,"), letters(" - ")), ("cut".to_owned(), "-".to_owned()));
    }
}
