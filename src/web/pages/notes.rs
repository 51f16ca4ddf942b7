//! Notes on the page of a transcript; and, where somebody else was faster, a page with what both wrote.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use diesel_async::AsyncConnection;
use serde::Deserialize;

use super::format::shown_title;
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::transcript::{self, Patch};
use crate::model::{Transcript, TranscriptView};
use crate::policy::{self, Capabilities, Viewer};
use crate::web::extract::{PageForm, UrlPath};
use crate::web::notes::{NOTES_MAX, NotesClash, Written, revision};
use crate::web::respond::{PageError, html};
use crate::web::say::{filters, say};
use crate::web::viewer::Asking;
use crate::web::{assets, read, tell};

/// The part of the page.
pub(super) struct NotesView {
    pub text: String,
    pub revision: String,
    /// Characters.
    pub limit: usize,
    pub may_write: bool,
    /// Who reads them.
    pub who: String,
}

impl NotesView {
    /// `None`: not for this viewer to read, or there are none and they can't write any.
    pub fn of(viewer: Viewer, may: Capabilities, view: &TranscriptView) -> Option<Self> {
        let text = &view.transcript.notes;
        let shown = policy::reads_notes(viewer) && (may.write || !text.is_empty());
        shown.then(|| Self {
            text: text.clone(),
            revision: revision(text),
            limit: NOTES_MAX,
            may_write: may.write,
            who: if viewer.user().is_some() { say("notes-who") } else { say("notes-who-here") },
        })
    }
}

/// What both wrote.
#[derive(Template)]
#[template(path = "notes.html")]
struct NotesPage {
    version: &'static str,
    here: &'static str,
    id: TranscriptId,
    title: String,
    clash: NotesClash,
    limit: usize,
}

/// The form of the notes.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct NotesForm {
    notes: String,
    notes_revision: Option<String>,
}

/// `POST /transcripts/{id}/notes`.
pub(in crate::web) async fn save(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<NotesForm>,
) -> Result<Response, PageError> {
    let written = Written::new(&form.notes, form.notes_revision)?;
    let patch = Patch { notes: Some(written.text.clone()), ..Patch::default() };
    let mut conn = read::connect(&app).await?;
    let done: Result<(Transcript, Option<NotesClash>), Error> = conn
        .transaction(async |conn| {
            // A conflict shows what others wrote.
            let before = read::held(conn, viewer, id, |may| may.write && may.read).await?;
            let clash = written.clash(&before.notes);
            if clash.is_none() {
                transcript::patch(conn, id, &patch).await?;
            }
            Ok((before, clash))
        })
        .await;
    let (before, clash) = done?;
    let Some(clash) = clash else {
        if before.notes != written.text {
            tell::notes(&app, id).await;
        }
        return Ok(Redirect::to(&format!("/transcripts/{id}#notes")).into_response());
    };
    let title = TranscriptView::load(&mut conn, id).await?.and_then(|view| view.title);
    let page = NotesPage {
        version: &assets::VERSION,
        here: "",
        id,
        title: shown_title(title.as_deref(), &before),
        clash,
        limit: NOTES_MAX,
    };
    Ok((StatusCode::CONFLICT, html(&page)).into_response())
}
