//! Sending one transcript to others: by e-mail, to Zulip; and what was sent of it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::format::{Date, shown_title};
use super::rooms::why;
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{SendingId, TranscriptId};
use crate::model::TranscriptView;
use crate::model::delivery::DeliveryStatus;
use crate::model::sending::{Channel, Purpose, Sending};
use crate::notify::Stream;
use crate::policy::Viewer;
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::respond::{PageError, detail, explained, html, html_with};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, features, read, sending};

#[derive(Template)]
#[template(path = "send.html")]
struct SendPage {
    version: &'static str,
    here: &'static str,
    id: TranscriptId,
    title: String,
    done: String,
    wrong: Option<String>,
    /// There is text that can be sent.
    ready: bool,
    email: bool,
    zulip: bool,
    typed: SendForm,
    /// Streams to choose from, by id and name.
    streams: Vec<Stream>,
    /// Why there are none.
    away: Option<String>,
    rows: Vec<SendingView>,
}

/// Either form, and what was typed into it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct SendForm {
    email: String,
    stream: String,
    topic: String,
    include_topics: Option<String>,
}

/// Something that was sent, is to be, or could not be.
struct SendingView {
    id: SendingId,
    target: String,
    chip: &'static str,
    chip_class: &'static str,
    when: Date,
    facts: Vec<String>,
    error: String,
    may_repeat: bool,
}

impl SendingView {
    fn new((row, asked_by): (Sending, Option<String>)) -> Self {
        let (chip, chip_class) = match row.status {
            DeliveryStatus::Delivered => ("send-row-sent", ""),
            DeliveryStatus::Waiting if row.attempts == 0 => ("send-row-way", "busy"),
            DeliveryStatus::Waiting => ("send-row-trying", "busy"),
            DeliveryStatus::Failed => ("send-row-failed", "failed"),
        };
        let mut facts = Vec::new();
        match row.wish.purpose {
            Purpose::Room => facts.push(say("send-row-room")),
            _ => facts.extend(asked_by.map(|who| say_with("send-row-who", &[("who", who.into())]))),
        }
        if row.attempts > 1 {
            facts.push(say_with("send-row-attempts", &[("count", row.attempts.into())]));
        }
        Self {
            id: row.id,
            target: match (row.wish.channel, row.wish.topic) {
                (Channel::Zulip, Some(topic)) => {
                    say_with("send-row-zulip", &[("stream", row.wish.target.into()), ("topic", topic.into())])
                }
                _ => row.wish.target,
            },
            chip,
            chip_class,
            when: Date::new(row.tried_at.unwrap_or(row.created_at)),
            facts,
            error: row
                .error
                .filter(|_| row.status != DeliveryStatus::Delivered)
                .map(|why| detail(&why))
                .unwrap_or_default(),
            may_repeat: row.status == DeliveryStatus::Failed,
        }
    }
}

async fn page(
    app: &App,
    mut conn: Connection,
    viewer: Viewer,
    view: &TranscriptView,
) -> Result<SendPage, Error> {
    let id = view.transcript.id;
    let rows = sending::list(&mut conn, viewer, id).await?;
    // Zulip may take its time.
    drop(conn);
    let last = rows.iter().find(|(row, _)| row.wish.channel == Channel::Zulip);
    let typed = SendForm {
        stream: last.map(|(row, _)| row.wish.target.clone()).unwrap_or_default(),
        topic: last.and_then(|(row, _)| row.wish.topic.clone()).unwrap_or_default(),
        include_topics: last.is_none_or(|(row, _)| row.wish.include_topics).then(String::new),
        ..SendForm::default()
    };
    let (streams, away) = match app.zulip() {
        Some(zulip) => match zulip.streams_lately().await {
            Ok(streams) => (streams, None),
            Err(trouble) => (Vec::new(), Some(detail(&trouble.why))),
        },
        None => (Vec::new(), None),
    };
    Ok(SendPage {
        version: &assets::VERSION,
        here: "",
        id,
        title: shown_title(view.title.as_deref(), &view.transcript),
        done: String::new(),
        wrong: None,
        ready: view.text.is_some(),
        email: features::offers().email,
        zulip: features::offers().zulip,
        typed,
        streams,
        away,
        rows: rows.into_iter().map(SendingView::new).collect(),
    })
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct SendQuery {
    done: Option<String>,
}

/// `GET /transcripts/{id}/send`.
pub(in crate::web) async fn show(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(query): PageQuery<SendQuery>,
) -> Result<Response, PageError> {
    let done = match query.done.as_deref() {
        Some("email") => say("send-done-email"),
        Some("zulip") => say("send-done-zulip"),
        Some("again") => say("send-done-again"),
        _ => String::new(),
    };
    let mut conn = read::connect(&app).await?;
    let view = sending::view(&mut conn, viewer, id).await?;
    Ok(html(&SendPage { done, ..page(&app, conn, viewer, &view).await? }))
}

fn to(id: TranscriptId, done: &str) -> Response {
    Redirect::to(&format!("/transcripts/{id}/send?done={done}")).into_response()
}

/// What is wrong with a form, in words for whoever filled it in; other errors have a page of their own.
fn told(error: &Error) -> Option<String> {
    match error {
        Error::Invalid { field: "email", message } => Some(why("send-wrong-email", message)),
        Error::Invalid { field: "stream", message } => Some(why("send-wrong-stream", message)),
        Error::Invalid { field: "topic", message } => Some(why("send-wrong-topic", message)),
        Error::Conflict(_) | Error::BadRequest(_) | Error::TooManySent { .. } => Some(explained(error)),
        _ => None,
    }
}

async fn answered(
    app: &App,
    mut conn: Connection,
    viewer: Viewer,
    (id, done): (TranscriptId, &str),
    form: SendForm,
    outcome: Result<(), Error>,
) -> Result<Response, PageError> {
    let Err(error) = outcome else { return Ok(to(id, done)) };
    let Some(wrong) = told(&error) else { return Err(error.into()) };
    let view = sending::view(&mut conn, viewer, id).await?;
    let page = page(app, conn, viewer, &view).await?;
    let typed = if done == "email" { SendForm { email: form.email, ..page.typed.clone() } } else { form };
    Ok(html_with(&error, &SendPage { wrong: Some(wrong), typed, ..page }))
}

/// `POST /transcripts/{id}/send/email`.
pub(in crate::web) async fn email(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<SendForm>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let outcome = sending::email(&app, &mut conn, viewer, id, &form.email).await.map(|_| ());
    answered(&app, conn, viewer, (id, "email"), form, outcome).await
}

/// `POST /transcripts/{id}/send/zulip`.
pub(in crate::web) async fn zulip(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<SendForm>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let place = (form.stream.as_str(), form.topic.as_str(), form.include_topics.is_some());
    let outcome = sending::zulip(&app, &mut conn, viewer, id, place).await;
    answered(&app, conn, viewer, (id, "zulip"), form, outcome).await
}

/// `POST /transcripts/{id}/send/{sending}/retry`.
pub(in crate::web) async fn retry(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath((id, one)): UrlPath<(TranscriptId, SendingId)>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    sending::again(&mut conn, viewer, id, one).await?;
    Ok(to(id, "again"))
}
