//! Languages between Whisper's codes and the names that OpenAI's answers have.

use isolang::Language;

/// `en` -> `english`; a code that is nobody's stays.
pub(super) fn name(code: &str) -> String {
    let found = Language::from_639_1(code).or_else(|| Language::from_639_3(code));
    found.map_or_else(|| code.to_owned(), |language| language.to_name().to_lowercase())
}

/// Whisper's code of a language that may be given as a code, with a region, or by its English name; `None`: detect it.
pub(super) fn code(said: Option<&str>) -> Option<String> {
    let said = said.unwrap_or_default().trim().to_lowercase();
    let code = said.split(['-', '_']).next().unwrap_or_default();
    if code.is_empty() || code == "auto" {
        return None;
    }
    Some(by_name(code).unwrap_or(code).to_owned())
}

fn by_name(name: &str) -> Option<&'static str> {
    let mut letters = name.chars();
    let first = letters.next()?.to_uppercase();
    let name: String = first.chain(letters).collect();
    (name.len() > 3).then(|| Language::from_name(&name)?.to_639_1())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_codes_to_the_engine_and_names_to_openais_clients() {
        for (said, wanted) in [
            ("en", "en"),
            ("en-US", "en"),
            ("PT_br", "pt"),
            ("German", "de"),
            ("english", "en"),
            ("yue", "yue"),
            ("klingonese", "klingonese"),
        ] {
            assert_eq!(code(Some(said)).as_deref(), Some(wanted));
        }
        assert_eq!([None, Some(""), Some("auto")].map(code), [None, None, None]);
        assert_eq!(["en", "de", "xx"].map(name), ["english", "german", "xx"]);
    }
}
