//! Transcripts as PDF: beside the server's own work, a few at a time.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::app::App;
use crate::error::Error;
use crate::export::pdf::{self, PdfError};
use crate::export::{Document, Format};

/// How many are made at a time: each takes a core for some seconds, and memory.
static PRESSES: Semaphore = Semaphore::const_new(2);

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
        Format::Docx => crate::export::docx(&document).map_err(|error| Error::Internal(error.into())),
        Format::Pdf => {
            let faces = fonts.faces(&pdf::characters(&document), &document.language);
            pdf::render(&document, &faces).map_err(refused)
        }
        format => Ok(crate::export::render(&document, format).unwrap_or_default().into_bytes()),
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
