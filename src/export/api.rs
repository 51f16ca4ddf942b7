//! The four formats of `GET /v1/transcripts/{id}?transcript_format=…`, as the ancestor's clients know them.

use serde::Serialize;
use utoipa::ToSchema;

use super::cues::Cue;
use super::document::{add_line, one_line};
use super::{Document, time, vtt};

/// One of the API's formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "kebab-case")]
pub enum ApiFormat {
    /// `Name: text` a segment.
    #[default]
    Text,
    /// `[MM:SS] Name: text`; minutes grow beyond 59.
    TextTimestamped,
    /// WebVTT, one cue a segment, with the name as its voice.
    WebvttNamed,
    /// A list of [`ApiSegment`], which the caller makes, for the speakers' numbers.
    Json,
}

/// A segment of the API's `json` format. Times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ApiSegment {
    /// From 0.
    pub speaker: i32,
    pub speaker_name: String,
    pub text: String,
    pub start: f64,
    pub end: f64,
}

impl std::str::FromStr for ApiFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "text-timestamped" => Ok(Self::TextTimestamped),
            "webvtt-named" => Ok(Self::WebvttNamed),
            "json" => Ok(Self::Json),
            _ => Err("the format is one of text, text-timestamped, webvtt-named, json"),
        }
    }
}

impl ApiFormat {
    /// Its name in queries and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::TextTimestamped => "text-timestamped",
            Self::WebvttNamed => "webvtt-named",
            Self::Json => "json",
        }
    }
}

/// What one speaker says in a row, as the API's formats need it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'s> {
    pub start: f64,
    pub end: f64,
    pub speaker: Option<&'s str>,
    pub text: &'s str,
}

/// The transcript as a string; `None` for `json`, which is a list.
pub fn render_api(document: &Document, format: ApiFormat) -> Option<String> {
    let lines = document.segments.iter().map(|line| Said {
        start: line.start,
        end: line.end,
        speaker: line.speaker.as_deref(),
        text: &line.text,
    });
    render_said(lines, format)
}

/// As [`render_api`], of lines that lie elsewhere: an hour of them goes into one text, and none is copied before.
pub fn render_said<'s>(lines: impl Iterator<Item = Said<'s>>, format: ApiFormat) -> Option<String> {
    let mut text = String::new();
    match format {
        ApiFormat::Text | ApiFormat::TextTimestamped => {
            for (number, line) in lines.enumerate() {
                if number > 0 {
                    text.push('\n');
                }
                if format == ApiFormat::TextTimestamped {
                    text.push('[');
                    text.push_str(&time::minutes(line.start));
                    text.push_str("] ");
                }
                if let Some(name) = line.speaker {
                    add_line(&mut text, name);
                    text.push_str(": ");
                }
                add_line(&mut text, line.text);
            }
        }
        ApiFormat::WebvttNamed => {
            text.push_str("WEBVTT\n");
            for line in lines {
                let cue = Cue {
                    start: line.start,
                    end: line.end,
                    speaker: line.speaker.map(str::to_owned),
                    lines: vec![one_line(line.text)],
                };
                text.push('\n');
                text.push_str(&vtt::block(&cue));
            }
        }
        ApiFormat::Json => return None,
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    fn document() -> Document {
        let line = |start, end, speaker: &str, text: &str| Line {
            start,
            end,
            speaker: Some(speaker.into()),
            text: text.into(),
            words: Vec::new(),
        };
        let segments =
            vec![line(0.0, 2.5, "Ann", " Hello."), line(3_725.9, 3_727.0, "Speaker 1", "Hi\nyou.")];
        Document { segments, ..Default::default() }
    }

    #[test]
    fn text_and_text_timestamped_are_a_line_a_segment() {
        assert_eq!(render_api(&document(), ApiFormat::Text).unwrap(), "Ann: Hello.\nSpeaker 1: Hi you.");
        assert_eq!(
            render_api(&document(), ApiFormat::TextTimestamped).unwrap(),
            "[00:00] Ann: Hello.\n[62:05] Speaker 1: Hi you."
        );
    }

    #[test]
    fn webvtt_named_is_a_cue_a_segment() {
        assert_eq!(
            render_api(&document(), ApiFormat::WebvttNamed).unwrap(),
            "WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n<v Ann>Hello.\n\n\
             01:02:05.900 --> 01:02:07.000\n<v Speaker 1>Hi you.\n"
        );
    }

    #[test]
    fn json_segments_have_the_ancestors_fields() {
        let segment =
            ApiSegment { speaker: 0, speaker_name: "Ann".into(), text: "Hi.".into(), start: 0.0, end: 1.0 };
        assert_eq!(
            serde_json::to_string(&segment).unwrap(),
            r#"{"speaker":0,"speaker_name":"Ann","text":"Hi.","start":0.0,"end":1.0}"#
        );
        for format in ["text", "text-timestamped", "webvtt-named", "json"] {
            assert_eq!(format.parse::<ApiFormat>().unwrap().name(), format);
        }
        assert!("pdf".parse::<ApiFormat>().is_err());
    }
}
