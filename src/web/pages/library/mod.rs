//! All transcripts: search, filters, the trash, page by page; and what is done with several at once.

mod bulk;
mod bundle;
mod confirm;
mod done;
mod query;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::languages;
use super::rows::{self, RowView, Rows, UndoView};
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::jobs::Keep;
use crate::model::transcript::Filter;
use crate::policy::Viewer;
use crate::web::extract::PageQuery;
use crate::web::respond::{PageError, explained, html, html_with};
use crate::web::say::{filters, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, read, rooms};

pub(in crate::web) use bulk::{bulk, undo};
use done::DoneView;
pub(super) use query::{LibraryQuery, moment};
use query::{ORDERS, STATES};

/// Transcripts on one page.
pub(super) const PAGE: i64 = 20;

#[derive(Template)]
#[template(path = "library.html")]
struct LibraryPage {
    version: &'static str,
    here: &'static str,
    asked: LibraryQuery,
    /// Rooms to choose from, and those that one may put transcripts into.
    rooms: Vec<(String, String)>,
    into: Vec<(String, String)>,
    /// Whether less than everything is shown, and whether by more than words.
    narrowed: bool,
    filtered: bool,
    trash: bool,
    /// Whether there is a trash to look into, and anything that the viewer may change: not for visitors.
    has_trash: bool,
    /// Days that something stays in the trash, where that has an end.
    trash_days: Option<i64>,
    languages: Vec<(&'static str, String)>,
    states: &'static [(&'static str, &'static str)],
    orders: &'static [(&'static str, &'static str)],
    found: String,
    wrong: Option<String>,
    undo: Option<UndoView>,
    done: Option<DoneView>,
    rows: Vec<RowView>,
    busy: bool,
    page: i64,
    pages: i64,
    newer: Option<String>,
    older: Option<String>,
    /// This very list, to come back to.
    back: String,
    empty_title: &'static str,
    empty_text: &'static str,
}

impl LibraryPage {
    /// What a zip of several can hold.
    fn formats(&self) -> Vec<bundle::Choice> {
        bundle::choices()
    }
}

/// `GET /transcripts`.
pub(in crate::web) async fn library(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(query): PageQuery<LibraryQuery>,
) -> Result<Response, PageError> {
    let asked = query.trimmed();
    let wanted = asked.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let mut conn = read::connect(&app).await?;
    let (found, refused) = match load(&mut conn, viewer, &asked, wanted).await {
        Ok(found) => (found, None),
        // What was typed stays in its fields, and the reason stands above them.
        Err(error @ Error::Invalid { .. }) => {
            ((Rows { rows: Vec::new(), busy: false, total: 0 }, 1), Some(error))
        }
        Err(error) => return Err(error.into()),
    };
    let (Rows { mut rows, busy, total }, page) = found;
    for row in &mut rows {
        row.select = true;
    }
    let undo = rows::undo(&mut conn, viewer, asked.deleted).await?;
    let done = done::done(&mut conn, viewer, &asked).await?;
    let (rooms, into) = rooms::choices(&mut conn, viewer).await?;
    drop(conn);
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE != 0);
    let (empty_title, empty_text) = empty(&asked, refused.is_some());
    let page = LibraryPage {
        version: &assets::VERSION,
        here: "library",
        rooms,
        into,
        narrowed: asked.narrowed(),
        filtered: asked.filtered(),
        trash: asked.in_trash(),
        has_trash: !matches!(viewer, Viewer::Visitor { .. }),
        trash_days: Keep::of(app.config()).trash.map(|age| age.num_days()),
        languages: languages::choices(),
        states: STATES,
        orders: ORDERS,
        found: say_with("library-found", &[("count", total.into())]),
        wrong: refused.as_ref().map(explained),
        undo,
        done,
        rows,
        busy,
        page,
        pages,
        newer: (page > 1).then(|| asked.link(page - 1)),
        older: (page < pages).then(|| asked.link(page + 1)),
        back: asked.link(page),
        asked,
        empty_title,
        empty_text,
    };
    Ok(match refused {
        Some(error) => html_with(&error, &page),
        None => html(&page),
    })
}

/// A page of it, and which one: behind the last one there is the last one.
async fn load(
    conn: &mut Connection,
    viewer: Viewer,
    asked: &LibraryQuery,
    page: i64,
) -> Result<(Rows, i64), Error> {
    let found = one(conn, viewer, asked, page).await?;
    if !found.rows.is_empty() || found.total == 0 {
        return Ok((found, page));
    }
    let last = found.total.div_euclid(PAGE) + i64::from(found.total % PAGE != 0);
    Ok((one(conn, viewer, asked, last).await?, last))
}

async fn one(conn: &mut Connection, viewer: Viewer, asked: &LibraryQuery, page: i64) -> Result<Rows, Error> {
    if asked.is_plain() {
        return rows::load(conn, &Filter { page, size: PAGE, ..Filter::new(viewer) }).await;
    }
    rows::found(conn, &asked.ask(viewer, page)?).await
}

fn empty(asked: &LibraryQuery, wrong: bool) -> (&'static str, &'static str) {
    match () {
        () if wrong => ("library-empty-wrong", "library-empty-wrong-text"),
        () if asked.narrowed() => ("library-empty-found", "library-empty-found-text"),
        () if asked.in_trash() => ("library-empty-trash", "library-empty-trash-text"),
        () => ("library-empty", "library-empty-text"),
    }
}
