//! Rooms: a list, and one of them with its webhook and what that was told.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::format::{Date, shown_title};
use super::room_sending::RoomSending;
use crate::app::App;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{DeliveryId, RoomId, TranscriptId};
use crate::model::delivery::{self, Delivery, DeliveryEvent, DeliveryStatus};
use crate::model::room::{self, Patch, Room};
use crate::model::transcript;
use crate::policy::{self, Viewer};
use crate::web::api::v1::webhook;
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::respond::{PageError, about_field, detail, explained, html, html_with};
use crate::web::say::{Value, filters, say, say_with};
use crate::web::viewer::Asking;
use crate::web::{assets, read, rooms, tell};

/// Rooms on one page, and events of one room.
const PAGE: i64 = 50;
const EVENTS: i64 = 20;

#[derive(Template)]
#[template(path = "rooms.html")]
struct RoomsPage {
    version: &'static str,
    here: &'static str,
    done: String,
    wrong: Option<String>,
    undo: Option<RoomRow>,
    may_create: bool,
    name_limit: usize,
    /// What was typed before something was wrong with it.
    typed: RoomForm,
    rooms: Vec<RoomRow>,
    page: i64,
    pages: i64,
}

/// A line of the list.
struct RoomRow {
    id: RoomId,
    name: String,
    shared: bool,
    webhook: bool,
    /// Somebody else's.
    theirs: bool,
    may_edit: bool,
    created: Date,
}

impl RoomRow {
    fn new(viewer: Viewer, room: Room) -> Self {
        let may = policy::in_room(viewer, (&room).into());
        Self {
            id: room.id,
            webhook: may.write && room.webhook().is_some(),
            shared: room.is_shared,
            theirs: !may.write,
            may_edit: may.write,
            created: Date::new(room.created_at),
            name: room.name,
        }
    }
}

/// What to show.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct RoomsQuery {
    page: Option<i64>,
    deleted: Option<RoomId>,
    done: String,
}

async fn list_page(conn: &mut Connection, viewer: Viewer, query: &RoomsQuery) -> Result<RoomsPage, Error> {
    let page = query.page.unwrap_or(1).clamp(1, i64::from(i32::MAX));
    let (found, total) = room::list(conn, viewer, page, PAGE).await?;
    let deleted = match query.deleted {
        Some(id) => room::get(conn, id).await?,
        None => None,
    };
    let undo = deleted.filter(|room| policy::in_room(viewer, room.into()).restore);
    Ok(RoomsPage {
        version: &assets::VERSION,
        here: "rooms",
        done: if query.done == "restored" { say("rooms-done-restored") } else { String::new() },
        wrong: None,
        undo: undo.map(|room| RoomRow::new(viewer, room)),
        may_create: policy::may_create_room(viewer),
        name_limit: rooms::MAX_NAME,
        typed: RoomForm::default(),
        rooms: found.into_iter().map(|room| RoomRow::new(viewer, room)).collect(),
        page,
        pages: total.div_euclid(PAGE) + i64::from(total % PAGE != 0),
    })
}

/// `GET /rooms`.
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageQuery(query): PageQuery<RoomsQuery>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    Ok(html(&list_page(&mut conn, viewer, &query).await?))
}

/// The forms of a room. A box that is not ticked is not sent; the webhook's fields are on one of the two forms only.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct RoomForm {
    name: String,
    is_shared: Option<String>,
    webhook_url: Option<String>,
    webhook_secret: Option<String>,
}

impl RoomForm {
    fn patch(&self) -> Patch {
        Patch {
            name: Some(self.name.clone()),
            is_shared: Some(self.is_shared.is_some()),
            webhook_url: self.webhook_url.clone().map(Some),
            webhook_secret: self.webhook_secret.clone().map(Some),
            ..Patch::default()
        }
    }
}

/// A text of the catalogue about a field, with the reason.
pub(super) fn why(id: &str, message: &str) -> String {
    say_with(id, &[("why", about_field(message).into())])
}

/// What is wrong with a form, in words for whoever filled it in; other errors have a page of their own.
fn told(error: &Error) -> Option<String> {
    match error {
        Error::Invalid { field: "email_transcript_to", message } => Some(why("rooms-wrong-email", message)),
        Error::Invalid { field: "zulip_stream", message } => Some(why("rooms-wrong-stream", message)),
        Error::Invalid { field: "name", message } => Some(why("rooms-wrong-name", message)),
        Error::Invalid { field: "webhook_url", message } => Some(why("rooms-wrong-webhook", message)),
        Error::Invalid { .. } | Error::Conflict(_) => Some(explained(error)),
        _ => None,
    }
}

/// `POST /rooms`.
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    PageForm(form): PageForm<RoomForm>,
) -> Result<Response, PageError> {
    if !policy::may_create_room(viewer) {
        return Err(Error::Forbidden.into());
    }
    let mut conn = read::connect(&app).await?;
    match rooms::create(&app, &mut conn, viewer.user(), form.patch()).await {
        Ok(room) => Ok(to(room.id, "made").into_response()),
        Err(error) => {
            let Some(wrong) = told(&error) else { return Err(error.into()) };
            let page = list_page(&mut conn, viewer, &RoomsQuery::default()).await?;
            Ok(html_with(&error, &RoomsPage { wrong: Some(wrong), typed: form, ..page }))
        }
    }
}

fn to(id: RoomId, done: &str) -> Redirect {
    Redirect::to(&format!("/rooms/{id}?done={done}"))
}

#[derive(Template)]
#[template(path = "room.html")]
pub(super) struct RoomPage {
    version: &'static str,
    here: &'static str,
    id: RoomId,
    /// As it is kept, whatever was typed.
    name: String,
    has_webhook: bool,
    done: String,
    wrong: Option<String>,
    name_limit: usize,
    typed: RoomForm,
    sending: RoomSending,
    events: Vec<EventView>,
}

impl RoomPage {
    /// The page with what was typed into the form of what is sent by itself.
    pub(super) fn with_sending(self, sending: RoomSending) -> Self {
        Self { sending, ..self }
    }
}

/// An event that the webhook was told, or is to be.
struct EventView {
    id: DeliveryId,
    title: String,
    /// `None`: a test, or a transcript that may no longer be seen.
    transcript: Option<TranscriptId>,
    chip: &'static str,
    chip_class: &'static str,
    when: Date,
    facts: Vec<String>,
    error: String,
    answer: String,
    may_repeat: bool,
}

impl EventView {
    fn new(event: Delivery, title: Option<String>) -> Self {
        let (chip, chip_class) = match event.status {
            DeliveryStatus::Delivered => ("rooms-event-delivered", ""),
            DeliveryStatus::Waiting => ("rooms-event-waiting", "busy"),
            DeliveryStatus::Failed => ("rooms-event-failed", "failed"),
        };
        let mut facts = Vec::new();
        if event.attempts > 0 {
            facts.push(say_with("rooms-event-attempts", &[("count", event.attempts.into())]));
        }
        let answered = |status| say_with("rooms-event-status", &[("status", Value::from(status))]);
        facts.extend(event.answer_status.map(answered));
        let took = |millis| say_with("rooms-event-took", &[("millis", Value::from(millis))]);
        facts.extend(event.duration_ms.map(took));
        let is_test = event.event == DeliveryEvent::Test;
        Self {
            id: event.id,
            transcript: event.transcript_id.filter(|_| title.is_some()),
            title: title
                .unwrap_or_else(|| say(if is_test { "rooms-event-test" } else { "rooms-event-transcript" })),
            chip,
            chip_class,
            when: Date::new(event.tried_at.unwrap_or(event.created_at)),
            facts,
            error: event.error.as_deref().map(detail).unwrap_or_default(),
            answer: event.answer.unwrap_or_default(),
            may_repeat: !is_test,
        }
    }
}

async fn room_page(conn: &mut Connection, viewer: Viewer, room: Room) -> Result<RoomPage, Error> {
    let events = delivery::list(conn, room.id, EVENTS).await?;
    let ids: Vec<TranscriptId> = events.iter().filter_map(|event| event.transcript_id).collect();
    let items = transcript::items(conn, &ids).await?;
    let title = |id: TranscriptId| {
        let item = items.get(&id)?;
        let may = policy::capabilities(viewer, (&item.transcript).into());
        may.read.then(|| shown_title(item.title.as_deref(), &item.transcript))
    };
    let events = events
        .into_iter()
        .map(|event| {
            let title = event.transcript_id.and_then(title);
            EventView::new(event, title)
        })
        .collect();
    Ok(RoomPage {
        version: &assets::VERSION,
        here: "rooms",
        id: room.id,
        has_webhook: room.webhook().is_some(),
        done: String::new(),
        wrong: None,
        name_limit: rooms::MAX_NAME,
        sending: RoomSending::of(&room),
        typed: RoomForm {
            name: room.name.clone(),
            is_shared: room.is_shared.then(String::new),
            webhook_url: Some(room.webhook_url.unwrap_or_default()),
            webhook_secret: Some(room.webhook_secret.unwrap_or_default()),
        },
        name: room.name,
        events,
    })
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct RoomQuery {
    done: Option<String>,
}

/// `GET /rooms/{id}`, for those who may change it.
pub(in crate::web) async fn show(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
    PageQuery(query): PageQuery<RoomQuery>,
) -> Result<Response, PageError> {
    let done = match query.done.as_deref() {
        Some("made") => say("rooms-done-made"),
        Some("saved") => say("rooms-done-saved"),
        Some("tested") => say("rooms-done-tested"),
        Some("again") => say("rooms-done-again"),
        _ => String::new(),
    };
    let mut conn = read::connect(&app).await?;
    let (room, _) = rooms::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    Ok(html(&RoomPage { done, ..room_page(&mut conn, viewer, room).await? }))
}

/// `POST /rooms/{id}`.
pub(in crate::web) async fn save(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
    PageForm(form): PageForm<RoomForm>,
) -> Result<Response, PageError> {
    change(&app, viewer, id, form.patch(), |page| RoomPage { typed: form, ..page }).await
}

/// Changes a room as one of its forms says; if something is wrong with that, the page says so and `typed` puts the form back.
pub(super) async fn change(
    app: &App,
    viewer: Viewer,
    id: RoomId,
    patch: Patch,
    typed: impl FnOnce(RoomPage) -> RoomPage,
) -> Result<Response, PageError> {
    let mut conn = read::connect(app).await?;
    let (room, _) = rooms::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    match rooms::change(app, &mut conn, &room, patch).await {
        Ok(after) => Ok((rooms::shares(&room, &after), to(id, "saved")).into_response()),
        Err(error) => {
            let Some(wrong) = told(&error) else { return Err(error.into()) };
            let page = typed(room_page(&mut conn, viewer, room).await?);
            Ok(html_with(&error, &RoomPage { wrong: Some(wrong), ..page }))
        }
    }
}

/// `POST /rooms/{id}/delete`: into the trash; the list offers to take it back.
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    room::delete(&mut conn, id, clock::now()).await?;
    tell::lists(&app).await;
    Ok(Redirect::to(&format!("/rooms?deleted={id}")))
}

/// `POST /rooms/{id}/restore`.
pub(in crate::web) async fn restore(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.restore).await?;
    room::restore(&mut conn, id).await.map_err(rooms::refused)?;
    tell::lists(&app).await;
    Ok(Redirect::to("/rooms?done=restored"))
}

/// `POST /rooms/{id}/webhook/test`.
pub(in crate::web) async fn test(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<RoomId>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    let (room, _) = rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    drop(conn);
    webhook::tried(&app, &room).await?;
    Ok(to(id, "tested"))
}

/// `POST /rooms/{id}/webhook/deliveries/{delivery}/retry`.
pub(in crate::web) async fn retry(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath((id, event)): UrlPath<(RoomId, DeliveryId)>,
) -> Result<Redirect, PageError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    webhook::again(&mut conn, id, event).await?;
    Ok(to(id, "again"))
}
