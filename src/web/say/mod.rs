//! What pages say, in the language of whoever reads them.

mod accept;
pub(super) mod filters;
mod reason;

use chrono::{Datelike, Timelike};

use super::viewer::language;
use crate::catalogue;
pub(super) use crate::catalogue::Value;
use crate::config::Language;
pub(super) use accept::accepted;
pub(super) use reason::Reason;

/// The text of this name.
pub(super) fn say(id: &str) -> String {
    catalogue::say(language(), id)
}

/// The text of this name with values in it, by the names that the text has for them.
pub(super) fn say_with(id: &str, values: &[(&str, Value<'_>)]) -> String {
    catalogue::say_with(language(), id, values)
}

/// The text of this name in English, as it is kept and as the API says it.
pub(super) fn english(id: &str) -> String {
    catalogue::say(Language::En, id)
}

/// What the program says in English elsewhere, among the texts of an area; `None` where that has no such text.
pub(super) fn translated(area: &str, english: &str) -> Option<String> {
    catalogue::translated(language(), area, english).map(|found| found.text)
}

/// A number as text, `12345.6`, with the separators of the language.
pub(super) fn number(text: &str) -> String {
    catalogue::number(language(), text)
}

/// A day in words.
pub(super) fn day(at: &impl Datelike) -> String {
    catalogue::day(language(), at)
}

/// A day and its time in words.
pub(super) fn moment(at: &(impl Datelike + Timelike)) -> String {
    catalogue::moment(language(), at)
}
