//! A transcription in the form that was asked for.

use std::io::Write;

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use crate::model_api::language;
use crate::model_api::wire::{Segment, Word, round};
use crate::speech::{self, Task, Transcription};

/// `response_format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Json,
    VerboseJson,
    Text,
    Srt,
    Vtt,
}

impl Format {
    pub fn named(name: Option<&str>) -> Result<Self, ApiError> {
        Ok(match name {
            None | Some("json") => Self::Json,
            Some("verbose_json") => Self::VerboseJson,
            Some("text") => Self::Text,
            Some("srt") => Self::Srt,
            Some("vtt") => Self::Vtt,
            Some(other) => {
                let message = format!("must be json, verbose_json, text, srt or vtt, not {other:?}");
                return Err(ApiError::field("response_format", message));
            }
        })
    }

    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::VerboseJson)
    }
}

/// How an answer is to look.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub format: Format,
    /// In `verbose_json`.
    pub words: bool,
    pub segments: bool,
    pub temperature: f32,
    pub task: Task,
    /// Added to every time. Seconds.
    pub offset: f64,
}

/// One recording as JSON: what the ancestor's answer has (`text`, `words`, `filename`) and what OpenAI's has.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TranscriptionOut {
    text: String,
    /// Always there in `json`; in `verbose_json` if `timestamp_granularities[]` names `word`.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<Word>>,
    /// In `verbose_json`, unless only words were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    segments: Option<Vec<Segment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    /// `transcribe` or `translate`.
    task: &'static str,
    /// By its English name: `english`.
    language: String,
    /// Whisper's code: `en`. Ours.
    language_code: String,
    /// Seconds.
    duration: f64,
    usage: Usage,
}

/// What was worked on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Usage {
    r#type: &'static str,
    seconds: u64,
}

impl TranscriptionOut {
    pub fn new(found: &Transcription, look: &Look, filename: Option<String>) -> Self {
        let verbose = look.format == Format::VerboseJson;
        let words = found.segments.iter().flat_map(|segment| &segment.words);
        Self {
            text: text(&found.segments),
            words: (!verbose || look.words).then(|| words.map(|word| Word::new(word, look.offset)).collect()),
            segments: (verbose && look.segments).then(|| segments(&found.segments, 0, look)),
            filename,
            task: match look.task {
                Task::Transcribe => "transcribe",
                Task::Translate => "translate",
            },
            language: language::name(&found.language),
            language_code: found.language.clone(),
            duration: round(found.duration),
            usage: Usage { r#type: "duration", seconds: found.duration.ceil() as u64 },
        }
    }
}

/// The answer to a request for one recording.
pub(super) fn respond(found: &Transcription, look: &Look, filename: Option<String>) -> Response {
    let plain = "text/plain; charset=utf-8";
    let (kind, body) = match look.format {
        Format::Json | Format::VerboseJson => {
            return Json(TranscriptionOut::new(found, look, filename)).into_response();
        }
        Format::Text => (plain, format!("{}\n", text(&found.segments))),
        Format::Srt => (plain, srt(&found.segments)),
        Format::Vtt => ("text/vtt; charset=utf-8", vtt(&found.segments)),
    };
    ([(CONTENT_TYPE, kind)], body).into_response()
}

/// The text of a segment as it goes on from what is before it.
pub(super) fn running_text(segment: &speech::Segment) -> String {
    match segment.words.is_empty() {
        true => format!(" {}", segment.text),
        false => segment.words.iter().map(|word| word.text.as_str()).collect(),
    }
}

fn text(segments: &[speech::Segment]) -> String {
    segments.iter().map(running_text).collect::<String>().trim().to_owned()
}

/// Segments in OpenAI's form, numbered from `first`.
pub(super) fn segments(segments: &[speech::Segment], first: usize, look: &Look) -> Vec<Segment> {
    let one = |(index, segment): (usize, &speech::Segment)| Segment {
        id: first + index,
        seek: (segment.start * 100.0) as u64,
        start: round(segment.start + look.offset),
        end: round(segment.end + look.offset),
        text: segment.text.clone(),
        tokens: Vec::new(),
        temperature: look.temperature,
        avg_logprob: mean_logprob(&segment.words),
        compression_ratio: compression_ratio(&segment.text),
        no_speech_prob: 0.0,
        words: look.words.then(|| segment.words.iter().map(|word| Word::new(word, look.offset)).collect()),
    };
    segments.iter().enumerate().map(one).collect()
}

fn mean_logprob(words: &[speech::Word]) -> f32 {
    let sum: f32 = words.iter().map(|word| word.probability.clamp(1e-6, 1.0).ln()).sum();
    if words.is_empty() { 0.0 } else { sum / words.len() as f32 }
}

fn compression_ratio(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.map_or(0.0, |compressed| text.len() as f32 / compressed.len() as f32)
}

fn srt(segments: &[speech::Segment]) -> String {
    let cue = |(index, segment): (usize, &speech::Segment)| {
        let (start, end) = (clock(segment.start, ','), clock(segment.end, ','));
        format!("{}\n{start} --> {end}\n{}\n\n", index + 1, cue_text(segment))
    };
    segments.iter().enumerate().map(cue).collect()
}

fn vtt(segments: &[speech::Segment]) -> String {
    let cue = |segment: &speech::Segment| {
        let (start, end) = (clock(segment.start, '.'), clock(segment.end, '.'));
        let text = cue_text(segment).replace('&', "&amp;").replace('<', "&lt;");
        format!("{start} --> {end}\n{text}\n\n")
    };
    format!("WEBVTT\n\n{}", segments.iter().map(cue).collect::<String>())
}

/// An arrow in the text would begin a cue of its own.
fn cue_text(segment: &speech::Segment) -> String {
    segment.text.trim().replace("-->", "->")
}

fn clock(seconds: f64, point: char) -> String {
    let milliseconds = (seconds.max(0.0) * 1000.0).round() as u64;
    let (seconds, milliseconds) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{:02}:{:02}:{seconds:02}{point}{milliseconds:03}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(start: f64, text: &str) -> speech::Segment {
        let word = |text: &str| speech::Word { text: text.into(), start, end: start + 0.5, probability: 0.5 };
        let words = text.split_inclusive(' ').map(|part| word(&format!(" {}", part.trim()))).collect();
        speech::Segment { start, end: start + 1.25, text: text.into(), words }
    }

    #[test]
    fn subtitles_have_the_marks_of_their_format() {
        let segments = [said(0.0, "One --> two."), said(3_725.5, "Three <4> & five.")];
        assert_eq!(
            srt(&segments),
            "1\n00:00:00,000 --> 00:00:01,250\nOne -> two.\n\n2\n01:02:05,500 --> 01:02:06,750\nThree <4> & five.\n\n"
        );
        assert!(vtt(&segments).starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nOne -> two.\n\n"));
        assert!(vtt(&segments).contains("Three &lt;4> &amp; five."));
    }

    #[test]
    fn numbers_of_a_segment_come_from_its_words_and_text() {
        let look = Look { words: true, offset: 10.0, ..Look::default() };
        let made = segments(&[said(1.0, "la la la la la la la la la la la la la la la la la la")], 3, &look);
        let one = &made[0];
        assert_eq!((one.id, one.seek, one.start, one.end), (3, 100, 11.0, 12.25));
        assert!((one.avg_logprob - 0.5_f32.ln()).abs() < 1e-6 && one.compression_ratio > 2.0, "{one:?}");
        assert_eq!(one.words.as_ref().unwrap()[0].word, " la");
    }
}
