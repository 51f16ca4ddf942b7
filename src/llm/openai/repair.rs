//! The JSON in what a model wrote: without its reasoning, fences and chatter, with trailing commas gone and open ends closed.
use serde_json::Value;

/// The last complete JSON object or list in `text`, or the repaired one that was being written when the answer ended.
pub fn json(text: &str) -> Option<Value> {
    let text = without_reasoning(text);
    let text = text.trim();
    if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut best: Option<Value> = None;
    let mut from = 0;
    while let Some(start) = text[from..].find(['{', '[']).map(|at| from + at) {
        match scan(&text[start..]) {
            Scan::Whole(end, candidate) => match parse(&candidate) {
                // "[3]" in a sentence is no answer; a larger one is.
                Some(value) if value.is_object() || best.is_none() || value[0].is_object() => {
                    best = Some(value);
                    from = start + end;
                }
                _ => from = start + 1,
            },
            Scan::Open(candidate) => {
                // What the answer ended in goes before small complete things ahead of it.
                if let Some(value) = parse(&candidate).filter(|value| best.is_none() || value.is_object()) {
                    return Some(value);
                }
                from = start + 1;
            }
        }
    }
    best
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Drops `<think>…</think>` and its kin; a closing mark without an opening one ends reasoning that a template began, and an
/// opening one without a closing one means that there is nothing but reasoning.
pub fn without_reasoning(text: &str) -> String {
    let mut rest = text.to_owned();
    for tag in ["think", "thinking", "reasoning", "thought"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        while let Some(end) = rest.find(&close) {
            let start = rest[..end].find(&open).unwrap_or(0);
            rest.replace_range(start..end + close.len(), "");
        }
        if let Some(start) = rest.find(&open) {
            rest.truncate(start);
        }
    }
    rest
}

enum Scan {
    /// Bytes up to its end, and its text without trailing commas.
    Whole(usize, String),
    /// The text ended inside; what there is, with everything open closed.
    Open(String),
}

/// Follows one JSON value from its opening bracket.
fn scan(text: &str) -> Scan {
    let mut out = String::with_capacity(text.len());
    let mut open = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                // Not allowed inside a string, but often there.
                '\n' => {
                    out.push_str("\\n");
                    continue;
                }
                '\t' => {
                    out.push_str("\\t");
                    continue;
                }
                _ => {}
            }
            out.push(c);
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                drop_comma(&mut out);
                open.pop();
                out.push(c);
                if open.is_empty() {
                    return Scan::Whole(at + c.len_utf8(), out);
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    close(out, open, quoted, escaped)
}

fn close(mut out: String, open: Vec<char>, quoted: bool, escaped: bool) -> Scan {
    if escaped {
        out.pop();
    }
    if quoted {
        out.push('"');
    }
    let closing: String = open.iter().rev().collect();
    // A half-written item can't be closed: step back to the last comma or bracket that leaves something valid.
    let mut head = out.as_str();
    loop {
        let mut candidate = head.to_owned();
        drop_comma(&mut candidate);
        let missing = missing_brackets(&candidate).unwrap_or_else(|| closing.clone());
        candidate.push_str(&missing);
        if parse(&candidate).is_some() {
            return Scan::Open(candidate);
        }
        match head.rfind([',', '{', '[']) {
            Some(at) if at > 0 => head = &head[..at],
            _ => return Scan::Open(String::new()),
        }
    }
}

/// The brackets that close `text`; `None` if it stops inside a string.
fn missing_brackets(text: &str) -> Option<String> {
    let mut open = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open.push('}'),
            '[' if !quoted => open.push(']'),
            '}' | ']' if !quoted => {
                open.pop();
            }
            _ => {}
        }
    }
    (!quoted).then(|| open.iter().rev().collect())
}

fn drop_comma(text: &mut String) {
    let kept = text.trim_end().trim_end_matches(',').trim_end().len();
    if text.trim_end().ends_with(',') {
        text.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_fenced_and_chatty() {
        let wanted = Some(json!({"a": [1, 2]}));
        for text in [
            r#"{"a":[1,2]}"#,
            "```json\n{\"a\": [1, 2]}\n```",
            "Sure! As line [3] says:\n{\"a\": [1, 2,],}\nHope that helps.",
            "<think>maybe {\"a\": 0}?</think>{\"a\":[1,2]}",
            "maybe {\"a\": 0}?</think>\n{\"a\":[1,2]}",
        ] {
            assert_eq!(json(text), wanted, "{text}");
        }
    }

    #[test]
    fn nothing_to_find() {
        for text in ["", "no", "<think>{\"a\":1}", "{]", "12"] {
            assert_eq!(json(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_answer_is_closed() {
        assert_eq!(json(r#"{"a": [{"b": "x"}, {"b": "y"#), Some(json!({"a": [{"b": "x"}, {"b": "y"}]})));
        assert_eq!(json(r#"{"a": [{"b": "x"}, {"b""#), Some(json!({"a": [{"b": "x"}]})));
        assert_eq!(json(r#"{"a": 1, "b": tr"#), Some(json!({"a": 1})));
        assert_eq!(json("{\"a\": \"line\nbreak \\"), Some(json!({"a": "line\nbreak "})));
    }
}
