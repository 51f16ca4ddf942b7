//! English texts of the program that pages show in another language: the catalogue knows them by their English.
//!
//! What the API, the command line and other modules say is English and made where it is said. A page gets it as it is; here it is found
//! again among the texts of an area, with the values that were put into it. tests/it/strings.rs holds both sides to each other.

use std::sync::LazyLock;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;
use regex::Regex;

use super::{Value, say_with, source};
use crate::config::Language;

/// Areas whose English is what the program says elsewhere.
const AREAS: [&str; 2] = ["doctor", "reply"];

/// A text and how its English reads.
struct Known {
    area: &'static str,
    id: String,
    english: Regex,
    /// Letters that are the text's own: of two that fit, the one with more says more.
    letters: usize,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let mut all: Vec<Known> = AREAS.into_iter().flat_map(read).collect();
    all.sort_by_key(|known| std::cmp::Reverse(known.letters));
    all
});

fn read(area: &'static str) -> Vec<Known> {
    let resource = match parse(source(Language::En, area).unwrap_or_default()) {
        Ok(resource) => resource,
        Err((rest, errors)) => {
            tracing::error!(area, ?errors, "texts can't be read");
            rest
        }
    };
    let known = |entry: &Entry<&str>| {
        let Entry::Message(message) = entry else { return None };
        let (english, letters) = reading(message.value.as_ref()?)?;
        Some(Known { area, id: message.id.name.to_owned(), english, letters })
    };
    resource.body.iter().filter_map(known).collect()
}

/// How a text reads; `None` of one that chooses among several.
fn reading(of: &Pattern<&str>) -> Option<(Regex, usize)> {
    let (mut reading, mut letters) = ("(?s)^".to_owned(), 0);
    for element in &of.elements {
        match element {
            PatternElement::TextElement { value } => {
                reading.push_str(&regex::escape(value));
                letters += value.len();
            }
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => reading.push_str(&format!("(?P<{}>.+?)", id.name)),
            PatternElement::Placeable { .. } => return None,
        }
    }
    reading.push_str(r"\.?$");
    Some((Regex::new(&reading).ok()?, letters))
}

/// A text that was found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub text: String,
    /// What another program said: what stands in the place of `$why` in English. Other languages leave that place out.
    pub why: Option<String>,
}

/// What the program says in English, in another language; `None` where the area has no such text.
#[must_use]
pub fn translated(language: Language, area: &str, english: &str) -> Option<Found> {
    if language == Language::En {
        return Some(Found { text: english.to_owned(), why: None });
    }
    let (known, found) = KNOWN
        .iter()
        .filter(|known| known.area == area)
        .find_map(|known| Some((known, known.english.captures(english)?)))?;
    let values: Vec<(&str, Value<'_>)> = known
        .english
        .capture_names()
        .flatten()
        .filter_map(|name| Some((name, value(found.name(name)?.as_str()))))
        .collect();
    let why = found.name("why").map(|why| why.as_str().to_owned());
    Some(Found { text: say_with(language, &known.id, &values), why })
}

/// A number, where it is written as one: it has the separators of the language, and chooses its plural.
fn value(text: &str) -> Value<'_> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if digits(whole) && digits(fraction) { Value::try_number(text) } else { Value::from(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_english_is_found_with_its_values() {
        let said = |english| Some(translated(Language::Fr, "reply", english)?.text);
        assert_eq!(said("Transcript is locked").as_deref(), Some("La transcription est verrouillée"));
        assert_eq!(said("has more than 12000 characters").unwrap(), "plus de 12\u{202f}000 caractères");
        assert_eq!(said("nobody has ever said this"), None);
        assert_eq!(translated(Language::En, "reply", "as it is").unwrap().text, "as it is");
        let away = translated(Language::Fr, "doctor", "PostgreSQL can't be reached: no route").unwrap();
        assert_eq!(away, Found { text: "PostgreSQL est injoignable".into(), why: Some("no route".into()) });
        assert!(KNOWN.len() > 50, "{}", KNOWN.len());
    }
}
