//! WebSockets: what happens to one transcript, and to those in the viewer's lists.
//!
//! Events have ids. A client that comes back with the last one it saw is told what it missed, without a gap and without anything
//! twice; where that is not known any more it is told to read anew, and the present state. Why a socket was closed its code says.

mod state;
mod talk;

use axum::extract::State;
use axum::extract::ws::close_code::AGAIN;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use self::talk::{Talk, Watched};
use super::api::document::Fails;
use super::extract::{ApiPath, ApiQuery};
use super::respond::ApiError;
use super::viewer::{Seen, Shown};
use super::{cors, read, security};
use crate::app::App;
use crate::bus::{EventId, NoEventId};
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::policy::{self, Viewer};

/// What clients send is ignored, so it may as well be small.
const MAX_MESSAGE: usize = 4096;
/// The protocol of clients that send their token as the next one.
const BEARER: &str = "bearer";
const LAST: HeaderName = HeaderName::from_static("last-event-id");

/// What one was told before.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// Id of the last event that one has seen: what came after it is told first.
    #[param(pattern = "^[0-9]+-[0-9]+$")]
    after: Option<String>,
}

impl After {
    /// # Errors
    /// It is no id.
    fn id(self, headers: &HeaderMap) -> Result<Option<EventId>, Error> {
        let read = |field: &'static str, text: &str| {
            let refused = |error: NoEventId| Error::Invalid { field, message: error.to_string() };
            text.parse().map(Some).map_err(refused)
        };
        match (self.after, headers.get(&LAST)) {
            (Some(after), _) => read("after", &after),
            (None, Some(last)) => read("Last-Event-ID", last.to_str().unwrap_or_default()),
            (None, None) => Ok(None),
        }
    }
}

/// What happens to a transcript, by WebSocket
///
/// First the present state as events, then what happens: `{"event", "data", "id"}`. With `after`, first what was missed. Closes with
/// 4401 when what opened it holds no more, 4404 when the transcript may not be read any more, 1013 when the client takes events too slowly:
/// it comes back with `after`.
#[utoipa::path(get, path = "/transcripts/{id}/events", operation_id = "watch_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path), After, ("Last-Event-ID" = Option<String>, Header, description = "As `after`", pattern = "^[0-9]+-[0-9]+$")),
    responses((status = 101, description = "A WebSocket"), Fails<400>, Fails<403>, Fails<426>))]
pub(super) async fn events(
    State(app): State<App>,
    seen: Seen,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(after): ApiQuery<After>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    if !may_open(&app, &seen, &uri, &headers) {
        return Err(Error::Forbidden.into());
    }
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, seen.viewer, id, |may| may.read).await?;
    drop(conn);
    let after = after.id(&headers)?;
    Ok(open(app, seen, Watched::Transcript(id), after, upgrade))
}

/// What happens in one's lists of transcripts, by WebSocket
///
/// `TRANSCRIPT_CREATED`, `TRANSCRIPT_DELETED`, `TRANSCRIPT_RESTORED`, `TRANSCRIPT_STATUS`, `TRANSCRIPT_FINAL_TITLE` and
/// `TRANSCRIPT_DURATION` of those transcripts that `GET /v1/transcripts` lists, from now on or after `after`. `RESYNC`: read the list
/// anew. Needs a login: closes with 4401 otherwise, and when that holds no more.
#[utoipa::path(get, path = "/events", operation_id = "watch_transcripts", tag = "transcripts",
    params(After, ("Last-Event-ID" = Option<String>, Header, description = "As `after`", pattern = "^[0-9]+-[0-9]+$")),
    responses((status = 101, description = "A WebSocket"), Fails<400>, Fails<403>, Fails<426>))]
pub(super) async fn lists(
    State(app): State<App>,
    seen: Seen,
    ApiQuery(after): ApiQuery<After>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    if !may_open(&app, &seen, &uri, &headers) {
        return Err(Error::Forbidden.into());
    }
    let known = !matches!(seen.viewer, Viewer::Visitor { .. });
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(_) if !known => return Err(Error::Unauthorized.into()),
        Err(rejection) => return Ok(rejection.into_response()),
    };
    if !known {
        return Ok(turned_away(upgrade));
    }
    if !policy::may_follow(seen.viewer) {
        return Err(Error::Forbidden.into());
    }
    let after = after.id(&headers)?;
    Ok(open(app, seen, Watched::Lists, after, upgrade))
}

/// Whether whoever asks may open a WebSocket: our own pages, programs, and pages of the sites that the settings list. Browsers hand these
/// pages what came of a cookie even where `cors.allow_credentials` keeps answers from them, so that is held to here.
fn may_open(app: &App, seen: &Seen, uri: &Uri, headers: &HeaderMap) -> bool {
    let cors = &app.config().cors;
    let by_cookie = matches!(seen.shown, Shown::Session(_));
    security::same_origin(uri, headers)
        || cors::names(cors, headers) && (cors.allow_credentials || !by_cookie)
}

fn open(app: App, seen: Seen, what: Watched, after: Option<EventId>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols([BEARER]).max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| {
        let open = metrics::gauge!("reflector_event_sockets");
        open.increment(1.0);
        Talk::new(&app, &seen, what, socket).hold(after).await;
        open.decrement(1.0);
    })
}

/// A browser's script can't read why a WebSocket was refused. It can read why one was closed.
fn turned_away(upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols([BEARER]).max_message_size(MAX_MESSAGE).on_upgrade(async |mut socket| {
        let frame = CloseFrame { code: talk::LOG_IN, reason: "log in first".into() };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            talk::drain(&mut socket).await;
        }
    })
}

/// Why a talk ends, as its close frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    LoginEnded,
    NotThere,
    TooSlow,
    CantTell,
}

impl Why {
    fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::LoginEnded => (talk::LOG_IN, "what opened this holds no more: log in again"),
            Self::NotThere => (talk::NOT_THERE, "the transcript is gone, or not for you any more"),
            Self::TooSlow => (AGAIN, "too slow: come back with ?after= and the last id"),
            Self::CantTell => (AGAIN, "that can't be told right now: come back in a moment"),
        };
        CloseFrame { code, reason: reason.into() }
    }
}
