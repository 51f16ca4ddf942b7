//! `/v1/rooms/{id}/webhook`: a test, what was delivered, and trying again. For those who may change the room.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Done, ok};
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{DeliveryId, RoomId, TranscriptId};
use crate::jobs;
use crate::model::Room;
use crate::model::delivery::{self, Delivery, DeliveryEvent, DeliveryStatus, KEPT};
use crate::queue;
use crate::web::api::document::Fails;
use crate::web::extract::ApiPath;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;
use crate::web::{read, rooms};

/// What came of a test; the ancestor's fields.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookTest)]
pub(in crate::web) struct TestOut {
    pub success: bool,
    pub message: String,
    pub error: Option<String>,
    pub status_code: Option<u16>,
    /// How the answer begins.
    pub response_preview: Option<String>,
}

/// Sends a test to the room's webhook.
///
/// # Errors
/// [`Error::BadRequest`] if it has none.
pub(in crate::web) async fn tried(app: &App, room: &Room) -> Result<TestOut, Error> {
    let outcome = jobs::test_webhook(app.webhooks(), app.pool(), room).await?;
    let outcome = outcome.ok_or_else(|| Error::BadRequest("The room has no webhook".into()))?;
    let millis = outcome.took.as_millis();
    Ok(TestOut {
        success: outcome.error.is_none(),
        message: match &outcome.error {
            None => format!("The receiver took the event in {millis} ms"),
            Some(error) => format!("The receiver did not take the event: {error}"),
        },
        error: outcome.error,
        status_code: outcome.status,
        response_preview: outcome.answer,
    })
}

/// Sends a test to a room's webhook
#[utoipa::path(post, path = "/rooms/{id}/webhook/test", operation_id = "test_webhook", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, body = TestOut), Fails<400>))]
pub(in crate::web) async fn test(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
) -> Result<Json<TestOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let (room, _) = rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    // The receiver may take its time.
    drop(conn);
    Ok(Json(tried(&app, &room).await?))
}

/// An event and where it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(in crate::web) struct DeliveryOut {
    /// As the receiver knows it: `event_id`.
    event_id: String,
    id: DeliveryId,
    event: DeliveryEvent,
    transcript_id: Option<TranscriptId>,
    status: DeliveryStatus,
    attempts: i32,
    created_at: DateTime<Utc>,
    last_attempt_at: Option<DateTime<Utc>>,
    /// Milliseconds that the last attempt took.
    duration_ms: Option<i32>,
    status_code: Option<i32>,
    response_preview: Option<String>,
    error: Option<String>,
}

impl From<Delivery> for DeliveryOut {
    fn from(row: Delivery) -> Self {
        Self {
            event_id: row.id.0.simple().to_string(),
            id: row.id,
            event: row.event,
            transcript_id: row.transcript_id,
            status: row.status,
            attempts: row.attempts,
            created_at: row.created_at,
            last_attempt_at: row.tried_at,
            duration_ms: row.duration_ms,
            status_code: row.answer_status,
            response_preview: row.answer,
            error: row.error,
        }
    }
}

/// What a room's webhook was told, the newest first. Ours
#[utoipa::path(get, path = "/rooms/{id}/webhook/deliveries", operation_id = "list_deliveries", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, body = Vec<DeliveryOut>)))]
pub(in crate::web) async fn deliveries(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
) -> Result<Json<Vec<DeliveryOut>>, ApiError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    let found = delivery::list(&mut conn, id, KEPT).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// Has an event delivered again, now.
///
/// # Errors
/// [`Error::NotFound`] when the room has no such event.
pub(in crate::web) async fn again(
    conn: &mut Connection,
    room: RoomId,
    event: DeliveryId,
) -> Result<(), Error> {
    conn.transaction(async |conn| {
        if !delivery::again(conn, room, event).await? {
            return Err(Error::NotFound("Delivery"));
        }
        queue::enqueue_delivery(conn, event).await?;
        Ok(())
    })
    .await
}

/// Tells a room's webhook again. Ours
#[utoipa::path(post, path = "/rooms/{id}/webhook/deliveries/{delivery}/retry", operation_id = "retry_delivery", tag = "rooms",
    params(("id" = RoomId, Path), ("delivery" = DeliveryId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn retry(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, event)): ApiPath<(RoomId, DeliveryId)>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    again(&mut conn, id, event).await?;
    Ok(ok())
}
