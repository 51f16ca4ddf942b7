//! The text of a transcript in the ancestor's four formats.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::export::{ApiFormat, ApiSegment, Said, render_said};
use crate::model::{Segment, TranscriptView};

/// Reads `transcript_format`.
///
/// # Errors
/// There is no such format.
pub(super) fn format(name: Option<&str>) -> Result<ApiFormat, Error> {
    name.map_or(Ok(ApiFormat::default()), str::parse).map_err(|message: &'static str| Error::Invalid {
        field: "transcript_format",
        message: message.into(),
    })
}

/// The text: a string, or a list for `json`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::web) enum TextOut {
    Text(String),
    Segments(Vec<ApiSegment>),
}

/// Renders the text.
pub(super) fn render(format: ApiFormat, view: &TranscriptView, segments: &[Segment]) -> TextOut {
    let names = view.speaker_names();
    let mut known: BTreeMap<i32, String> = BTreeMap::new();
    for speaker in segments.iter().filter_map(|segment| segment.speaker) {
        known.entry(speaker).or_insert_with(|| names.name(speaker));
    }
    let lines = segments.iter().map(|segment| Said {
        start: segment.start,
        end: segment.end,
        speaker: segment.speaker.and_then(|speaker| known.get(&speaker)).map(String::as_str),
        text: &segment.text,
    });
    if let Some(text) = render_said(lines, format) {
        return TextOut::Text(text);
    }
    let list = segments
        .iter()
        .map(|segment| {
            let speaker = segment.speaker.unwrap_or(0);
            ApiSegment {
                speaker,
                speaker_name: names.name(speaker),
                text: segment.text.trim().to_owned(),
                start: segment.start,
                end: segment.end,
            }
        })
        .collect();
    TextOut::Segments(list)
}
