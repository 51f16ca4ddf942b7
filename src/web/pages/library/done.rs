//! What was done with several transcripts a moment ago, in words, and how to take it back.

use chrono::{DateTime, Utc};

use super::query::LibraryQuery;
use crate::db::Connection;
use crate::error::Error;
use crate::model::Transcript;
use crate::model::transcript;
use crate::policy::{self, Viewer};
use crate::web::say::{Value, say, say_with};

/// A line above the list.
pub(super) struct DoneView {
    pub text: String,
    /// What `POST /transcripts/undo` is to be sent.
    pub undo: Option<i64>,
}

/// What the address says was done; an undo only while there is something that this viewer may take back.
///
/// # Errors
/// Those of the database.
pub(super) async fn done(
    conn: &mut Connection,
    viewer: Viewer,
    asked: &LibraryQuery,
) -> Result<Option<DoneView>, Error> {
    let count = Value::from(asked.n.unwrap_or(0));
    let mut text = match asked.done.as_str() {
        "moved" => say_with("library-done-moved", &[("count", count)]),
        "restored" => say_with("library-done-restored", &[("count", count)]),
        "destroyed" => say_with("library-done-destroyed", &[("count", count)]),
        "room" => say_with("library-done-room", &[("count", count)]),
        "out" => say_with("library-done-out", &[("count", count)]),
        "shared" => say_with("library-done-shared", &[("count", count)]),
        "nothing" => say("library-done-nothing"),
        _ => return Ok(None),
    };
    if let Some(left) = asked.left.filter(|left| *left > 0) {
        text = format!("{text} {}", say_with("library-done-left", &[("count", left.into())]));
    }
    let undo = match asked.undo.and_then(DateTime::from_timestamp_micros) {
        Some(moment) if !restorable(conn, viewer, moment).await?.is_empty() => asked.undo,
        _ => None,
    };
    Ok(Some(DoneView { text, undo }))
}

/// What went to the trash at that moment and is this viewer's to take out.
///
/// # Errors
/// Those of the database.
pub(super) async fn restorable(
    conn: &mut Connection,
    viewer: Viewer,
    moment: DateTime<Utc>,
) -> Result<Vec<Transcript>, Error> {
    let mut found = transcript::deleted_at(conn, moment).await?;
    found.retain(|row| policy::capabilities(viewer, row.into()).restore);
    Ok(found)
}
