//! What is said later, in whichever language somebody reads it: a text by its name, with the values that belong in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Value, has, say_with};
use crate::config::Language;

/// A text of the catalogue and its values, as it is kept. Written out by itself it is English, as logs, the API and the command line have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    id: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, Word>,
    /// What another program said to it, in its own words: nobody translates those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What is put into a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word {
    Number(f64),
    Text(String),
    /// A remark within one.
    Remark(Box<Remark>),
}

impl From<u64> for Word {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<i32> for Word {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Word {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Word {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Remark> for Word {
    fn from(remark: Remark) -> Self {
        Self::Remark(Box::new(remark))
    }
}

impl Remark {
    /// The text of this name.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), values: BTreeMap::new(), detail: None }
    }

    /// With a value, by the name that the text has for it.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Word>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// With the words of another program.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// One as it was kept, if a language still has all of it: another version may have had another name for its text, or other values in it.
    #[must_use]
    pub fn kept(kept: &serde_json::Value, language: Language) -> Option<Self> {
        let remark: Self = serde_json::from_value(kept.clone()).ok()?;
        remark.is_in(language).then_some(remark)
    }

    fn is_in(&self, language: Language) -> bool {
        let within = self.values.values().all(|word| match word {
            Word::Remark(remark) => remark.is_in(language),
            Word::Number(_) | Word::Text(_) => true,
        });
        within && has(language, &self.id, &self.filled(language))
    }

    fn filled(&self, language: Language) -> Vec<(&str, Value<'_>)> {
        let word = |word: &Word| match word {
            Word::Number(number) => Value::from(*number),
            Word::Text(text) => Value::from(text.clone()),
            Word::Remark(remark) => Value::from(remark.say(language)),
        };
        self.values.iter().map(|(name, value)| (name.as_str(), word(value))).collect()
    }

    /// Its text in a language, without the words of other programs.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        say_with(language, &self.id, &self.filled(language))
    }

    /// The words of another program that belong to it: its own, or those of a remark within it.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        let within = self.values.values().find_map(|word| match word {
            Word::Remark(remark) => remark.detail(),
            Word::Number(_) | Word::Text(_) => None,
        });
        self.detail.as_deref().or(within)
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))?;
        match self.detail() {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_kept_and_said_in_the_language_of_whoever_reads_it() {
        let cause = Remark::new("why-database").because("connection refused");
        let remark = Remark::new("why-tried").with("why", cause).with("count", 5);
        let kept = serde_json::to_value(&remark).unwrap();
        assert_eq!(kept["values"]["why"]["id"], "why-database");
        let back: Remark = serde_json::from_value(kept).unwrap();
        assert_eq!(back, remark);
        assert_eq!(back.detail(), Some("connection refused"));
        assert_eq!(
            back.to_string(),
            "the database could not do its part (tried 5 times): connection refused"
        );
        assert_eq!(back.say(Language::Fr), "la base de données n’a pas pu faire sa part (5 essais)");
    }

    #[test]
    fn one_that_another_version_kept_is_known_only_while_its_text_and_values_are() {
        let known = Remark::new("why-tried").with("why", Remark::new("why-database")).with("count", 5);
        let fr = |kept: serde_json::Value| Remark::kept(&kept, Language::Fr);
        assert_eq!(fr(serde_json::to_value(&known).unwrap()), Some(known));
        for unknown in [
            serde_json::json!({ "id": "why-of-before" }),
            serde_json::json!({ "id": "why-tried", "values": { "why": { "id": "why-of-before" }, "count": 5 } }),
            serde_json::json!({ "id": "why-tried", "values": { "reason": "none", "count": 5 } }),
            serde_json::json!("why-tried"),
        ] {
            assert_eq!(fr(unknown.clone()), None, "{unknown}");
        }
    }
}
