//! All transcripts: search, page by page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Local, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::Deserialize;

use super::languages::LANGUAGES;
use super::rows::{self, RowView, Rows, UndoView};
use crate::app::App;
use crate::error::Error;
use crate::ids::{RoomId, TranscriptId};
use crate::model::SourceKind;
use crate::model::search::Ask;
use crate::model::transcript::Filter;
use crate::policy::Viewer;
use crate::web::api::v1::list::asked;
use crate::web::api::v1::transcripts::language;
use crate::web::extract::PageQuery;
use crate::web::respond::{PageError, html};
use crate::web::viewer::Asking;
use crate::web::{assets, read, rooms};

const PAGE: i64 = 20;

#[derive(Template)]
#[template(path = "library.html")]
struct LibraryPage {
    version: &'static str,
    here: &'static str,
    asked: LibraryQuery,
    /// Rooms to choose from.
    rooms: Vec<(String, String)>,
    /// Whether less than everything is shown, and whether by more than words.
    narrowed: bool,
    filtered: bool,
    languages: &'static [(&'static str, &'static str)],
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

/// What to show. A form sends what was left empty too.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct LibraryQuery {
    q: String,
    /// A day as browsers write it: 2026-11-21.
    from: String,
    to: String,
    speaker: String,
    language: String,
    source: String,
    room: String,
    page: Option<i64>,
    deleted: Option<TranscriptId>,
}

impl LibraryQuery {
    /// Its fields without the page's number, as links carry them.
    fn fields(&self) -> [(&'static str, &str); 7] {
        [
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
            ("speaker", &self.speaker),
            ("language", &self.language),
            ("source", &self.source),
            ("room", &self.room),
        ]
    }

    fn link(&self, page: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields().into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("/transcripts?{}", query.append_pair("page", &page.to_string()).finish())
    }

    /// # Errors
    /// A field can't be read.
    fn ask(&self, viewer: Viewer, page: i64) -> Result<Ask, Error> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let kind = |name: String| {
            name.parse::<SourceKind>().map_err(|message| Error::Invalid { field: "source", message })
        };
        let room = |id: String| {
            let message = || "names no room".into();
            id.parse::<RoomId>().map_err(|_| Error::Invalid { field: "room", message: message() })
        };
        Ok(Ask {
            query: asked("q", self.q.clone())?,
            from: given(&self.from).map(|day| moment("from", &day, NaiveTime::MIN)).transpose()?,
            to: given(&self.to).map(|day| moment("to", &day, LAST)).transpose()?,
            speaker: given(&self.speaker).map(|name| asked("speaker", name)).transpose()?,
            language: given(&self.language).map(|code| language("language", code)).transpose()?,
            source_kind: given(&self.source).map(kind).transpose()?,
            room_id: given(&self.room).map(room).transpose()?,
            limit: PAGE,
            offset: (page - 1).saturating_mul(PAGE),
            ..Ask::new(viewer)
        })
    }
}

/// The last moment of a day.
const LAST: NaiveTime = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).expect("a time of day");

/// A moment of a day where the server stands.
fn moment(field: &'static str, day: &str, time: NaiveTime) -> Result<DateTime<Utc>, Error> {
    let read = day
        .parse::<NaiveDate>()
        .ok()
        .and_then(|day| Local.from_local_datetime(&day.and_time(time)).earliest());
    let message = || Error::Invalid { field, message: "is no day such as 2026-11-21".into() };
    read.map(|moment| moment.with_timezone(&Utc)).ok_or_else(message)
}

/// `GET /transcripts`.
pub(in crate::web) async fn library(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(query): PageQuery<LibraryQuery>,
) -> Result<Response, PageError> {
    let asked =
        LibraryQuery { q: query.q.trim().to_owned(), speaker: query.speaker.trim().to_owned(), ..query };
    let page = asked.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let narrowed = asked.fields().iter().any(|(_, value)| !value.is_empty());
    let filtered = asked.fields().iter().any(|(name, value)| *name != "q" && !value.is_empty());
    let mut conn = read::connect(&app).await?;
    let Rows { rows, busy, total } = if narrowed {
        rows::found(&mut conn, &asked.ask(viewer, page)?).await?
    } else {
        rows::load(&mut conn, &Filter { page, size: PAGE, ..Filter::new(viewer) }).await?
    };
    let undo = rows::undo(&mut conn, viewer, asked.deleted).await?;
    let rooms = rooms::choice(&mut conn, viewer, |may| may.read).await?;
    drop(conn);
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE != 0);
    let (empty_title, empty_text) = if narrowed {
        (
            "Nothing found",
            "All words must occur. Put a phrase in quotation marks, end the beginning of a word with a star (budg*), or ask for less.",
        )
    } else {
        ("No transcripts yet", "Upload a recording on the start page, and it appears here.")
    };
    Ok(html(&LibraryPage {
        version: &assets::VERSION,
        here: "library",
        rooms,
        narrowed,
        filtered,
        languages: LANGUAGES,
        found: if total == 1 { "1 transcript found".into() } else { format!("{total} transcripts found") },
        undo,
        rows,
        busy,
        page,
        pages,
        newer: (page > 1).then(|| asked.link(page - 1)),
        older: (page < pages).then(|| asked.link(page + 1)),
        asked,
        empty_title,
        empty_text,
    }))
}
