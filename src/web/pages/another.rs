//! Another file for a transcript whose own could not be read.

use axum::extract::State;
use axum::response::Redirect;

use super::actions::receive;
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::web::extract::{PageMultipart, UrlPath};
use crate::web::respond::PageError;
use crate::web::say::say;
use crate::web::viewer::Asking;
use crate::web::{read, uploads};

/// `POST /transcripts/{id}/upload`: the form that stands beside why it could not.
pub(in crate::web) async fn another(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageMultipart(mut form): PageMultipart,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    // A slow sender must not hold a connection of the pool.
    drop(conn);
    while let Some(field) = form.next_field().await.map_err(uploads::broken)? {
        if field.name() == Some("file") && field.file_name().is_some_and(|name| !name.is_empty()) {
            receive(&app, (viewer, id), field).await?;
            return Ok(Redirect::to(&format!("/transcripts/{id}")));
        }
    }
    Err(Error::BadRequest(say("start-choose-first")).into())
}
