//! Text as search sees it: words in small letters, with and without accents.
//!
//! PostgreSQL would cut words by the locale of its cluster, which may be "C" and then takes quotation marks for letters. So the
//! cutting is done here, the same for what is searched and for what is asked, and PostgreSQL gets words between spaces.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Composed, in small letters.
    pub plain: String,
}

/// The words of a text in order. In scripts that are written without spaces, every character is a word.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let joins = is_combining_mark(c) || c.is_alphanumeric() && !is_unspaced(c);
        if !(c.is_alphanumeric() || is_combining_mark(c)) {
            open = false;
        } else if open && joins {
            if let Some(last) = ranges.last_mut() {
                last.end = end;
            }
        } else {
            ranges.push(at..end);
            open = true;
        }
        if is_unspaced(c) && !is_combining_mark(c) {
            // Only its own marks may follow.
            open = text[end..].chars().next().is_some_and(is_combining_mark);
        }
    }
    let small = |range: &Range<usize>| text[range.clone()].nfc().flat_map(char::to_lowercase).collect();
    ranges.into_iter().map(|range| Token { plain: small(&range), range }).collect()
}

/// The words of a text between spaces.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<String> = tokens(text).into_iter().map(|token| token.plain).collect();
    words.join(" ")
}

/// A text made by [`plain`], without the accents of alphabets: "résumé" is "resume", "straße" is "strasse".
pub(super) fn folded(plain: &str) -> String {
    let mut folded = String::with_capacity(plain.len());
    for c in plain.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// Scripts that are written without spaces between words.
pub(in crate::model) fn is_unspaced(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
}

/// A language's code without its region, in small letters.
pub(super) fn code(language: &str) -> String {
    language.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

/// PostgreSQL's configuration for a language, `simple` where it has none: words as they are.
pub(super) fn config(code: &str) -> &'static str {
    CONFIGS.iter().find(|(known, _)| *known == code).map_or("simple", |(_, config)| config)
}

/// Every configuration that a document may have.
pub(super) fn configs() -> Vec<&'static str> {
    std::iter::once("simple").chain(CONFIGS.iter().map(|(_, config)| *config)).collect()
}

/// Those of PostgreSQL 15.
const CONFIGS: [(&str, &str); 28] = [
    ("ar", "arabic"),
    ("hy", "armenian"),
    ("eu", "basque"),
    ("ca", "catalan"),
    ("da", "danish"),
    ("nl", "dutch"),
    ("en", "english"),
    ("fi", "finnish"),
    ("fr", "french"),
    ("de", "german"),
    ("el", "greek"),
    ("hi", "hindi"),
    ("hu", "hungarian"),
    ("id", "indonesian"),
    ("ga", "irish"),
    ("it", "italian"),
    ("lt", "lithuanian"),
    ("ne", "nepali"),
    ("no", "norwegian"),
    ("pt", "portuguese"),
    ("ro", "romanian"),
    ("ru", "russian"),
    ("sr", "serbian"),
    ("es", "spanish"),
    ("sv", "swedish"),
    ("ta", "tamil"),
    ("tr", "turkish"),
    ("yi", "yiddish"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_alike_in_every_script() {
        for (text, wanted) in [
            ("“Hello”, e-mail\u{2014}it’s", "hello e mail it s"),
            ("Über RÉSUMÉ", "über résumé"),
            ("今天的会议 ok3", "今 天 的 会 议 ok3"),
            ("ที่นี่", "ที่ นี่"),
            ("हिन्दी", "हिन्दी"),
            (" .. ", ""),
        ] {
            assert_eq!(plain(text), wanted);
        }
        assert_eq!(folded(&plain("Straße, Résumé, Łódź, Ångström")), "strasse resume lodz angstrom");
        let text = "Ça va";
        assert_eq!(tokens(text).iter().map(|one| &text[one.range.clone()]).collect::<Vec<_>>(), ["Ça", "va"]);
    }

    #[test]
    fn a_language_has_its_configuration() {
        assert_eq!(config(&code("pt-BR")), "portuguese");
        assert_eq!((config("zh"), config("auto"), code("EN")), ("simple", "simple", "en".to_owned()));
    }
}
