//! The text of a transcript in the ancestor's four formats.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::export::{ApiFormat, ApiSegment, render_api};
use crate::model::{Segment, TranscriptView};
use crate::web::read;

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
    if format != ApiFormat::Json
        && let Some(text) = render_api(&read::document(view, segments), format)
    {
        return TextOut::Text(text);
    }
    let names = view.speaker_names();
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
