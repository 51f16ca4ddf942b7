//! Which language a browser asks for.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::config::Language;

/// Languages that one browser may name: more than anybody speaks.
const MOST: usize = 32;

/// Of the languages that the browser asks for (RFC 9110, 12.5.4), the one it likes best and there is.
pub(in crate::web) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let lines = headers.get_all(ACCEPT_LANGUAGE).into_iter().filter_map(|line| line.to_str().ok());
    let mut best: Option<(f32, Language)> = None;
    for wish in lines.flat_map(|line| line.split(',')).take(MOST) {
        let (range, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let main = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Some(language) = Language::of(&main) else { continue };
        let weight =
            weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse().ok()).unwrap_or(0.0);
        if weight > best.map_or(0.0, |(known, _)| known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_language_that_is_liked_best_and_there_is_counts() {
        for (line, wanted) in [
            ("fr", Some(Language::Fr)),
            ("fr-CA,en;q=0.9", Some(Language::Fr)),
            ("en;q=0.5, FR;q=0.8", Some(Language::Fr)),
            ("de-DE,de;q=0.9,en;q=0.3", Some(Language::En)),
            ("en,fr", Some(Language::En)),
            ("fr;q=0,en;q=0.1", Some(Language::En)),
            ("fr;q=much", None),
            ("de,*;q=0.5", None),
            ("french", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(line));
            assert_eq!(accepted(&headers), wanted, "{line}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
    }
}
