//! What a server understands of the chat API, learned from its refusals.

/// How the wanted shape of an answer is told to the server. The prompt always describes it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `response_format` with a JSON schema.
    Schema,
    /// A function that must be called with the answer.
    Tool,
    /// Only the prompt.
    Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub shape: Shape,
    /// The newer name of `max_tokens`.
    pub max_completion_tokens: bool,
    pub temperature: bool,
    pub stream: bool,
}

impl Dialect {
    pub fn new(stream: bool) -> Self {
        Self { shape: Shape::Schema, max_completion_tokens: false, temperature: true, stream }
    }

    /// What to try after a refusal; `None` if nothing in the request's form can be the cause.
    pub fn after(self, status: u16, message: &str) -> Option<Self> {
        if !matches!(status, 400 | 415 | 422 | 501) {
            return None;
        }
        let message = message.to_lowercase();
        if !self.max_completion_tokens && message.contains("max_completion_tokens") {
            return Some(Self { max_completion_tokens: true, ..self });
        }
        if self.temperature && message.contains("temperature") {
            return Some(Self { temperature: false, ..self });
        }
        if self.stream && message.contains("stream") {
            return Some(Self { stream: false, ..self });
        }
        match self.shape {
            Shape::Schema => Some(Self { shape: Shape::Tool, ..self }),
            Shape::Tool => Some(Self { shape: Shape::Text, ..self }),
            Shape::Text => None,
        }
    }
}

/// Whether a refusal says that prompt and answer are too long for the model.
pub fn is_too_long(status: u16, message: &str) -> bool {
    let message = message.to_lowercase();
    let length = [
        "context length",
        "context size",
        "context window",
        "context_length",
        "context_size",
        "maximum context",
    ];
    status == 413
        || (matches!(status, 400 | 422 | 500) && length.iter().any(|words| message.contains(words)))
        || message.contains("prompt is too long")
        || message.contains("too many tokens")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_teaches_one_thing() {
        let first = Dialect::new(true);
        let tool = first.after(400, "response_format is not supported").expect("tool");
        assert_eq!(tool.shape, Shape::Tool);
        assert_eq!(tool.after(422, "unknown field tools").map(|d| d.shape), Some(Shape::Text));
        let renamed =
            first.after(400, "Unsupported parameter: use 'max_completion_tokens' instead").expect("name");
        assert!(renamed.max_completion_tokens && renamed.shape == Shape::Schema);
        assert_eq!(first.after(401, "no"), None);
    }

    #[test]
    fn too_long() {
        assert!(is_too_long(400, "This model's maximum context length is 8192 tokens"));
        assert!(is_too_long(
            400,
            "the request exceeds the available context size (exceed_context_size_error)"
        ));
        assert!(!is_too_long(400, "unknown parameter"));
    }
}
