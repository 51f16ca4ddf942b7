//! What templates say: `{{ "start-title"|t }}`, with values `{{ "start-kept"|t1("days", days) }}`. Numbers go in as numbers, so that plurals
//! work. All of it is escaped like any other text; where a text of the catalogue has markup of its own (a link within a sentence) it is `th`,
//! and only what is put into it is escaped.
#![allow(clippy::too_many_arguments, reason = "a template gives names and values one after the other")]

use askama::filters::Safe;
use askama::{Result, Values};

use super::{Value, number, say_with};

/// What a template may put into a text.
pub trait Fill {
    fn fill(&self) -> Value<'static>;
}

impl<T: Fill + ?Sized> Fill for &T {
    fn fill(&self) -> Value<'static> {
        (**self).fill()
    }
}

impl Fill for str {
    fn fill(&self) -> Value<'static> {
        Value::from(self.to_owned())
    }
}

impl Fill for String {
    fn fill(&self) -> Value<'static> {
        self.as_str().fill()
    }
}

macro_rules! numbers {
    ($($kind:ty)*) => {$(
        impl Fill for $kind {
            fn fill(&self) -> Value<'static> {
                Value::from(*self)
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 usize i32 i64 f64);

/// A value that goes into markup.
fn escaped(value: Value<'static>) -> Value<'static> {
    let Value::String(text) = value else { return value };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Value::from(out)
}

#[askama::filter_fn]
pub fn t(id: &str, _: &dyn Values) -> Result<String> {
    Ok(say_with(id, &[]))
}

/// A number that stands in a template itself, as the language writes it.
#[askama::filter_fn]
pub fn n(text: &str, _: &dyn Values) -> Result<String> {
    Ok(number(text))
}

#[askama::filter_fn]
pub fn t1<A: Fill>(id: &str, _: &dyn Values, name: &str, value: A) -> Result<String> {
    Ok(say_with(id, &[(name, value.fill())]))
}

#[askama::filter_fn]
pub fn t2<A: Fill, B: Fill>(
    id: &str,
    _: &dyn Values,
    name: &str,
    value: A,
    name_b: &str,
    value_b: B,
) -> Result<String> {
    Ok(say_with(id, &[(name, value.fill()), (name_b, value_b.fill())]))
}

#[askama::filter_fn]
pub fn t3<A: Fill, B: Fill, C: Fill>(
    id: &str,
    _: &dyn Values,
    name: &str,
    value: A,
    name_b: &str,
    value_b: B,
    name_c: &str,
    value_c: C,
) -> Result<String> {
    Ok(say_with(id, &[(name, value.fill()), (name_b, value_b.fill()), (name_c, value_c.fill())]))
}

#[askama::filter_fn]
pub fn th(id: &str, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(say_with(id, &[])))
}

#[askama::filter_fn]
pub fn th1<A: Fill>(id: &str, _: &dyn Values, name: &str, value: A) -> Result<Safe<String>> {
    Ok(Safe(say_with(id, &[(name, escaped(value.fill()))])))
}

#[askama::filter_fn]
pub fn th2<A: Fill, B: Fill>(
    id: &str,
    _: &dyn Values,
    name: &str,
    value: A,
    name_b: &str,
    value_b: B,
) -> Result<Safe<String>> {
    Ok(Safe(say_with(id, &[(name, escaped(value.fill())), (name_b, escaped(value_b.fill()))])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_markup_is_escaped_and_a_number_stays_one() {
        assert_eq!(escaped("<b> & \"'".fill()), Value::from("&lt;b&gt; &amp; &quot;&#39;"));
        assert_eq!(escaped((&&7_i64).fill()), Value::from(7));
    }
}
