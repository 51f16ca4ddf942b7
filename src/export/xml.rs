//! What XML 1.0 can hold of a text.

use std::fmt::Write as _;

/// The text as content or as an attribute's value: nothing in it is markup, and what XML has no way to say is left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            '\t' | '\n' | '\r' => {
                // Writing to a string does not fail.
                let _written = write!(escaped, "&#{};", c as u32);
            }
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_everything_can_be_read_back() {
        let hostile = "</w:t><w:t> & \"x\" \u{0}\u{1b}\u{ffff}\u{fffe}é\n";
        assert_eq!(escape(hostile), "&lt;/w:t&gt;&lt;w:t&gt; &amp; &quot;x&quot; é&#10;");
    }
}
