//! Numbers with the separators of a language.

use fluent_bundle::FluentValue;

use crate::config::Language;

/// Digits that still read well without a separator.
const PLAIN: usize = 4;

/// A number as text, `12345.6`, as people of this language write it: `12,345.6`, `12 345,6`.
pub fn number(language: Language, text: &str) -> String {
    let (group, point) = match language {
        Language::En => (',', "."),
        // A narrow space that no line is broken at.
        Language::Fr => ('\u{202f}', ","),
    };
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if whole.len() > PLAIN && at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push_str(point);
        out.push_str(fraction);
    }
    out
}

/// A value within an English text, where it is a number.
pub(super) fn english<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    of(Language::En, value)
}

/// A value within a French text, where it is a number.
pub(super) fn french<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    of(Language::Fr, value)
}

fn of(language: Language, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(value) => Some(number(language, &value.as_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_separators_of_their_language() {
        for (text, english, french) in [
            ("7", "7", "7"),
            ("1234", "1234", "1234"),
            ("12345", "12,345", "12\u{202f}345"),
            ("1234567.25", "1,234,567.25", "1\u{202f}234\u{202f}567,25"),
            ("-0.5", "-0.5", "-0,5"),
        ] {
            assert_eq!(number(Language::En, text), english);
            assert_eq!(number(Language::Fr, text), french);
        }
    }
}
