//! Transcripts as lines of a list.

use std::collections::{HashMap, HashSet};

use super::format::{Date, length, shown_title};
use super::places::{PlaceView, places};
use super::stages::brief;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::search::Ask;
use crate::model::stage::{self, StageState};
use crate::model::transcript::{self, Filter, ListItem};
use crate::model::{Status, participant, recording};
use crate::policy::{self, Viewer};
use crate::web::api::v1::search::visible;
use crate::web::say::say;

/// A line.
pub(super) struct RowView {
    pub id: TranscriptId,
    pub title: String,
    pub gist: String,
    pub created: Date,
    pub length: String,
    /// What is being done, while it is.
    pub doing: String,
    /// What the catalogue calls its state; empty: it is finished.
    pub chip: &'static str,
    pub chip_class: &'static str,
    pub percent: Option<u32>,
    pub may_delete: bool,
    /// Whether it can be ticked, to do something with several at once.
    pub select: bool,
    /// In the trash since.
    pub trashed: Option<Date>,
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
    let known = Known::load(conn, page.items.iter()).await?;
    let rows: Vec<RowView> = page.items.into_iter().map(|item| row(filter.viewer, item, &known)).collect();
    let busy = rows.iter().any(|row| row.percent.is_some());
    Ok(Rows { rows, busy, total: page.total })
}

/// What a search found.
pub(super) async fn found(conn: &mut Connection, ask: &Ask) -> Result<Rows, Error> {
    let found = visible(conn, ask).await?;
    let known = Known::load(conn, found.hits.iter().map(|hit| &hit.item)).await?;
    let ids: Vec<TranscriptId> = found.hits.iter().map(|hit| hit.item.transcript.id).collect();
    let names = participant::names_of(conn, &ids).await?;
    let mut rows = Vec::with_capacity(found.hits.len());
    for hit in found.hits {
        let (places, more) = places(&hit, names.get(&hit.item.transcript.id));
        rows.push(RowView { places, more, ..row(ask.viewer, hit.item, &known) });
    }
    let busy = rows.iter().any(|row| row.percent.is_some());
    Ok(Rows { rows, busy, total: found.total })
}

/// What lines say beside their transcripts, of all lines at once: so a longer list costs no more queries.
#[derive(Default)]
struct Known {
    stages: HashMap<TranscriptId, Vec<StageState>>,
    /// Those with an upload under way.
    uploads: HashSet<TranscriptId>,
}

impl Known {
    async fn load(
        conn: &mut Connection,
        items: impl Iterator<Item = &ListItem> + Clone,
    ) -> Result<Self, Error> {
        let with = |wanted: &[Status]| -> Vec<TranscriptId> {
            let items = items.clone().filter(|item| wanted.contains(&item.transcript.status));
            items.map(|item| item.transcript.id).collect()
        };
        let (working, empty) = (with(&[Status::Uploaded, Status::Processing]), with(&[Status::Idle]));
        let mut known = Self::default();
        if !working.is_empty() {
            known.stages = stage::of(conn, &working).await?;
        }
        if !empty.is_empty() {
            known.uploads = recording::pending_of(conn, &empty).await?;
        }
        Ok(known)
    }
}

fn row(viewer: Viewer, item: ListItem, known: &Known) -> RowView {
    let row = &item.transcript;
    let (doing, percent) = match row.status {
        Status::Uploaded | Status::Processing => {
            brief(known.stages.get(&row.id).map(Vec::as_slice).unwrap_or_default())
        }
        Status::Idle if known.uploads.contains(&row.id) => (say("library-row-incomplete"), None),
        _ => (String::new(), None),
    };
    let (chip, chip_class) = match row.status {
        Status::Uploaded => ("library-row-waiting", "busy"),
        Status::Processing => ("library-row-working", "busy"),
        Status::Error => ("library-row-failed", "failed"),
        Status::Idle => ("library-row-idle", ""),
        Status::Recording => ("library-row-recording", "busy"),
        Status::Ended => ("", ""),
    };
    RowView {
        id: row.id,
        title: shown_title(item.title.as_deref(), row),
        gist: item.short_summary.clone().unwrap_or_default(),
        created: Date::new(row.created_at),
        length: length(row.seconds()),
        doing,
        chip,
        chip_class,
        percent,
        may_delete: policy::capabilities(viewer, row.into()).delete,
        select: false,
        trashed: row.deleted_at.map(Date::new),
        places: Vec::new(),
        more: String::new(),
    }
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
    let title = shown_title(row.title.as_deref(), &row);
    Ok(may.restore.then_some(UndoView { id, title }))
}
