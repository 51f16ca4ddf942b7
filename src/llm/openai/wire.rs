//! The bytes of an answer: one JSON body, or a stream of events with its pieces.
use serde_json::Value;

/// What came back, without reasoning.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    pub text: String,
    /// The model stopped because it had used up its tokens.
    pub cut_short: bool,
}

/// An answer that is being put together from the events of a stream (`data:` lines of server-sent events).
#[derive(Default)]
pub struct Stream {
    rest: Vec<u8>,
    content: String,
    arguments: String,
    finish: Option<String>,
    done: bool,
}

impl Stream {
    /// Takes in the next bytes.
    ///
    /// # Errors
    /// What the server reported inside the stream, or what is wrong with its form.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim())?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(data) = line.strip_prefix("data:").map(str::trim) else { return Ok(()) };
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let event: Value =
            serde_json::from_str(data).map_err(|_| "an event of its stream is not JSON".to_owned())?;
        if let Some(message) = error_message(&event) {
            return Err(message);
        }
        let choice = &event["choices"][0];
        push_content(&mut self.content, &choice["delta"]["content"]);
        push_arguments(&mut self.arguments, &choice["delta"]);
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    /// The whole answer.
    ///
    /// # Errors
    /// If the stream stopped before its end.
    pub fn finish(mut self) -> Result<Answer, String> {
        let rest = std::mem::take(&mut self.rest);
        self.line(String::from_utf8_lossy(&rest).trim())?;
        if !self.done && self.finish.is_none() {
            return Err("its stream broke off".into());
        }
        Ok(answer(self.content, self.arguments, self.finish.as_deref()))
    }
}

/// Reads a body that is not a stream.
///
/// # Errors
/// What the server reported, or what is wrong with the body's form.
pub fn body(bytes: &[u8]) -> Result<Answer, String> {
    let body: Value =
        serde_json::from_slice(bytes).map_err(|_| "its answer is not JSON or was cut".to_owned())?;
    if let Some(message) = error_message(&body) {
        return Err(message);
    }
    let choice = &body["choices"][0];
    if !choice["message"].is_object() {
        return Err("its answer has no message".into());
    }
    let (mut content, mut arguments) = (String::new(), String::new());
    push_content(&mut content, &choice["message"]["content"]);
    push_arguments(&mut arguments, &choice["message"]);
    Ok(answer(content, arguments, choice["finish_reason"].as_str()))
}

/// The message of an error body in the forms that servers use; short, as it may be shown and logged.
pub fn error_message(body: &Value) -> Option<String> {
    let error = match body {
        Value::Object(fields) => fields.get("error").or_else(|| fields.get("detail"))?,
        _ => return None,
    };
    let message = match error {
        Value::Null => return None,
        Value::String(message) => message.as_str(),
        other => other["message"].as_str().unwrap_or("no message"),
    };
    Some(message.chars().take(200).collect())
}

fn answer(content: String, arguments: String, finish: Option<&str>) -> Answer {
    let text = if arguments.trim().is_empty() { content } else { arguments };
    Answer { text, cut_short: finish == Some("length") }
}

/// A string, or a list of parts with text.
fn push_content(content: &mut String, value: &Value) {
    match value {
        Value::String(text) => content.push_str(text),
        Value::Array(parts) => {
            parts.iter().for_each(|part| content.push_str(part["text"].as_str().unwrap_or_default()))
        }
        _ => {}
    }
}

/// Arguments of the first function called; a few servers send them as an object, not as text.
fn push_arguments(arguments: &mut String, message: &Value) {
    match &message["tool_calls"][0]["function"]["arguments"] {
        Value::String(text) => arguments.push_str(text),
        object @ Value::Object(_) => arguments.push_str(&object.to_string()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_in_any_pieces() {
        let text = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"reasoning_content\":\"hm\"}}]}\r\n\r\n: ping\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"ü\\\"\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\":1}\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        for size in [1, 3, 1000] {
            let mut stream = Stream::default();
            for bytes in text.as_bytes().chunks(size) {
                stream.push(bytes).expect("well formed");
            }
            assert_eq!(stream.finish(), Ok(Answer { text: "{\"ü\":1}".into(), cut_short: false }));
        }
    }

    #[test]
    fn a_stream_that_breaks_off() {
        let mut stream = Stream::default();
        stream.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"{\"}}]}\n\n").expect("well formed");
        assert!(stream.finish().is_err());
    }

    #[test]
    fn a_tool_call() {
        let bytes = br#"{"choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"length"}]}"#;
        assert_eq!(body(bytes), Ok(Answer { text: "{\"a\":1}".into(), cut_short: true }));
    }

    #[test]
    fn errors_in_many_forms() {
        for text in [r#"{"error":{"message":"no"}}"#, r#"{"error":"no"}"#, r#"{"detail":"no"}"#] {
            assert_eq!(body(text.as_bytes()), Err("no".into()));
        }
    }
}
