//! Everything that pages and letters say, by name and in every language: the files under locales/, in Fluent's syntax, compiled in.
//!
//! English is complete by definition, and stands in for what another language lacks; tests/it/strings.rs finds out before anybody sees it.

mod date;
mod known;
mod number;
mod remark;
mod scripts;

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

pub use date::{day, moment};
pub use known::{Found, translated};
pub use number::number;
pub use remark::{Remark, Word};
pub use scripts::scripts;

use crate::config::Language;

/// What can be put into a text: words, and numbers, which also choose its plural.
pub type Value<'v> = FluentValue<'v>;

/// Name of a file, and its text in every language, in the order of [`Language::ALL`].
type File = (&'static str, [&'static str; Language::ALL.len()]);

macro_rules! files {
    ($($name:literal)*) => {
        /// One file an area of the site.
        const FILES: &[File] = &[$((
            $name,
            [
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en/", $name, ".ftl")),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/fr/", $name, ".ftl")),
            ],
        )),*];
    };
}

files! {
    "about"
    "admin"
    "date"
    "deeds"
    "design"
    "doctor"
    "edit"
    "error"
    "export"
    "find"
    "format"
    "gist"
    "history"
    "keys"
    "languages"
    "library"
    "login"
    "mail"
    "notes"
    "people"
    "player"
    "privacy"
    "quote"
    "quoting"
    "record"
    "reply"
    "review"
    "rooms"
    "scripts"
    "select"
    "send"
    "settings"
    "share"
    "site"
    "speakers"
    "stages"
    "start"
    "status"
    "tabs"
    "transcript"
    "trust"
    "why"
}

/// The text of a file.
fn source(language: Language, file: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| *name == file).map(|(_, texts)| texts[language as usize])
}

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; Language::ALL.len()]> = LazyLock::new(|| Language::ALL.map(bundle));

fn bundle(language: Language) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.code().parse().unwrap_or_default()]);
    // Marks around values would be in the way of whoever compares or copies a text; pages have no mixed directions yet.
    bundle.set_use_isolating(false);
    match language {
        Language::En => bundle.set_formatter(Some(number::english)),
        Language::Fr => bundle.set_formatter(Some(number::french)),
    }
    for (name, texts) in FILES {
        let resource =
            FluentResource::try_new(texts[language as usize].to_owned()).unwrap_or_else(|(rest, errors)| {
                tracing::error!(file = name, language = language.code(), ?errors, "a text can't be read");
                rest
            });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(file = name, language = language.code(), ?errors, "a text is there twice");
        }
    }
    bundle
}

/// The text of this name, in this language.
pub fn say(language: Language, id: &str) -> String {
    say_with(language, id, &[])
}

/// The text of this name with values in it, by the names that the text has for them. One that no language has is its own name.
pub fn say_with(language: Language, id: &str, values: &[(&str, Value<'_>)]) -> String {
    let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
    for bundle in [&BUNDLES[language as usize], &BUNDLES[0]] {
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { continue };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(id, language = language.code(), ?errors, "a text lacks a value");
        }
        return text;
    }
    tracing::error!(id, "a text is missing");
    id.to_owned()
}

/// Whether this language has a text of this name, and with these values all that is in it.
fn has(language: Language, id: &str, values: &[(&str, Value<'_>)]) -> bool {
    let bundle = &BUNDLES[language as usize];
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return false };
    let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
    let mut errors = Vec::new();
    let _text = bundle.format_pattern(pattern, Some(&values), &mut errors);
    errors.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_says_nothing_twice() {
        for language in Language::ALL {
            let mut all = FluentBundle::<FluentResource>::new_concurrent(Vec::new());
            for (name, texts) in FILES {
                let resource = FluentResource::try_new(texts[language as usize].to_owned());
                let resource =
                    resource.unwrap_or_else(|(_, errors)| panic!("{language:?} {name}: {errors:?}"));
                all.add_resource(resource).unwrap_or_else(|errors| panic!("{language:?} {name}: {errors:?}"));
            }
        }
    }

    #[test]
    fn what_no_language_has_is_its_name() {
        assert_eq!(say(Language::Fr, "nothing-of-the-kind"), "nothing-of-the-kind");
    }
}
