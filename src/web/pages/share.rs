//! Who may read a transcript: what each choice means, the room, the link, and who has looked at it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{Redirect, Response};
use diesel_async::AsyncConnection;
use serde::Deserialize;

use super::actions::room_id;
use super::deeds::{DeedView, Titles};
use super::format::shown_title;
use super::provider::origin;
use super::quoting::{QuoteForm, QuoteView};
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::audit::{self, Filter};
use crate::model::transcript::{self, Patch};
use crate::model::{ShareMode, Transcript, TranscriptView, user};
use crate::policy::{self, Viewer};
use crate::web::audit::Shares;
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::respond::{PageError, html};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::{Asking, Https};
use crate::web::{assets, quotes, read, rooms, security, tell};

/// Entries of the audit log that the page shows.
const LOOKED: i64 = 20;

#[derive(Template)]
#[template(path = "share.html")]
struct SharePage {
    version: &'static str,
    here: &'static str,
    id: TranscriptId,
    title: String,
    done: String,
    /// Fields of the form that takes back what was done.
    undo: Vec<(&'static str, String)>,
    link: String,
    /// Whether there is somebody to keep it from: not where nobody logs in, and not of what belongs to nobody.
    has_choice: bool,
    /// It is anything but private.
    is_shared: bool,
    modes: Vec<ModeView>,
    /// Rooms that it may be put into, with the one it is in.
    rooms: Vec<(String, String)>,
    /// That one's id; empty: none.
    room: String,
    /// Who can read it as things are, a sentence each.
    access: Vec<String>,
    entries: Vec<DeedView>,
    /// Links to a few seconds of it, the newest first.
    quotes: Vec<QuoteView>,
    /// Where it has sound that may be quoted.
    may_quote: bool,
    lives: &'static [(i64, &'static str)],
    /// What was typed into the form for one.
    typed: QuoteForm,
    /// The one that was made just now, with its link.
    made: Option<(String, QuoteView)>,
    wrong: Option<String>,
}

/// Something to choose.
struct ModeView {
    word: &'static str,
    name: String,
    meaning: String,
    chosen: bool,
}

fn modes(app: &App, now: ShareMode) -> Vec<ModeView> {
    let public =
        if app.config().auth.is_public() { say("share-public-means") } else { say("share-public-closed") };
    let mode =
        |mode: ShareMode, name, meaning| ModeView { word: mode.as_str(), name, meaning, chosen: mode == now };
    vec![
        mode(ShareMode::Private, say("share-private"), say("share-private-means")),
        mode(ShareMode::SemiPrivate, say("share-semi-private"), say("share-semi-private-means")),
        mode(ShareMode::Public, say("share-public"), public),
    ]
}

/// Who can read it as things are.
fn access(app: &App, row: &Transcript, owner: Option<&str>, room: Option<&str>) -> Vec<String> {
    let config = &app.config().auth;
    if config.is_open() {
        return vec![say("share-can-anybody")];
    }
    let mut lines = Vec::new();
    if row.user_id.is_none() {
        lines.push(match config.is_public() {
            true => say("share-can-nobodys-public"),
            false => say("share-can-nobodys"),
        });
        lines.push(say("share-can-administrators"));
        return lines;
    }
    let owner = owner.map_or_else(|| say("share-can-unknown-owner"), str::to_owned);
    lines.push(say_with("share-can-owner", &[("owner", owner.into())]));
    match row.share_mode {
        ShareMode::Private => {}
        ShareMode::Public if config.is_public() => {
            lines.push(say("share-can-visitors"));
        }
        ShareMode::SemiPrivate | ShareMode::Public => {
            lines.push(say("share-can-link"));
        }
    }
    if let Some(room) = room {
        lines.push(match row.share_mode {
            ShareMode::Private => say_with("share-can-room-private", &[("room", room.into())]),
            _ => say_with("share-can-room", &[("room", room.into())]),
        });
    }
    lines
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct ShareQuery {
    done: String,
    /// What it was before.
    share_mode: Option<String>,
    room_id: Option<String>,
}

impl ShareQuery {
    /// Fields of the form that takes it back, as far as this page would send them.
    fn undo(&self, page: &SharePage) -> Vec<(&'static str, String)> {
        let mode = self.share_mode.as_ref().filter(|word| page.modes.iter().any(|mode| mode.word == *word));
        let open = |id: &&String| id.is_empty() || page.rooms.iter().any(|(known, _)| known == *id);
        let room = self.room_id.as_ref().filter(open);
        let mode = mode.map(|word| ("share_mode", word.clone()));
        mode.into_iter().chain(room.map(|id| ("room_id", id.clone()))).collect()
    }
}

/// `GET /transcripts/{id}/share`, for those who may change it.
pub(in crate::web) async fn show(
    State(app): State<App>,
    Asking(viewer): Asking,
    Extension(Https(https)): Extension<Https>,
    UrlPath(id): UrlPath<TranscriptId>,
    PageQuery(query): PageQuery<ShareQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let done = match query.done.as_str() {
        "saved" => say("share-saved"),
        "quote" => say("quoting-taken-back"),
        "private" => say("share-now-private"),
        _ => String::new(),
    };
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let link = format!("{}/transcripts/{id}", origin(&app, &uri, &headers, https));
    let page = page(&app, &mut conn, viewer, view).await?;
    let undo = if security::led_here(&uri, &headers, https) { query.undo(&page) } else { Vec::new() };
    Ok(html(&SharePage { done, undo, link, ..page }))
}

/// The page after something was asked of its form for quotes: the link that was made, or what is wrong with what was typed.
///
/// # Errors
/// Those of [`read::view`].
pub(super) async fn after_quoting(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    (id, base): (TranscriptId, &str),
    outcome: Result<(String, QuoteView), (String, QuoteForm)>,
) -> Result<impl Template, Error> {
    let (view, _) = read::view(conn, viewer, id).await?;
    let link = format!("{base}/transcripts/{id}");
    let page = SharePage { link, ..page(app, conn, viewer, view).await? };
    Ok(match outcome {
        Ok(made) => SharePage { made: Some(made), ..page },
        Err((wrong, typed)) => SharePage { wrong: Some(wrong), typed, ..page },
    })
}

async fn page(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    view: TranscriptView,
) -> Result<SharePage, Error> {
    let row = &view.transcript;
    let mut rooms = rooms::choice(conn, viewer, |may| may.add).await?;
    let room = row.room_id.map(|room| room.to_string()).unwrap_or_default();
    if !room.is_empty() && rooms.iter().all(|(id, _)| *id != room) {
        rooms.push((room.clone(), view.room_name.clone().unwrap_or_default()));
    }
    let owner = match row.user_id {
        Some(owner) => user::get(conn, owner).await?.and_then(|user| user.email),
        None => None,
    };
    Ok(SharePage {
        version: &assets::VERSION,
        here: "",
        id: row.id,
        title: shown_title(view.title.as_deref(), row),
        done: String::new(),
        undo: Vec::new(),
        link: String::new(),
        has_choice: row.user_id.is_some(),
        is_shared: row.user_id.is_some() && row.share_mode != ShareMode::Private,
        modes: modes(app, row.share_mode),
        rooms,
        room,
        access: access(app, row, owner.as_deref(), view.room_name.as_deref()),
        entries: looked(conn, viewer, row.id).await?,
        quotes: quotes::all(conn, &view).await?.into_iter().map(QuoteView::new).collect(),
        may_quote: policy::may_quote(policy::capabilities(viewer, row.into())) && row.duration > 0.0,
        lives: &quotes::LIVES,
        typed: QuoteForm::default(),
        made: None,
        wrong: None,
    })
}

/// Who did what with it lately, as far as the viewer may know.
async fn looked(conn: &mut Connection, viewer: Viewer, id: TranscriptId) -> Result<Vec<DeedView>, Error> {
    let Some(trail) = policy::trail(viewer) else { return Ok(Vec::new()) };
    let filter = Filter {
        trail,
        transcript_id: Some(id),
        room_id: None,
        action: None,
        who: None,
        from: None,
        to: None,
        page: 1,
        size: LOOKED,
    };
    let (entries, _) = audit::list(conn, &filter).await?;
    let titles = Titles::none();
    Ok(entries.into_iter().map(|entry| DeedView::new(entry, &titles)).collect())
}

/// The forms of the page; what one of them does not have stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct ShareForm {
    share_mode: Option<String>,
    room_id: Option<String>,
}

/// `POST /transcripts/{id}/share`.
pub(in crate::web) async fn share(
    State(app): State<App>,
    Asking(viewer): Asking,
    Extension(Https(https)): Extension<Https>,
    UrlPath(id): UrlPath<TranscriptId>,
    headers: HeaderMap,
    PageForm(form): PageForm<ShareForm>,
) -> Result<(Option<Extension<Shares>>, Redirect), PageError> {
    let mut conn = read::connect(&app).await?;
    let mode = |word: String| {
        word.parse::<ShareMode>().map_err(|message| Error::Invalid { field: "share_mode", message })
    };
    let share_mode = form.share_mode.map(mode).transpose()?;
    let to_room = form.room_id.map(room_id).transpose()?;
    let shared: Result<Transcript, Error> = conn
        .transaction(async |conn| {
            let before = read::held(conn, viewer, id, |may| may.write).await?;
            // Where it is already it may stay, whatever became of the room.
            if let Some(Some(room)) = to_room.filter(|room| *room != before.room_id) {
                rooms::open_to(conn, viewer, room).await?;
            }
            let patch = Patch { share_mode, room_id: to_room, ..Patch::default() };
            transcript::patch(conn, id, &patch).await?;
            Ok(before)
        })
        .await;
    let before = shared?;
    let other_mode = share_mode.is_some_and(|mode| mode != before.share_mode);
    let other_room = to_room.is_some_and(|room| room != before.room_id);
    let changed = other_mode || other_room;
    if changed {
        tell::rights(&app, id).await;
    }
    let revoked = share_mode == Some(ShareMode::Private) && before.share_mode != ShareMode::Private;
    let done = if revoked { "private" } else { "saved" };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("done", done);
    if other_mode {
        query.append_pair("share_mode", before.share_mode.as_str());
    }
    if other_room {
        let room = before.room_id.map(|room| room.to_string()).unwrap_or_default();
        query.append_pair("room_id", &room);
    }
    let to = security::lead(format!("/transcripts/{id}/share?{}", query.finish()), &headers, https);
    Ok((changed.then_some(Extension(Shares::Named)), to))
}
