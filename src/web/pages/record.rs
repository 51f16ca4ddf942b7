//! The page that records, and what is offered of recordings that were interrupted.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::format::{Date, plain, shown_title};
use super::languages;
use crate::app::App;
use crate::config::MAX_PROMPT;
use crate::db::Connection;
use crate::error::Error;
use crate::export::clock;
use crate::ids::TranscriptId;
use crate::model::recording::open;
use crate::model::{Status, Transcript};
use crate::policy::{self, Viewer};
use crate::web::extract::PageQuery;
use crate::web::headers::{PERMISSIONS, RECORDS};
use crate::web::respond::{PageError, html};
use crate::web::say::filters;
use crate::web::viewer::Asking;
use crate::web::{assets, read, rooms};

/// Interrupted recordings that are offered at once.
const OFFERED: i64 = 20;
/// After so long without a piece it counts as interrupted. Browsers send one every two seconds.
const SILENCE: TimeDelta = TimeDelta::seconds(10);

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    version: &'static str,
    here: &'static str,
    /// Characters.
    vocabulary_limit: usize,
    languages: Vec<(&'static str, String)>,
    /// Rooms that a recording can be put into.
    rooms: Vec<(String, String)>,
    /// The recording that is gone on with.
    resume: Option<ResumeView>,
}

struct ResumeView {
    id: TranscriptId,
    title: String,
    /// How long it is by now: for people, and in seconds.
    clock: String,
    seconds: String,
    /// Only the browser that began it may go on with it.
    others: bool,
}

/// Which recording to go on with; none: a new one. One that never reached the server is known to its browser alone.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Resume {
    resume: Option<TranscriptId>,
}

/// `GET /record`.
pub(in crate::web) async fn record(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(Resume { resume }): PageQuery<Resume>,
) -> Result<Response, PageError> {
    if !policy::may_create(viewer) {
        return Err(Error::Forbidden.into());
    }
    let mut conn = read::connect(&app).await?;
    let resume = match resume {
        None => None,
        Some(id) => {
            let row = read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
            if row.status != Status::Recording {
                return Ok(Redirect::to(&format!("/transcripts/{id}")).into_response());
            }
            let title = shown_title(row.title.as_deref(), &row);
            let (clock, seconds) = (clock(row.seconds()), plain(row.seconds()));
            let others = policy::shows_who_began(viewer, (&row).into());
            Some(ResumeView { id, title, clock, seconds, others })
        }
    };
    let rooms = rooms::choice(&mut conn, viewer, |may| may.add).await?;
    drop(conn);
    let page = RecordPage {
        version: &assets::VERSION,
        here: "start",
        vocabulary_limit: MAX_PROMPT,
        languages: languages::choices(),
        rooms,
        resume,
    };
    Ok(([(PERMISSIONS, RECORDS)], html(&page)).into_response())
}

/// A recording that was begun and not finished.
#[derive(Clone, Debug, Default)]
pub(super) struct UnfinishedView {
    /// Empty: the server does not know it.
    pub id: String,
    pub title: String,
    /// `12:31`; empty: not known.
    pub clock: String,
    /// When the last of it came, or it began.
    pub since: Option<Date>,
}

/// What a person may finish, go on with or throw away, and whether more is being recorded. Visitors have nothing of their own here: their
/// browser knows it.
pub(super) async fn unfinished(
    conn: &mut Connection,
    viewer: Viewer,
) -> Result<(Vec<UnfinishedView>, bool), Error> {
    if matches!(viewer, Viewer::Visitor { .. }) {
        return Ok((Vec::new(), false));
    }
    let found = open::of_person(conn, viewer.user(), OFFERED).await?;
    let view = |(row, last): (Transcript, Option<DateTime<Utc>>)| UnfinishedView {
        id: row.id.to_string(),
        title: shown_title(row.title.as_deref(), &row),
        clock: if row.seconds() < 1.0 { String::new() } else { clock(row.seconds()) },
        since: Some(Date::new(last.unwrap_or(row.created_at))),
    };
    let mine = |row: &Transcript| {
        let may = policy::capabilities(viewer, row.into());
        may.upload && may.delete
    };
    let heard = crate::clock::now() - SILENCE;
    let (going, silent): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|(row, _)| mine(row))
        .partition(|(row, last)| last.unwrap_or(row.created_at) > heard);
    Ok((silent.into_iter().map(view).collect(), !going.is_empty()))
}
