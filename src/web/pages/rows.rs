//! Transcripts as lines of a list.

use super::format::{Date, length};
use super::places::{PlaceView, places};
use super::stages::brief;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::search::Ask;
use crate::model::transcript::{self, Filter, ListItem};
use crate::model::{Status, recording, stage};
use crate::policy::{self, Viewer};
use crate::web::api::v1::search::visible;
use crate::web::read;

/// A line.
pub(super) struct RowView {
    pub id: TranscriptId,
    pub title: String,
    pub gist: String,
    pub created: Date,
    pub length: String,
    /// What is being done, while it is.
    pub doing: String,
    pub chip: &'static str,
    pub chip_class: &'static str,
    pub percent: Option<u32>,
    pub may_delete: bool,
    /// What was found in it, and how many more places there are.
    pub places: Vec<PlaceView>,
    pub more: String,
}

/// A list and whether it changes by itself.
pub(super) struct Rows {
    pub rows: Vec<RowView>,
    pub busy: bool,
    pub total: i64,
}

/// What was deleted a moment ago, to be taken back.
pub(super) struct UndoView {
    pub id: TranscriptId,
    pub title: String,
}

pub(super) async fn load(conn: &mut Connection, filter: &Filter) -> Result<Rows, Error> {
    let page = transcript::list(conn, filter).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for item in page.items {
        rows.push(row(conn, filter.viewer, item).await?);
    }
    let busy = rows.iter().any(|row| row.percent.is_some());
    Ok(Rows { rows, busy, total: page.total })
}

/// What a search found.
pub(super) async fn found(conn: &mut Connection, ask: &Ask) -> Result<Rows, Error> {
    let found = visible(conn, ask).await?;
    let mut rows = Vec::with_capacity(found.hits.len());
    for hit in found.hits {
        let (places, more) = places(conn, &hit).await?;
        rows.push(RowView { places, more, ..row(conn, ask.viewer, hit.item).await? });
    }
    let busy = rows.iter().any(|row| row.percent.is_some());
    Ok(Rows { rows, busy, total: found.total })
}

async fn row(conn: &mut Connection, viewer: Viewer, item: ListItem) -> Result<RowView, Error> {
    let row = &item.transcript;
    let (doing, percent) = match row.status {
        Status::Uploaded | Status::Processing => brief(&stage::list(conn, row.id).await?),
        Status::Idle if recording::pending(conn, row.id).await?.is_some() => {
            ("Upload not complete".into(), None)
        }
        _ => (String::new(), None),
    };
    let (chip, chip_class) = match row.status {
        Status::Uploaded => ("Waiting", "busy"),
        Status::Processing => ("Working", "busy"),
        Status::Error => ("Failed", "failed"),
        Status::Idle => ("Not uploaded", ""),
        Status::Recording => ("Recording", "busy"),
        Status::Ended => ("", ""),
    };
    Ok(RowView {
        id: row.id,
        title: read::title(item.title.as_deref(), row).to_owned(),
        gist: item.short_summary.clone().unwrap_or_default(),
        created: Date::new(row.created_at),
        length: length(row.seconds()),
        doing,
        chip,
        chip_class,
        percent,
        may_delete: policy::capabilities(viewer, row.into()).delete,
        places: Vec::new(),
        more: String::new(),
    })
}

/// The transcript that was just deleted, if the viewer may take that back.
pub(super) async fn undo(
    conn: &mut Connection,
    viewer: Viewer,
    deleted: Option<TranscriptId>,
) -> Result<Option<UndoView>, Error> {
    let Some(id) = deleted else { return Ok(None) };
    let Some(row) = transcript::get(conn, id).await? else { return Ok(None) };
    let may = policy::capabilities(viewer, (&row).into());
    let title = read::title(row.title.as_deref(), &row).to_owned();
    Ok(may.restore.then_some(UndoView { id, title }))
}
