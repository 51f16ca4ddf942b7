//! Times, dates and sizes in words.

use chrono::{DateTime, Local, Utc};

use crate::export::clock;
use crate::web::say;

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

/// A date for people and for machines.
#[derive(Clone, Debug)]
pub(crate) struct Date {
    pub iso: String,
    pub text: String,
}

impl Date {
    pub fn new(at: DateTime<Utc>) -> Self {
        let iso = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        Self { iso, text: say::moment(&at.with_timezone(&Local)) }
    }
}

/// Seconds as a number with at most two decimals and no trailing zeros.
pub(crate) fn plain(seconds: f64) -> String {
    let text = format!("{:.2}", seconds.max(0.0));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A length in words: `42 seconds`, `12 minutes`, `1 h 5 min`.
pub(crate) fn length(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0 => String::new(),
        1 => "1 second".into(),
        60 => "1 minute".into(),
        2..=89 => format!("{whole} seconds"),
        90..=3599 => format!("{} minutes", (whole + 30) / 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How much longer, without false precision.
pub(crate) fn left(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => "a few seconds left".into(),
        s if s <= 50.0 => format!("about {} s left", (s / 10.0).ceil() as u64 * 10),
        s if s < 5400.0 => format!("about {} min left", (s / 60.0).ceil() as u64),
        s => format!("about {:.1} h left", s / 3600.0),
    }
}

/// Bytes as `12.3 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 1000.0 {
            return if unit == "B" || value >= 100.0 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    if value.fract() < 0.05 { format!("{value:.0} GB") } else { format!("{value:.1} GB") }
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
    }

    #[test]
    fn messages_read_as_sentences() {
        assert_eq!(sentence("something went wrong"), "Something went wrong.");
        assert_eq!(sentence("Why?"), "Why?");
    }
}
