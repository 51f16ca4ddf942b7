//! Times, dates and sizes in words.

use chrono::{DateTime, Local, Utc};

use crate::export::{self, clock};
use crate::model::Transcript;
use crate::web::say::{self, say, say_with};

/// Seconds as people read them, and as links carry them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    /// `83.4`
    pub seconds: String,
    /// `1:23`
    pub clock: String,
}

impl Moment {
    pub fn new(seconds: f64) -> Self {
        Self { seconds: plain(seconds), clock: clock(seconds) }
    }
}

/// A date for people and for machines: both as this machine's clock shows it, so that a script knows where a reader's clock shows
/// another (src/web/assets/util.js).
#[derive(Clone, Debug)]
pub(crate) struct Date {
    pub iso: String,
    pub text: String,
}

impl Date {
    pub fn new(at: DateTime<Utc>) -> Self {
        let here = at.with_timezone(&Local);
        Self { iso: here.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), text: say::moment(&here) }
    }
}

/// What a transcript is called on pages.
pub(crate) fn shown_title(title: Option<&str>, transcript: &Transcript) -> String {
    let unnamed = title.is_none_or(|title| title.trim().is_empty()) && transcript.name.trim().is_empty();
    if unnamed { say("transcript-untitled") } else { export::shown_title(title, transcript).to_owned() }
}

/// Seconds as a number with at most two decimals and no trailing zeros.
pub(crate) fn plain(seconds: f64) -> String {
    let text = format!("{:.2}", seconds.max(0.0));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A length in words: `42 seconds`, `12 minutes`, `1 h 5 min`.
pub(crate) fn length(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    let count = |id, count: u64| say_with(id, &[("count", count.into())]);
    match whole {
        0 => String::new(),
        60 => count("format-minutes", 1),
        1..=89 => count("format-seconds", whole),
        90..=3599 => count("format-minutes", (whole + 30) / 60),
        _ => say_with(
            "format-hours",
            &[("hours", (whole / 3600).into()), ("minutes", (whole % 3600 / 60).into())],
        ),
    }
}

/// How much longer, without false precision.
pub(crate) fn left(seconds: f64) -> String {
    let count = |id, count: u64| say_with(id, &[("count", count.into())]);
    match seconds {
        s if s < 10.0 => say("format-left-little"),
        s if s <= 50.0 => count("format-left-seconds", (s / 10.0).ceil() as u64 * 10),
        s if s < 5400.0 => count("format-left-minutes", (s / 60.0).ceil() as u64),
        s => say_with("format-left-hours", &[("count", say::number(&format!("{:.1}", s / 3600.0)).into())]),
    }
}

/// A size as its number and the place of its unit among bytes, kilobytes, megabytes and gigabytes.
fn measured(count: u64) -> (String, usize) {
    let mut value = count as f64;
    for unit in 0..3 {
        if value < 1000.0 {
            let whole = unit == 0 || value >= 100.0;
            return (if whole { format!("{value:.0}") } else { format!("{value:.1}") }, unit);
        }
        value /= 1000.0;
    }
    (if value.fract() < 0.05 { format!("{value:.0}") } else { format!("{value:.1}") }, 3)
}

/// Bytes as `12.3 MB`, for people.
pub(crate) fn bytes(count: u64) -> String {
    let (number, unit) = measured(count);
    let number = [("number", say::number(&number).into())];
    match unit {
        0 => say_with("format-bytes", &number),
        1 => say_with("format-kilobytes", &number),
        2 => say_with("format-megabytes", &number),
        _ => say_with("format-gigabytes", &number),
    }
}

/// Bytes as `12.3 MB` in what the API answers, which speaks English.
pub(crate) fn bytes_of_api(count: u64) -> String {
    let (number, unit) = measured(count);
    format!("{number} {}", ["B", "kB", "MB", "GB"][unit])
}

/// A message as a sentence: begins large, ends with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut out: String =
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default();
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Language;
    use crate::web::viewer::{Look, with_look};

    #[test]
    fn times_read_well() {
        assert_eq!([plain(1.0), plain(1.5), plain(83.456), plain(-1.0)], ["1", "1.5", "83.46", "0"]);
        assert_eq!(
            [length(42.0), length(59.6), length(720.0), length(3900.0)],
            ["42 seconds", "1 minute", "12 minutes", "1 h 5 min"]
        );
        assert_eq!(
            [left(3.0), left(33.0), left(50.5), left(61.0)],
            ["a few seconds left", "about 40 s left", "about 1 min left", "about 2 min left"]
        );
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!([bytes(12), bytes(1_500), bytes(10_000_000_000)], ["12 B", "1.5 kB", "10 GB"]);
        assert_eq!([bytes_of_api(123_400_000), bytes_of_api(10_100_000_000)], ["123 MB", "10.1 GB"]);
    }

    #[tokio::test]
    async fn lengths_and_sizes_are_written_as_french_does() {
        let look = Look { language: Language::Fr, ..Look::default() };
        with_look(look, async {
            assert_eq!([bytes(1_500), bytes(10_100_000_000)], ["1,5\u{202f}ko", "10,1\u{202f}Go"]);
            assert_eq!([length(3900.0), length(42.0)], ["1\u{202f}h\u{a0}5\u{202f}min", "42 secondes"]);
            assert_eq!(left(9000.0), "encore 2,5\u{202f}h environ");
            assert_eq!(say::number("1234567.5"), "1\u{202f}234\u{202f}567,5");
        })
        .await;
    }

    #[test]
    fn messages_read_as_sentences() {
        assert_eq!(sentence("something went wrong"), "Something went wrong.");
        assert_eq!(sentence("Why?"), "Why?");
    }
}
