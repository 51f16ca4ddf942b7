//! What was done with several transcripts a moment ago, in words, and how to take it back.

use chrono::{DateTime, Utc};

use super::query::LibraryQuery;
use crate::db::Connection;
use crate::error::Error;
use crate::model::Transcript;
use crate::model::transcript;
use crate::policy::{self, Viewer};

/// A line above the list.
pub(super) struct DoneView {
    pub text: String,
    /// What `POST /transcripts/undo` is to be sent.
    pub undo: Option<i64>,
}

/// "1 transcript", "3 transcripts".
pub(super) fn several(count: usize) -> String {
    if count == 1 { "1 transcript".into() } else { format!("{count} transcripts") }
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
    let count = asked.n.unwrap_or(0) as usize;
    let mut text = match asked.done.as_str() {
        "moved" => format!("Moved {} to the trash.", several(count)),
        "restored" => format!("Took {} out of the trash.", several(count)),
        "destroyed" => format!("Deleted {} for good.", several(count)),
        "room" => format!("Moved {} to the room.", several(count)),
        "out" => format!("Took {} out of their room.", several(count)),
        "shared" => format!("Changed who may read {}.", several(count)),
        "nothing" => "Tick the transcripts first, then say what to do with them.".into(),
        _ => return Ok(None),
    };
    match asked.left {
        None | Some(0) => {}
        Some(1) => text.push_str(" One was left as it was: it is not yours to change."),
        Some(left) => {
            text.push_str(&format!(" {left} were left as they were: they are not yours to change."))
        }
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
