//! What goes in (a meeting) and what comes out (topics, title, summary, action items). All times are seconds from the start.
use crate::tls::Trust;
use std::time::Duration;

/// A transcript as this module sees it.
#[derive(Clone, Debug, Default)]
pub struct Meeting {
    /// Language code as Whisper gives it ("en", "de"); case and region ("pt-BR") don't matter, and an unknown one is fine.
    pub language: String,
    /// Length of the recording; topics end here.
    pub duration: f64,
    /// In time order.
    pub utterances: Vec<Utterance>,
}

/// What one speaker said in one go.
#[derive(Clone, Debug, Default)]
pub struct Utterance {
    pub speaker: String,
    pub start: f64,
    pub end: f64,
    pub text: String,
    /// When each word was said, in the order of `text`; may be empty, and then times inside `text` are estimated from
    /// the position of the characters.
    pub words: Vec<TimedWord>,
}

/// A word of an utterance; space around it is ignored.
#[derive(Clone, Debug, Default)]
pub struct TimedWord {
    pub text: String,
    pub start: f64,
    pub end: f64,
}

/// A part of the meeting. The topics of a meeting touch each other, the first starts at 0 and the last ends at `duration`.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub title: String,
    pub summary: String,
    pub start: f64,
    pub end: f64,
}

/// A sentence of a summary and the stretch of the recording that it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    pub text: String,
    pub start: f64,
    pub end: f64,
}

/// The sentences of a long summary about one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub heading: String,
    pub sentences: Vec<Sentence>,
}

/// A decision or a next step.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionItem {
    pub text: String,
    /// Who decided, or who is to act: a speaker of the meeting or a name that was said in it.
    pub assignee: Option<String>,
    /// In the words of the meeting ("by Friday").
    pub deadline: Option<String>,
    /// Why, or what it belongs to.
    pub context: Option<String>,
    pub start: f64,
    pub end: f64,
}

/// Everything that the summary stage finds. Sentences and items are in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub short: Vec<Sentence>,
    pub long: Vec<Section>,
    pub decisions: Vec<ActionItem>,
    pub next_steps: Vec<ActionItem>,
}

/// How to reach a language model, if there is one.
#[derive(Clone)]
pub struct LlmSettings {
    /// Base address up to and with `/v1`. `None`: topics, title and summary are extracted.
    pub url: Option<String>,
    pub api_key: Option<String>,
    /// Required with `url`.
    pub model: Option<String>,
    /// Tokens that prompt and answer may have together.
    pub context_window: usize,
    /// For one answer, from sending the question to its last byte.
    pub timeout: Duration,
    /// Before the first repetition of a failed request; doubles each time. A server's Retry-After goes first.
    pub backoff: Duration,
    /// Ask for the answer in pieces, so that no proxy in between sees a silent connection.
    pub stream: bool,
    /// Whose certificate the endpoint may have.
    pub trust: Trust,
}

impl Default for LlmSettings {
    fn default() -> Self {
        Self {
            url: None,
            api_key: None,
            model: None,
            context_window: 16_000,
            timeout: Duration::from_secs(300),
            backoff: Duration::from_secs(1),
            stream: true,
            trust: Trust::system(),
        }
    }
}

impl std::fmt::Debug for LlmSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmSettings")
            .field("url", &self.url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer. The texts name neither the transcript's words nor the key, so they may be logged and shown.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    #[error("language model settings: {0}")]
    Settings(String),
    /// No connection, or it broke, or there was no answer in time, even when repeated.
    #[error("the language model server can't be reached or does not answer: {0}")]
    Unavailable(String),
    #[error("the language model server is overloaded (status {status}); it was asked {attempts} times")]
    Overloaded { status: u16, attempts: u32, retry_after: Option<Duration> },
    /// The server understood and said no: wrong key, unknown model, malformed request.
    #[error("the language model server refused the request (status {status}): {message}")]
    Refused { status: u16, message: String },
    /// Even the smallest piece did not fit the model's context.
    #[error("the model's context is too small for this request: {0}")]
    ContextTooSmall(String),
    /// Not what was asked for, even after the error was explained to the model.
    #[error("the language model gave no usable answer after {attempts} attempts: {reason}")]
    BadAnswer { attempts: u32, reason: String },
}

impl LlmError {
    /// Whether the same request may succeed later without anyone changing a setting.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Overloaded { .. } | Self::BadAnswer { .. } => true,
            Self::Settings(_) | Self::Refused { .. } | Self::ContextTooSmall(_) => false,
        }
    }
}
