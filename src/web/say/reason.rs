//! Why something failed, as far as it can be said in the reader's language.

use crate::catalogue::{Remark, translated};
use crate::config::Language;
use crate::web::pages::sentence;
use crate::web::viewer::language;

/// A reason on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reason {
    /// A sentence in the language of the page; empty: only the English is known.
    pub text: String,
    /// What stays English on a page that is not: the words of another program, or a reason from before the catalogue had any.
    pub english: String,
}

impl Reason {
    /// `english` as it is kept, and what it is in the catalogue, if that is known.
    pub fn new(english: &str, remark: Option<&serde_json::Value>) -> Self {
        if language() == Language::En {
            return Self { text: sentence(english), english: String::new() };
        }
        match read(remark) {
            Some(remark) => Self {
                text: sentence(&remark.say(language())),
                english: remark.detail().map(str::to_owned).unwrap_or_default(),
            },
            None => Self { text: String::new(), english: sentence(english) },
        }
    }

    /// Nothing to say.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.english.is_empty()
    }

    /// What the program says in English, as the texts of an area have it.
    pub fn of_area(area: &str, english: &str) -> Self {
        match translated(language(), area, english) {
            Some(found) => Self { text: sentence(&found.text), english: found.why.unwrap_or_default() },
            None => Self { text: String::new(), english: sentence(english) },
        }
    }

    /// A kept reason within a line of other words.
    pub fn within(english: &str, remark: Option<&serde_json::Value>) -> String {
        let translated = if language() == Language::En { None } else { read(remark) };
        translated.map_or_else(|| english.to_owned(), |remark| remark.say(language()))
    }
}

fn read(remark: Option<&serde_json::Value>) -> Option<Remark> {
    Remark::kept(remark?, language())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::viewer::{Look, with_look};

    #[tokio::test]
    async fn a_reason_is_said_in_the_language_of_the_page_and_older_ones_as_they_are() {
        let remark = Remark::new("why-damaged").because("moov atom not found");
        let (text, kept) = (remark.to_string(), serde_json::to_value(&remark).unwrap());
        let english = Reason::new(&text, Some(&kept));
        assert_eq!(english.text, "The file is damaged or was cut short: moov atom not found.");
        assert!(english.english.is_empty());
        let look = Look { language: Language::Fr, ..Look::default() };
        with_look(look, async {
            let french = Reason::new(&text, Some(&kept));
            assert_eq!(french.text, "Le fichier est endommagé ou incomplet.");
            assert_eq!(french.english, "moov atom not found");
            assert_eq!(Reason::within(&text, Some(&kept)), "le fichier est endommagé ou incomplet");
            // From before there was a catalogue, and from a version that had another name for it.
            for kept in [None, Some(serde_json::json!({ "id": "why-of-before", "detail": "moov atom" }))] {
                let old = Reason::new("no voices", kept.as_ref());
                assert_eq!((old.text.as_str(), old.english.as_str()), ("", "No voices."));
                assert_eq!(Reason::within("no voices", kept.as_ref()), "no voices");
            }
        })
        .await;
    }
}
