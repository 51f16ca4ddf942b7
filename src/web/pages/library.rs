//! All transcripts: search by title, page by page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::rows::{self, RowView, Rows, UndoView};
use crate::app::App;
use crate::ids::TranscriptId;
use crate::model::transcript::Filter;
use crate::web::extract::PageQuery;
use crate::web::respond::{PageError, html};
use crate::web::viewer::Asking;
use crate::web::{assets, read};

const PAGE: i64 = 20;

#[derive(Template)]
#[template(path = "library.html")]
struct LibraryPage {
    version: &'static str,
    here: &'static str,
    query: String,
    found: String,
    undo: Option<UndoView>,
    rows: Vec<RowView>,
    busy: bool,
    page: i64,
    pages: i64,
    newer: Option<String>,
    older: Option<String>,
    empty_title: &'static str,
    empty_text: &'static str,
}

/// What to show.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct LibraryQuery {
    #[serde(default)]
    q: String,
    page: Option<i64>,
    deleted: Option<TranscriptId>,
}

/// `GET /transcripts`.
pub(in crate::web) async fn library(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(query): PageQuery<LibraryQuery>,
) -> Result<Response, PageError> {
    let q = query.q.trim().to_owned();
    let page = query.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let mut conn = read::connect(&app).await?;
    let filter = Filter { search_term: Some(q.clone()), page, size: PAGE, ..Filter::new(viewer) };
    let Rows { rows, busy, total } = rows::load(&mut conn, &filter).await?;
    let undo = rows::undo(&mut conn, viewer, query.deleted).await?;
    drop(conn);
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE != 0);
    let link = |page: i64| {
        let encoded: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &q)
            .append_pair("page", &page.to_string())
            .finish();
        format!("/transcripts?{encoded}")
    };
    let (empty_title, empty_text) = if q.is_empty() {
        ("No transcripts yet", "Upload a recording on the start page, and it appears here.")
    } else {
        ("Nothing found", "Titles and file names are searched, in any case.")
    };
    Ok(html(&LibraryPage {
        version: &assets::VERSION,
        here: "library",
        found: if total == 1 { "1 transcript found".into() } else { format!("{total} transcripts found") },
        undo,
        rows,
        busy,
        page,
        pages,
        newer: (page > 1).then(|| link(page - 1)),
        older: (page < pages).then(|| link(page + 1)),
        query: q.clone(),
        empty_title,
        empty_text,
    }))
}
