//! `GET /v1/transcripts/{id}/events`: first the present state as events, then what happens.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures::StreamExt;

use super::api::document::Fails;
use super::extract::ApiPath;
use super::respond::ApiError;
use super::viewer::{Seen, Viewer};
use super::{read, security, waveform};
use crate::app::App;
use crate::bus::{Event, StageEvent};
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::StageStatus;

/// Between signs of life: proxies close what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// What clients send is ignored, so it may as well be small.
const MAX_MESSAGE: usize = 4096;

/// What happens to a transcript, by WebSocket
///
/// First the present state as events, then what happens: `{"event", "data"}`.
#[utoipa::path(get, path = "/transcripts/{id}/events", operation_id = "watch_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)),
    responses((status = 101, description = "A WebSocket"), Fails<400>, Fails<403>, Fails<426>))]
pub(super) async fn events(
    State(app): State<App>,
    seen: Seen,
    ApiPath(id): ApiPath<TranscriptId>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    if !security::same_origin(&uri, &headers) {
        return Err(Error::Forbidden.into());
    }
    let viewer = seen.viewer;
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    drop(conn);
    // The protocol of clients that send their token as the next one.
    Ok(upgrade.protocols(["bearer"]).max_message_size(MAX_MESSAGE).on_upgrade(async move |socket| {
        let open = metrics::gauge!("reflector_event_sockets");
        open.increment(1.0);
        // Whatever ends it, the client comes back and is told the present state again.
        let _ended = talk(&app, seen, id, socket).await;
        open.decrement(1.0);
    }))
}

/// Talks until the client goes, or the transcript may no longer be read.
async fn talk(app: &App, seen: Seen, id: TranscriptId, mut socket: WebSocket) -> Result<(), axum::Error> {
    let viewer = seen.viewer;
    // Subscribed before the state is read: what happens in between is told twice, not lost.
    let mut events = Box::pin(app.bus().subscribe(id));
    if !replay(app, viewer, id, &mut socket).await? {
        return Ok(());
    }
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Event::Resync {}) => {
                    if !replay(app, viewer, id, &mut socket).await? {
                        return Ok(());
                    }
                }
                Some(event) => send(&mut socket, &event).await?,
                None => return Ok(()),
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_))) | None => return Ok(()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
            },
            _ = heartbeat.tick() => {
                if !may_listen(app, &seen, id).await {
                    return Ok(());
                }
                socket.send(Message::Ping(Default::default())).await?;
            }
        }
    }
}

/// Whether a socket stays open: what opened it still holds, and the transcript may still be read. A database that does not
/// answer right now changes nothing.
async fn may_listen(app: &App, seen: &Seen, id: TranscriptId) -> bool {
    let found = async {
        if !seen.still(app).await? {
            return Ok(false);
        }
        let mut conn = read::connect(app).await?;
        match read::allowed(&mut conn, seen.viewer, id, |may| may.read).await {
            Err(Error::NotFound(_) | Error::Forbidden) => Ok(false),
            other => other.map(|_| true),
        }
    };
    found.await.unwrap_or_else(|error: Error| {
        tracing::debug!(%error, transcript.id = %id, "it can't be found out who may listen");
        true
    })
}

async fn send(socket: &mut WebSocket, event: &Event) -> Result<(), axum::Error> {
    match serde_json::to_string(event) {
        Ok(text) => socket.send(Message::Text(text.into())).await,
        Err(error) => {
            tracing::error!(%error, "an event can't be written as JSON");
            Ok(())
        }
    }
}

/// Sends the present state; false if it may not or can't be read.
async fn replay(
    app: &App,
    viewer: Viewer,
    id: TranscriptId,
    socket: &mut WebSocket,
) -> Result<bool, axum::Error> {
    let events = match state(app, viewer, id).await {
        Ok(events) => events,
        Err(error) => {
            tracing::debug!(%error, transcript.id = %id, "the state of a transcript can't be told");
            return Ok(false);
        }
    };
    for event in events {
        send(socket, &event).await?;
    }
    Ok(true)
}

async fn state(app: &App, viewer: Viewer, id: TranscriptId) -> Result<Vec<Event>, Error> {
    let mut conn = read::connect(app).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let mut events = Vec::new();
    if view.transcript.duration > 0.0 {
        events.push(Event::Duration { duration: view.transcript.duration });
    }
    if let Ok(Some(waveform)) = waveform::peaks(app, id).await {
        events.push(Event::Waveform { waveform });
    }
    if !segments.is_empty() {
        events.push(jobs::segments_event(&segments));
    }
    events.extend(view.topics.iter().map(|topic| Event::Topic(jobs::topic_event(topic, &segments))));
    events.extend(view.title.clone().map(|title| Event::FinalTitle { title }));
    events.extend(view.short_summary.clone().map(|short_summary| Event::FinalShortSummary { short_summary }));
    events.extend(view.long_summary.clone().map(|long_summary| Event::FinalLongSummary { long_summary }));
    if !view.actions.is_empty() {
        events.push(Event::ActionItems { action_items: jobs::action_items_event(&view.actions) });
    }
    for state in &view.stages {
        let estimate = view.estimate.stages.iter().find(|one| one.stage == state.stage);
        events.push(Event::Stage(StageEvent {
            stage: state.stage.to_string(),
            status: state.status.to_string(),
            progress: state.progress,
            seconds_left: estimate
                .filter(|_| state.status == StageStatus::Running)
                .map(|estimate| estimate.seconds_left),
            error: state.error.clone(),
            note: state.note.clone(),
        }));
    }
    events.push(Event::Status { value: view.transcript.status.to_string() });
    Ok(events)
}
