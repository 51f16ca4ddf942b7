//! The start page: where a recording goes in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::format::bytes;
use super::languages;
use super::record::{self, UnfinishedView};
use super::rows::{self, RowView, Rows, UndoView};
use crate::app::App;
use crate::config::{MAX_PROMPT, MAX_UPLOAD_BYTES};
use crate::ids::TranscriptId;
use crate::jobs::Keep;
use crate::model::transcript::Filter;
use crate::web::extract::PageQuery;
use crate::web::respond::{PageError, html};
use crate::web::say::filters;
use crate::web::viewer::Asking;
use crate::web::{assets, read, rooms};

/// Transcripts that the start page lists.
const RECENT: i64 = 8;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    version: &'static str,
    here: &'static str,
    limit: String,
    limit_bytes: u64,
    /// Characters.
    vocabulary_limit: usize,
    languages: Vec<(&'static str, String)>,
    /// Rooms that a recording can be put into.
    rooms: Vec<(String, String)>,
    undo: Option<UndoView>,
    unfinished: Vec<UnfinishedView>,
    /// Whether something is being recorded elsewhere, which may be interrupted any moment.
    recording: bool,
    rows: Vec<RowView>,
    busy: bool,
    more: bool,
    /// Days that what a visitor adds is kept, where it has an end.
    kept_days: Option<i64>,
    /// Whether there is a certificate for visitors to trust.
    trust: bool,
    empty_title: &'static str,
    empty_text: &'static str,
}

impl StartPage {
    /// What a script fills in for a recording that only its browser knows of.
    fn blank(&self) -> [UnfinishedView; 1] {
        [UnfinishedView::default()]
    }
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Just {
    deleted: Option<TranscriptId>,
}

/// `GET /`.
pub(in crate::web) async fn start(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(just): PageQuery<Just>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let filter = Filter { size: RECENT, ..Filter::new(viewer) };
    let Rows { rows, busy, total } = rows::load(&mut conn, &filter).await?;
    let undo = rows::undo(&mut conn, viewer, just.deleted).await?;
    let rooms = rooms::choice(&mut conn, viewer, |may| may.add).await?;
    let (unfinished, recording) = record::unfinished(&mut conn, viewer).await?;
    drop(conn);
    Ok(html(&StartPage {
        version: &assets::VERSION,
        here: "start",
        limit: bytes(MAX_UPLOAD_BYTES),
        limit_bytes: MAX_UPLOAD_BYTES,
        vocabulary_limit: MAX_PROMPT,
        languages: languages::choices(),
        rooms,
        undo,
        unfinished,
        recording,
        rows,
        busy,
        more: total > RECENT,
        kept_days: Keep::of(app.config())
            .ownerless
            .filter(|_| viewer.user().is_none())
            .map(|age| age.num_days()),
        trust: app.config().tls.site_ca.is_some(),
        empty_title: "start-empty",
        empty_text: "start-empty-text",
    }))
}
