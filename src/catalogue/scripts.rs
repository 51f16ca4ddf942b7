//! What scripts in the browser say: `scripts.ftl`, and `date.ftl` with it, as JSON. A text is a list of words, `{"value": NAME}` for what
//! is put in there, and `{"value": NAME, "cases": {…}, "others": […]}` for a choice by that value or its plural. `assets/say.js` writes
//! it out.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use fluent_syntax::parser::parse;
use fluent_syntax::unicode::unescape_unicode_to_string;
use serde_json::{Map, Value as Json, json};

use super::source;
use crate::config::Language;

/// The files that scripts know: they write dates as pages do.
const KNOWN: [&str; 2] = ["date", "scripts"];

/// The texts by name; English stands in for what this language lacks.
pub fn scripts(language: Language) -> Json {
    let mut all = Map::new();
    for language in [Language::default(), language] {
        for area in KNOWN {
            match texts(source(language, area).unwrap_or_default()) {
                Ok(texts) => all.extend(texts),
                Err(error) => {
                    tracing::error!(language = language.code(), area, error, "texts of scripts can't be read")
                }
            }
        }
    }
    Json::Object(all)
}

fn texts(source: &str) -> Result<Map<String, Json>, String> {
    let resource = parse(source).map_err(|(_, errors)| format!("{errors:?}"))?;
    let mut texts = Map::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let id = message.id.name;
                let value = message.value.ok_or_else(|| format!("{id} says nothing"))?;
                texts.insert(id.to_owned(), pattern(&value).map_err(|what| format!("{id}: {what}"))?);
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => return Err("something that is no message".into()),
        }
    }
    Ok(texts)
}

fn pattern(of: &Pattern<&str>) -> Result<Json, String> {
    let part = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Ok(json!(value)),
        PatternElement::Placeable { expression } => placed(expression),
    };
    of.elements.iter().map(part).collect::<Result<Vec<Json>, _>>().map(Json::Array)
}

fn placed(expression: &Expression<&str>) -> Result<Json, String> {
    match expression {
        Expression::Inline(inline) => match inline {
            InlineExpression::StringLiteral { value } => Ok(json!(unescape_unicode_to_string(value))),
            InlineExpression::NumberLiteral { value } => Ok(json!(value)),
            InlineExpression::VariableReference { id } => Ok(json!({ "value": id.name })),
            InlineExpression::Placeable { expression } => placed(expression),
            _ => Err("scripts know no functions, messages or terms".into()),
        },
        Expression::Select { selector: InlineExpression::VariableReference { id }, variants } => {
            choice(id.name, variants)
        }
        Expression::Select { .. } => Err("scripts choose by a variable".into()),
    }
}

fn choice(value: &str, variants: &[Variant<&str>]) -> Result<Json, String> {
    let mut cases = Map::new();
    let mut others = json!([]);
    for variant in variants {
        let text = pattern(&variant.value)?;
        if variant.default {
            others = text;
        } else {
            let (VariantKey::Identifier { name: key } | VariantKey::NumberLiteral { value: key }) =
                variant.key;
            cases.insert(key.to_owned(), text);
        }
    }
    Ok(json!({ "value": value, "cases": cases, "others": others }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_what_english_says_in_what_scripts_can_read() {
        let of = |language, file| texts(source(language, file).unwrap()).unwrap();
        for file in KNOWN {
            let english = of(Language::En, file);
            for language in Language::ALL {
                assert!(of(language, file).keys().eq(english.keys()), "{language:?} {file}");
            }
        }
        assert!(of(Language::En, "scripts").len() > 100);
        let all = scripts(Language::Fr);
        assert!(all.get("date-moment").is_some() && all.get("scripts-play").is_some());
    }

    #[test]
    fn a_text_becomes_words_values_and_choices() {
        let found = texts(
            "a = Of { $all }\nb = { $n ->\n    [0] none\n    [one] one\n   *[other] { $n }{ \"!\" }\n }\n",
        );
        let n = json!({ "value": "n" });
        let wanted = json!({
            "a": ["Of ", { "value": "all" }],
            "b": [{ "value": "n", "cases": { "0": ["none"], "one": ["one"] }, "others": [n, "!"] }],
        });
        assert_eq!(Json::Object(found.unwrap()), wanted);
        assert!(texts("a = { b }\n").unwrap_err().starts_with("a: "));
        assert!(texts("a = { NUMBER($n) }\n").is_err());
        assert!(texts("a = {\n").is_err());
    }
}
