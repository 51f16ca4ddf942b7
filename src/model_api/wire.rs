//! What goes over the wire, for server and client alike.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::speech;

/// A spoken word. Seconds from the start, rounded to milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Word {
    /// With its leading space where the language writes one: words joined are the text.
    pub word: String,
    pub start: f64,
    pub end: f64,
    /// Mean probability of its tokens, 0 to 1. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f32>,
}

/// An utterance, in OpenAI's form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    pub id: usize,
    /// Start in frames of 10 ms.
    pub seek: u64,
    pub start: f64,
    pub end: f64,
    pub text: String,
    /// Always empty.
    #[serde(default)]
    pub tokens: Vec<u32>,
    /// As asked for.
    pub temperature: f32,
    /// Mean logarithm of its words' probabilities.
    pub avg_logprob: f32,
    /// Bytes of the text for each byte of it compressed; repetition makes it large.
    pub compression_ratio: f32,
    /// Always 0: what is no speech is taken away before it is decoded.
    pub no_speech_prob: f32,
    /// Ours: the words inside, so that nobody has to look for them by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<Word>>,
}

/// Who speaks when. Seconds, three decimals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Turn {
    pub start: f64,
    pub end: f64,
    /// From 0, in order of appearance.
    pub speaker: u32,
}

/// What one speaker sounds like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Voice {
    pub speaker: u32,
    pub embedding: Vec<f32>,
}

/// Answer of `POST /diarize`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Diarization {
    pub diarization: Vec<Turn>,
    /// With `embeddings=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speakers: Option<Vec<Voice>>,
}

/// How a server is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`, or `not ready`.
    pub status: String,
    /// [`SERVICE`]: how a client tells this server from the ancestor's.
    pub service: String,
    pub version: String,
    pub ready: bool,
    /// Whether the models are in memory; otherwise the next request loads them.
    #[serde(default = "yes")]
    pub loaded: bool,
    /// That the models could not be loaded when they were last needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// `f32`, `bf16`, `f16`, `int16` or `int8`.
    pub dtype: String,
    /// The model that answers where a request names none.
    pub model: String,
    /// Requests taken in and not yet answered, and how many there may be.
    pub requests: usize,
    pub places: usize,
    /// Of these: waiting for the models, and being computed.
    pub waiting: usize,
    pub running: usize,
}

/// A server that does not unload does not say.
fn yes() -> bool {
    true
}

/// Name of this server in [`Health`].
pub const SERVICE: &str = "reflector speech-server";

/// To milliseconds.
pub fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

impl Word {
    pub fn new(word: &speech::Word, offset: f64) -> Self {
        Self {
            word: word.text.clone(),
            start: round(word.start + offset),
            end: round(word.end + offset),
            probability: Some(word.probability),
        }
    }
}

impl From<Word> for speech::Word {
    fn from(word: Word) -> Self {
        Self {
            text: word.word,
            start: word.start,
            end: word.end,
            // A server that does not say has at least written it down.
            probability: word.probability.unwrap_or(1.0),
        }
    }
}

impl From<Segment> for speech::Segment {
    fn from(segment: Segment) -> Self {
        let words = segment.words.unwrap_or_default();
        Self {
            start: segment.start,
            end: segment.end,
            text: segment.text,
            words: words.into_iter().map(speech::Word::from).collect(),
        }
    }
}
