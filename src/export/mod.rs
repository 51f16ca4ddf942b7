//! A transcript as a file: txt, md, json, csv, srt, vtt, rttm, docx, pdf, and the API's own formats. Pure: values in, text or bytes out.
//!
//! Times are in seconds. Text and names come from people and models: whatever they hold, a rendered file keeps its form.

mod api;
mod blocks;
mod csv;
mod cues;
mod document;
mod docx;
mod json;
mod md;
pub mod pdf;
mod rttm;
mod srt;
mod time;
mod txt;
mod view;
mod vtt;
mod words;
mod xml;

pub use api::{ApiFormat, ApiSegment, Said, render_api, render_said};
pub use blocks::is_right_to_left;
pub use document::{Document, Line, Sentence, Topic};
pub use docx::render as docx;
pub use json::Transcript as JsonTranscript;
pub use time::clock;
pub use view::{of, shown_title, with};
pub use words::Words;

/// A file format that a transcript can be downloaded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Format {
    /// `Speaker 1: text`, one line an utterance.
    Txt,
    /// Title, participants, summary, topics and time-stamped paragraphs.
    Md,
    /// Segments and words with times; the shape is in [`render`].
    Json,
    /// A table: `start,end,speaker,text`, a row an utterance.
    Csv,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles with voice tags.
    Vtt,
    /// Who spoke when, as the NIST scoring tools read it.
    Rttm,
    /// As `md`, for word processors: [`docx`] makes it.
    Docx,
    /// As `md`, to be printed: [`pdf`] makes it, and needs fonts.
    Pdf,
}

/// Not one of the formats.
#[derive(Debug, thiserror::Error)]
#[error("the format is one of txt, md, json, csv, srt, vtt, rttm, docx, pdf")]
pub struct UnknownFormat;

impl Format {
    /// Those that are text, which [`render`] makes.
    pub const TEXT: [Self; 7] =
        [Self::Txt, Self::Md, Self::Json, Self::Csv, Self::Srt, Self::Vtt, Self::Rttm];
    pub const ALL: [Self; 9] =
        [Self::Txt, Self::Md, Self::Json, Self::Csv, Self::Srt, Self::Vtt, Self::Rttm, Self::Docx, Self::Pdf];

    /// End of the file's name, without the dot; also its name on the command line.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Txt => "txt",
            Self::Md => "md",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Rttm => "rttm",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Txt | Self::Rttm => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.extension() == text).ok_or(UnknownFormat)
    }
}

/// The transcript in one format, ending with a line break; `None` for those that are no text.
///
/// JSON is `{"text","language","duration","notes"?,"segments":[{"start","end","speaker","text","words":[{"text","start","end",
/// "speaker","probability"}]}]}`.
pub fn render(document: &Document, format: Format) -> Option<String> {
    Some(match format {
        Format::Txt => txt::render(document),
        Format::Md => md::render(document),
        Format::Json => json::render(document),
        Format::Csv => csv::render(document),
        Format::Srt => srt::render(document),
        Format::Vtt => vtt::render(document),
        Format::Rttm => rttm::render(document),
        Format::Docx | Format::Pdf => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_named_by_their_extension() {
        for format in Format::ALL {
            assert_eq!(format.extension().parse::<Format>().unwrap(), format);
        }
        let error = "doc".parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), "the format is one of txt, md, json, csv, srt, vtt, rttm, docx, pdf");
    }

    #[test]
    fn an_empty_transcript_renders_in_every_format() {
        let nothing = Document::default();
        let text = |format| render(&nothing, format).unwrap();
        assert_eq!(text(Format::Txt), "");
        assert_eq!(text(Format::Srt), "");
        assert_eq!(text(Format::Rttm), "");
        assert_eq!(text(Format::Csv), "\u{feff}start,end,speaker,text\r\n");
        assert_eq!(text(Format::Vtt), "WEBVTT\n");
        assert_eq!(text(Format::Md), "# Transcript\n");
        for format in Format::ALL {
            assert_eq!(render(&nothing, format).is_some(), Format::TEXT.contains(&format), "{format:?}");
        }
        assert!(docx(&nothing).unwrap().starts_with(b"PK"));
        let json: serde_json::Value = serde_json::from_str(&text(Format::Json)).unwrap();
        assert_eq!(json["segments"], serde_json::json!([]));
    }
}
