//! Languages to choose from: those that Whisper knows and many people speak.

use crate::web::say::say_with;

/// By code.
const LANGUAGES: [&str; 67] = [
    "af", "ar", "hy", "az", "eu", "be", "bn", "bs", "bg", "ca", "zh", "hr", "cs", "da", "nl", "en", "et",
    "fi", "fr", "gl", "ka", "de", "el", "gu", "he", "hi", "hu", "is", "id", "it", "ja", "kn", "kk", "ko",
    "lv", "lt", "mk", "ms", "ml", "mt", "mr", "ne", "no", "fa", "pl", "pt", "pa", "ro", "ru", "sr", "sk",
    "sl", "so", "es", "sw", "sv", "tl", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "cy", "yo",
];

/// The name of a language in that of the page, else its code.
pub(crate) fn name(code: &str) -> String {
    say_with("languages-name", &[("code", code.into())])
}

/// Code and name of every language to choose from, in order of name.
pub(crate) fn choices() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = LANGUAGES.iter().map(|code| (*code, name(code))).collect();
    // Initials with accents stand beside those without.
    all.sort_by_cached_key(|(_, name)| name.to_lowercase().replace(['é', 'è'], "e"));
    all
}
