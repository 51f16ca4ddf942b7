use serde::{Deserialize, Serialize};

/// One spoken word. Times are seconds from the start of the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// With its leading space where the language writes one, and with its punctuation.
    pub text: String,
    pub start: f64,
    pub end: f64,
    /// Mean probability of its tokens, 0 to 1.
    pub probability: f32,
}

/// What the model took for one utterance; its words lie inside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub start: f64,
    pub end: f64,
    pub text: String,
    pub words: Vec<Word>,
}

/// One speaker speaking without a pause. Turns of different speakers may overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub start: f64,
    pub end: f64,
    /// Numbered from 0 in order of first appearance.
    pub speaker: u32,
}

/// A whole recording's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcription {
    /// Two-letter code as Whisper names it (`en`, `fr`, also `yue`, `haw`).
    pub language: String,
    pub segments: Vec<Segment>,
    /// Seconds.
    pub duration: f64,
}

/// Who spoke when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diarization {
    /// In order of start.
    pub turns: Vec<Turn>,
    pub speakers: Vec<SpeakerVoice>,
}

/// What one speaker sounds like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerVoice {
    pub speaker: u32,
    /// Numbers of unit length, 192 of CAM++; as many as the embedding model has.
    pub embedding: Vec<f32>,
}

/// What the caller knows or wants about a transcription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TranscribeOptions {
    /// Whisper's code of the language; `None` detects it.
    pub language: Option<String>,
    /// The languages that may be spoken, where `language` is `None`: each window is in one of them. Empty: one language, whichever.
    pub languages: Vec<String>,
    /// Text that the recording goes on from, or names and words to expect: the model leans towards their spelling and style.
    /// Only its last 223 tokens count.
    pub prompt: Option<String>,
    /// Name of the model; `None` takes the engine's own.
    pub model: Option<String>,
    /// Hypotheses kept while decoding, 1 is greedy; `None` takes the engine's own.
    pub beam: Option<usize>,
    pub task: Task,
}

/// What Whisper writes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// The words, in their own language.
    #[default]
    Transcribe,
    /// English, whatever was spoken. Multilingual models only.
    Translate,
}

/// What the caller knows about who speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiarizeOptions {
    /// How many people speak; `None` finds out.
    pub speakers: Option<u32>,
    /// At least so many.
    pub min_speakers: Option<u32>,
    /// At most so many.
    pub max_speakers: Option<u32>,
}

/// A step forward of a transcription under way.
#[derive(Clone, Copy, Debug)]
pub struct TranscribeUpdate<'a> {
    /// New since the last update, in order of time.
    pub segments: &'a [Segment],
    /// Seconds of the recording that are behind us.
    pub done: f64,
    /// Seconds of the whole recording.
    pub total: f64,
}

/// How the engine is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// Models are loaded and warm, and the thread lives.
    pub ready: bool,
    /// Requests that wait.
    pub queued: usize,
    /// Requests being worked on: 0 or 1.
    pub running: usize,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// `f32`, `bf16` or `f16`.
    pub dtype: String,
}
