//! The shapes of answers as JSON schemas, and the check that an answer has its shape.
use serde_json::{Map, Value, json};

/// Of topics, in order, each with the line that it starts with.
pub fn topics(most: usize) -> Value {
    let topic =
        object(&[("first_line", json!({"type": "integer"})), ("title", text(200)), ("summary", text(1000))]);
    object(&[("topics", list(topic, 1, most))])
}

pub fn title() -> Value {
    object(&[("title", text(200))])
}

/// Sentences with the numbers that they rest on.
pub fn sentences(most: usize) -> Value {
    object(&[("sentences", list(sentence(), 1, most))])
}

/// What one part of a meeting comes to.
pub fn notes(most: usize) -> Value {
    let decision =
        object(&[("text", text(600)), ("by", text(100)), ("reason", text(600)), ("lines", numbers())]);
    let step =
        object(&[("text", text(600)), ("who", text(100)), ("deadline", text(100)), ("lines", numbers())]);
    object(&[
        ("sentences", list(sentence(), 1, most)),
        ("decisions", list(decision, 0, 10)),
        ("next_steps", list(step, 0, 10)),
    ])
}

fn sentence() -> Value {
    object(&[("text", text(1000)), ("lines", numbers())])
}

fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn list(items: Value, least: usize, most: usize) -> Value {
    json!({"type": "array", "items": items, "minItems": least, "maxItems": most})
}

fn numbers() -> Value {
    list(json!({"type": "integer"}), 0, 20)
}

fn text(longest: usize) -> Value {
    json!({"type": "string", "maxLength": longest})
}

/// Puts right what has one meaning only (`"3"` for 3, `null` for no text, one thing for a list of it, fields that were not asked
/// for) and returns what is still wrong, by path and without the answer's words.
pub fn conform(value: &mut Value, schema: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check(value, schema, "answer", &mut problems);
    problems.truncate(5);
    problems
}

fn check(value: &mut Value, schema: &Value, path: &str, problems: &mut Vec<String>) {
    match schema["type"].as_str() {
        Some("object") => check_object(value, schema, path, problems),
        Some("array") => check_list(value, schema, path, problems),
        Some("integer") => {
            if let Some(number) = integer(value) {
                *value = number.into();
            } else {
                problems.push(format!("{path} must be an integer"));
            }
        }
        _ => {
            if value.is_null() {
                *value = "".into();
            }
            let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            match value.as_str() {
                None => problems.push(format!("{path} must be a string")),
                Some(text) if text.chars().count() as u64 > longest => {
                    problems.push(format!("{path} must have at most {longest} characters"));
                }
                Some(_) => {}
            }
        }
    }
}

fn check_object(value: &mut Value, schema: &Value, path: &str, problems: &mut Vec<String>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    // A list in place of the object that should hold it.
    if let (true, [(name, inner)]) = (value.is_array(), properties.iter().collect::<Vec<_>>().as_slice())
        && inner["type"] == "array"
    {
        *value = json!({ name.as_str(): value.take() });
    }
    let Some(fields) = value.as_object_mut() else {
        problems.push(format!("{path} must be an object"));
        return;
    };
    fields.retain(|name, _| properties.contains_key(name));
    for (name, inner) in properties {
        let path = format!("{path}.{name}");
        match fields.get_mut(name) {
            Some(field) => check(field, inner, &path, problems),
            None => problems.push(format!("{path} is missing")),
        }
    }
}

fn check_list(value: &mut Value, schema: &Value, path: &str, problems: &mut Vec<String>) {
    if value.is_null() {
        *value = json!([]);
    } else if !value.is_array()
        && value["type"].is_null()
        && (value.is_object() || schema["items"]["type"] != "object")
    {
        *value = json!([value.take()]);
    }
    let Some(items) = value.as_array_mut() else {
        problems.push(format!("{path} must be a list"));
        return;
    };
    let (least, most) =
        (schema["minItems"].as_u64().unwrap_or(0), schema["maxItems"].as_u64().unwrap_or(u64::MAX));
    if (items.len() as u64) < least || items.len() as u64 > most {
        problems.push(format!("{path} must have {least} to {most} items, not {}", items.len()));
    }
    for (i, item) in items.iter_mut().enumerate() {
        check(item, &schema["items"], &format!("{path}[{i}]"), problems);
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e9).map(|n| n as i64)),
        Value::String(text) => text.trim().trim_matches(['[', ']']).parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_put_right() {
        let mut value =
            json!([{"text": "a", "lines": ["[3]", 4.0]}, {"text": null, "lines": 5, "mood": "good"}]);
        assert!(conform(&mut value, &sentences(5)).is_empty());
        assert_eq!(value, json!({"sentences": [{"text": "a", "lines": [3, 4]}, {"text": "", "lines": [5]}]}));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut value = json!({"topics": [{"first_line": "one", "title": "a"}, "b"]});
        let problems = conform(&mut value, &topics(1));
        assert_eq!(
            problems,
            [
                "answer.topics must have 1 to 1 items, not 2",
                "answer.topics[0].first_line must be an integer",
                "answer.topics[0].summary is missing",
                "answer.topics[1] must be an object",
            ]
        );
        assert_eq!(conform(&mut json!("text"), &title()), ["answer must be an object"]);
    }
}
