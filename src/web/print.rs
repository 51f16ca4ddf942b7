//! Transcripts as PDF: beside the server's own work, a few at a time.

use std::sync::Arc;

use chrono::Local;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::catalogue::{moment, say, say_with};
use crate::config::Language;
use crate::error::Error;
use crate::export::pdf::{self, PdfError};
use crate::export::{self, Document, Format, Words};
use crate::model::{Segment, TranscriptView};
use crate::policy::{self, Viewer};

/// How many are made at a time: each takes a core for some seconds, and memory.
static PRESSES: Semaphore = Semaphore::const_new(2);

/// What a file in this format is made from. What people read has headings, date and speakers without a name in the language of whoever
/// asks for it; what programs read is the same for everybody. Notes are in it for whoever reads them on the page, too.
pub(super) fn document(
    viewer: Viewer,
    language: Language,
    view: &TranscriptView,
    segments: &[Segment],
    format: Format,
) -> Document {
    let notes = Some(&view.transcript.notes).filter(|text| policy::reads_notes(viewer) && !text.is_empty());
    let notes = notes.cloned();
    if !matches!(format, Format::Md | Format::Docx | Format::Pdf) {
        return Document { notes, ..export::of(view, segments) };
    }
    let say = |id: &str| say(language, id);
    let words = Words {
        date: format!("{} ", say("export-date")),
        length: format!("{} ", say("export-length")),
        participants: format!("{} ", say("export-participants")),
        summary: say("export-summary"),
        decisions: say("export-decisions"),
        next_steps: say("export-next-steps"),
        notes: say("export-notes"),
        topics: say("export-topics"),
        transcript: say("export-transcript"),
        untitled: say("transcript-untitled"),
        made: Some(moment(language, &view.transcript.created_at.with_timezone(&Local))),
    };
    let names = view.speaker_names();
    let number =
        |speaker: i32| say_with(language, "people-speaker", &[("number", speaker.saturating_add(1).into())]);
    let name = |speaker| names.given(speaker).map_or_else(|| number(speaker), str::to_owned);
    Document { notes, ..export::with(view, segments, words, name) }
}

/// The file in one format.
///
/// # Errors
/// [`Error::Conflict`]: this machine has no font for some letters, and which it needs.
pub(super) async fn file(app: &App, document: Document, format: Format) -> Result<Vec<u8>, Error> {
    let fonts = Arc::clone(app.fonts());
    let press = match format {
        Format::Pdf => Some(PRESSES.acquire().await.map_err(|closed| Error::Internal(closed.into()))?),
        _ => None,
    };
    let made = tokio::task::spawn_blocking(move || match format {
        Format::Docx => export::docx(&document).map_err(|error| Error::Internal(error.into())),
        Format::Pdf => {
            let faces = fonts.faces(&pdf::characters(&document), &document.language);
            pdf::render(&document, &faces).map_err(refused)
        }
        format => Ok(export::render(&document, format).unwrap_or_default().into_bytes()),
    });
    let made = made.await.map_err(|panicked| Error::Internal(panicked.into()))?;
    drop(press);
    made
}

fn refused(error: PdfError) -> Error {
    match error {
        PdfError::Missing(..) => Error::Conflict(super::pages::sentence(&error.to_string())),
        PdfError::Broken(_) => Error::Internal(error.into()),
    }
}
