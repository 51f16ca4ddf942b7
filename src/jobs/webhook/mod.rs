//! Telling the webhook of a room that one of its transcripts is finished.
//!
//! The event is written down with the end of the last stage, in one transaction, and gets its id there. What is sent is made from
//! the transcript each time, so it holds corrections made meanwhile, and nothing of a transcript that was deleted meanwhile.

mod body;

use std::time::Duration;

use diesel_async::AsyncPgConnection;

use super::context::write;
use super::environment::Environment;
use super::error::JobError;
use crate::clock;
use crate::ids::{DeliveryId, TranscriptId};
use crate::model::delivery::{self, Attempted, Delivery, DeliveryEvent, DeliveryStatus};
use crate::model::{Room, TranscriptView, room, transcript};
use crate::notify::{Message, Outcome, Receiver, Webhooks};
use crate::policy;
use crate::queue::{self, Retry};

/// How long a receiver may take, as with the ancestor.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one may take while a person waits.
const TEST_PATIENCE: Duration = Duration::from_secs(10);

/// Notes the event, if the transcript is in a room with a webhook, and has it delivered; in the caller's transaction.
///
/// # Errors
/// Those of the database.
pub(super) async fn plan(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    run: i32,
) -> diesel::QueryResult<()> {
    let Some(row) = transcript::get(conn, transcript).await? else { return Ok(()) };
    let Some(room) = row.room_id else { return Ok(()) };
    let Some(room) = room::get(conn, room).await? else { return Ok(()) };
    if room.webhook().is_none() || !policy::tells((&room).into(), (&row).into()) {
        return Ok(());
    }
    match delivery::plan(conn, room.id, transcript, run, clock::now()).await? {
        Some(event) => queue::enqueue_delivery(conn, event).await,
        None => Ok(()),
    }
}

/// Tries once to deliver an event; `last`: no further attempt follows by itself.
///
/// # Errors
/// It is to be tried again.
pub(super) async fn deliver(env: &Environment, id: DeliveryId, last: bool) -> Result<(), Retry> {
    let again = |error: JobError| Retry(error.to_string());
    let begun = write!(env, async |conn| delivery::begin(conn, id, clock::now()).await).map_err(again)?;
    let Some(event) = begun else { return Ok(()) };
    let (status, attempted) = match ready(env, &event).await.map_err(again)? {
        Err(why) => (DeliveryStatus::Failed, Attempted { error: Some(why.into()), ..Attempted::default() }),
        Ok((room, message)) => {
            let Some((url, secret)) = room.webhook() else { return Ok(()) };
            let now = clock::now();
            let outcome = env.webhooks.send(Receiver { url, secret }, &message, now, PATIENCE).await;
            log(&event, &outcome);
            let status = match &outcome.error {
                None => DeliveryStatus::Delivered,
                Some(_) if last || outcome.hopeless => DeliveryStatus::Failed,
                Some(_) => DeliveryStatus::Waiting,
            };
            (status, attempted(outcome))
        }
    };
    write!(env, async |conn| delivery::conclude(conn, id, status, &attempted).await).map_err(again)?;
    match (status, attempted.error) {
        (DeliveryStatus::Waiting, Some(why)) => Err(Retry(why)),
        _ => Ok(()),
    }
}

/// What is to be sent, or why nothing is.
async fn ready(
    env: &Environment,
    event: &Delivery,
) -> Result<Result<(Room, Message), &'static str>, JobError> {
    let mut conn = env.pool.get().await?;
    let Some(room) = room::get(&mut conn, event.room_id).await? else {
        return Ok(Err("the room is gone"));
    };
    if room.deleted_at.is_some() {
        return Ok(Err("the room was deleted"));
    }
    if room.webhook().is_none() {
        return Ok(Err("the room has no webhook any more"));
    }
    let found = match event.transcript_id {
        Some(id) => TranscriptView::load(&mut conn, id).await?,
        None => None,
    };
    let Some(view) = found else { return Ok(Err("the transcript is gone")) };
    if view.transcript.room_id != Some(room.id) {
        return Ok(Err("the transcript is in this room no longer"));
    }
    if !policy::tells((&room).into(), (&view.transcript).into()) {
        return Ok(Err("the transcript was deleted, or is private to somebody else now"));
    }
    let segments = view.segments(&mut conn).await?;
    let body = body::completed(&env.webhooks, event, &room, &view, &segments).to_string();
    let retry = u32::try_from(event.attempts - 1).unwrap_or(0);
    Ok(Ok((room, Message { event: event.event.as_str(), retry, body })))
}

fn log(event: &Delivery, outcome: &Outcome) {
    let (id, room, attempt) = (event.id, event.room_id, event.attempts);
    let millis = u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX);
    match &outcome.error {
        None => tracing::info!(event.id = %id, room.id = %room, attempt, millis, "a webhook was told"),
        Some(error) => {
            tracing::warn!(event.id = %id, room.id = %room, attempt, millis, error, "a webhook was not told");
        }
    }
}

fn attempted(outcome: Outcome) -> Attempted {
    Attempted {
        duration_ms: i32::try_from(outcome.took.as_millis()).ok(),
        answer_status: outcome.status.map(i32::from),
        answer: outcome.answer,
        error: outcome.error,
    }
}

/// Sends a test to the webhook of a room, at once, and notes it in the room's log; `None` if it has none.
///
/// # Errors
/// Those of the database.
pub async fn test(
    webhooks: &Webhooks,
    pool: &crate::db::Pool,
    room: &Room,
) -> Result<Option<Outcome>, crate::db::DbError> {
    let Some((url, secret)) = room.webhook() else { return Ok(None) };
    let (id, now) = (DeliveryId::new(), clock::now());
    let body = body::test(id, room, now).to_string();
    let message = Message { event: DeliveryEvent::Test.as_str(), retry: 0, body };
    let outcome = webhooks.send(Receiver { url, secret }, &message, now, TEST_PATIENCE).await;
    let attempted = attempted(outcome.clone());
    let mut conn = pool.get().await?;
    delivery::tested(&mut conn, id, room.id, outcome.error.is_none(), &attempted, now).await?;
    Ok(Some(outcome))
}
