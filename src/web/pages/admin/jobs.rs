//! What failed for good, why, and to try it again. What is in it stays its owner's to see.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Caretaker, tabs};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::again;
use crate::model::audit::Action;
use crate::model::stage::{self, Failed};
use crate::model::transcript::{self, ListItem};
use crate::policy::{self, Viewer};
use crate::web::api::v1::process;
use crate::web::audit::Deeds;
use crate::web::extract::{PageQuery, UrlPath};
use crate::web::pages::format::{Date, length, shown_title};
use crate::web::pages::stages::{doing, outlook, why};
use crate::web::pages::tabs::Tab;
use crate::web::respond::{PageError, html};
use crate::web::say::{Reason, filters, say, say_with};
use crate::web::{assets, read};

/// Failures on one page.
const PAGE: i64 = 50;
/// Transcripts that are tried again at once.
const MOST: i64 = 500;

#[derive(Template)]
#[template(path = "admin/jobs.html")]
struct JobsPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    done: String,
    total: i64,
    jobs: Vec<JobView>,
    page: i64,
    pages: i64,
    newer: Option<String>,
    older: Option<String>,
}

/// A stage that failed.
struct JobView {
    id: TranscriptId,
    /// The title, where the viewer may read it; else whose it is.
    title: String,
    readable: bool,
    what: String,
    why: Reason,
    when: Option<Date>,
    facts: Vec<String>,
}

impl JobView {
    fn new(viewer: Viewer, failed: Failed, item: Option<&ListItem>, expected: String) -> Self {
        let Failed { transcript: row, email, state } = failed;
        let readable = policy::capabilities(viewer, (&row).into()).read;
        let owner = email.unwrap_or_else(|| say("admin-jobs-nobody"));
        let title = match item.filter(|_| readable) {
            Some(item) => shown_title(item.title.as_deref(), &row),
            None => say_with("admin-jobs-of", &[("owner", owner.as_str().into())]),
        };
        let mut facts = vec![length(row.seconds())];
        if readable && row.user_id.is_some() {
            facts.push(owner);
        }
        facts.push(say_with("admin-jobs-run", &[("number", state.run.into())]));
        facts.push(expected);
        facts.retain(|fact| !fact.is_empty());
        Self {
            id: row.id,
            title,
            readable,
            what: doing(state.stage),
            why: why(&state),
            when: state.finished_at.map(Date::new),
            facts,
        }
    }
}

/// Which page, and what happened just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct JobsQuery {
    page: Option<i64>,
    done: String,
    n: Option<u32>,
}

/// `GET /admin/jobs`.
pub(in crate::web) async fn jobs(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    PageQuery(query): PageQuery<JobsQuery>,
) -> Result<Response, PageError> {
    let page = query.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let mut conn = read::connect(&app).await?;
    let (failed, total) = stage::failed(&mut conn, PAGE, (page - 1) * PAGE).await?;
    let ids: Vec<TranscriptId> = failed.iter().map(|one| one.transcript.id).collect();
    let items = transcript::items(&mut conn, &ids).await?;
    let states = stage::of(&mut conn, &ids).await?;
    let tried = again::tried(&mut conn, &ids).await?;
    drop(conn);
    let done = match (query.done.as_str(), query.n.unwrap_or(0)) {
        ("again", _) => say("admin-jobs-done-one"),
        ("all", count) => say_with("admin-jobs-done-all", &[("count", count.into())]),
        _ => String::new(),
    };
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE != 0);
    let link = |page: i64| format!("/admin/jobs?page={page}");
    let view = |one: Failed| {
        let id = one.transcript.id;
        let states = states.get(&id).map_or(&[][..], Vec::as_slice);
        let times = app.config().failures.retry_days;
        let expected = outlook(&one.transcript, states, tried.get(&id), times);
        JobView::new(seen.viewer, one, items.get(&id), expected)
    };
    Ok(html(&JobsPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs(&app, "/admin/jobs"),
        done,
        total,
        jobs: failed.into_iter().map(view).collect(),
        page,
        pages,
        newer: (page > 1).then(|| link(page - 1)),
        older: (page < pages).then(|| link(page + 1)),
    }))
}

/// `POST /admin/jobs/{id}/retry`: what failed of one transcript.
pub(in crate::web) async fn retry(
    State(app): State<App>,
    _: Caretaker,
    UrlPath(id): UrlPath<TranscriptId>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    process::retry(&app, &mut conn, id).await?;
    let deeds = Extension(Deeds::with(Action::Process, [id]));
    Ok((deeds, Redirect::to("/admin/jobs?done=again")).into_response())
}

/// `POST /admin/jobs/retry-all`: what failed of all of them, as after a server was away.
pub(in crate::web) async fn retry_all(State(app): State<App>, _: Caretaker) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let (failed, _) = stage::failed(&mut conn, MOST, 0).await?;
    let mut ids: Vec<TranscriptId> = failed.iter().map(|one| one.transcript.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut again = Vec::new();
    for id in ids {
        match process::retry(&app, &mut conn, id).await {
            Ok(_) => again.push(id),
            // Locked, deleted or begun again meanwhile: the others are not kept waiting for it.
            Err(Error::Conflict(_) | Error::BadRequest(_) | Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let to = Redirect::to(&format!("/admin/jobs?done=all&n={}", again.len()));
    Ok((Extension(Deeds::with(Action::Process, again)), to).into_response())
}
