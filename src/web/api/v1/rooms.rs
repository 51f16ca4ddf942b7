//! `/v1/rooms` and one of them: list, get, create, change, delete, restore. What is secret is for those who may change it.

use axum::extract::State;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::idempotency::Once;
use super::list::{PageOut, paged};
use super::{Done, ok};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::ids::{RoomId, UserId};
use crate::model::room::{self, Patch, Platform, RecordingTrigger, RecordingType, Room, RoomMode};
use crate::policy::{self, RoomCapabilities};
use crate::web::api::document::Fails;
use crate::web::audit::Shares;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery};
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;
use crate::web::{read, rooms, tell};

/// A room with the ancestor's fields.
#[derive(Serialize, ToSchema)]
#[schema(as = Room)]
pub(in crate::web) struct RoomOut {
    id: RoomId,
    name: String,
    user_id: Option<UserId>,
    created_at: DateTime<Utc>,
    zulip_auto_post: bool,
    zulip_stream: Option<String>,
    zulip_topic: Option<String>,
    is_locked: bool,
    room_mode: RoomMode,
    recording_type: RecordingType,
    recording_trigger: RecordingTrigger,
    is_shared: bool,
    ics_url: Option<String>,
    ics_fetch_interval: i32,
    ics_enabled: bool,
    ics_last_sync: Option<DateTime<Utc>>,
    ics_last_etag: Option<String>,
    platform: Platform,
    skip_consent: bool,
    email_transcript_to: Option<String>,
    store_video: bool,
    webhook_url: Option<String>,
    webhook_secret: Option<String>,
}

impl RoomOut {
    /// Addresses, targets and secrets are `null` for those who may not change the room.
    pub(super) fn new(room: Room, may: RoomCapabilities) -> Self {
        let own = |text: Option<String>| text.filter(|_| may.write);
        Self {
            id: room.id,
            name: room.name,
            user_id: room.user_id,
            created_at: room.created_at,
            zulip_auto_post: room.zulip_auto_post,
            zulip_stream: own(room.zulip_stream),
            zulip_topic: own(room.zulip_topic),
            is_locked: room.is_locked,
            room_mode: room.room_mode,
            recording_type: room.recording_type,
            recording_trigger: room.recording_trigger,
            is_shared: room.is_shared,
            ics_url: own(room.ics_url),
            ics_fetch_interval: room.ics_fetch_interval,
            ics_enabled: room.ics_enabled,
            ics_last_sync: room.ics_last_sync,
            ics_last_etag: own(room.ics_last_etag),
            platform: room.platform,
            skip_consent: room.skip_consent,
            email_transcript_to: own(room.email_transcript_to),
            store_video: room.store_video,
            webhook_url: own(room.webhook_url),
            webhook_secret: own(room.webhook_secret),
        }
    }
}

/// What may be said of a room. A field that is left out stays, or has its default in a new one; `null` empties a text.
#[derive(Default, Deserialize, ToSchema)]
pub(in crate::web) struct RoomIn {
    name: Option<String>,
    zulip_auto_post: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    zulip_stream: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    zulip_topic: Option<Option<String>>,
    is_locked: Option<bool>,
    room_mode: Option<RoomMode>,
    recording_type: Option<RecordingType>,
    recording_trigger: Option<RecordingTrigger>,
    is_shared: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    webhook_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    webhook_secret: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    ics_url: Option<Option<String>>,
    ics_fetch_interval: Option<i32>,
    ics_enabled: Option<bool>,
    platform: Option<Platform>,
    skip_consent: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    email_transcript_to: Option<Option<String>>,
    store_video: Option<bool>,
}

/// Tells `null` from a field that is not there.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(value).map(Some)
}

impl From<RoomIn> for Patch {
    fn from(said: RoomIn) -> Self {
        Self {
            name: said.name,
            zulip_auto_post: said.zulip_auto_post,
            zulip_stream: said.zulip_stream,
            zulip_topic: said.zulip_topic,
            is_locked: said.is_locked,
            room_mode: said.room_mode,
            recording_type: said.recording_type,
            recording_trigger: said.recording_trigger,
            is_shared: said.is_shared,
            webhook_url: said.webhook_url,
            webhook_secret: said.webhook_secret,
            ics_url: said.ics_url,
            ics_fetch_interval: said.ics_fetch_interval,
            ics_enabled: said.ics_enabled,
            platform: said.platform,
            skip_consent: said.skip_consent,
            email_transcript_to: said.email_transcript_to,
            store_video: said.store_video,
        }
    }
}

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct RoomsQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    size: Option<i64>,
}

/// Rooms of one's own, and those that are shared
#[utoipa::path(get, path = "/rooms", operation_id = "list_rooms", tag = "rooms", params(RoomsQuery),
    responses((status = 200, body = PageOut<RoomOut>)))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiQuery(query): ApiQuery<RoomsQuery>,
) -> Result<Json<PageOut<RoomOut>>, ApiError> {
    let (page, size) = paged(query.page, query.size)?;
    let mut conn = read::connect(&app).await?;
    let (found, total) = room::list(&mut conn, viewer, page, size).await?;
    let items = found
        .into_iter()
        .map(|room| {
            let may = policy::in_room(viewer, (&room).into());
            RoomOut::new(room, may)
        })
        .collect();
    Ok(Json(PageOut::new(items, total, page, size)))
}

/// A room
#[utoipa::path(get, path = "/rooms/{id}", operation_id = "get_room", tag = "rooms", params(("id" = RoomId, Path)), responses((status = 200, body = RoomOut)))]
pub(in crate::web) async fn get(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
) -> Result<Json<RoomOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let (room, may) = rooms::allowed(&mut conn, viewer, id, |may| may.read).await?;
    Ok(Json(RoomOut::new(room, may)))
}

/// A room by its name
#[utoipa::path(get, path = "/rooms/name/{name}", operation_id = "get_room_by_name", tag = "rooms",
    params(("name" = String, Path)), responses((status = 200, body = RoomOut)))]
pub(in crate::web) async fn by_name(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<RoomOut>, ApiError> {
    if name.contains('\0') {
        return Err(Error::NotFound("Room").into());
    }
    let mut conn = read::connect(&app).await?;
    let found = room::by_name(&mut conn, &name).await?;
    let (room, may) = rooms::judged(found, viewer, |may| may.read)?;
    Ok(Json(RoomOut::new(room, may)))
}

/// Makes a room
#[utoipa::path(post, path = "/rooms", operation_id = "create_room", tag = "rooms", request_body = RoomIn,
    responses((status = 200, body = RoomOut), Fails<400>, Fails<409>))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    once: Option<Once>,
    ApiJson(body): ApiJson<RoomIn>,
) -> Result<Json<RoomOut>, ApiError> {
    if !policy::may_create_room(viewer) {
        return Err(Error::Forbidden.into());
    }
    let mut conn = read::connect(&app).await?;
    let made: Result<RoomOut, Error> = conn
        .transaction(async |conn| {
            let room = rooms::create(&app, conn, viewer.user(), body.into()).await?;
            let id = room.id;
            // Whoever made it knows what is in it, even with a key that reads nothing else.
            let may = RoomCapabilities { write: true, ..policy::in_room(viewer, (&room).into()) };
            let made = RoomOut::new(room, may);
            if let Some(once) = &once {
                once.keep(conn, id, &made).await?;
            }
            Ok(made)
        })
        .await;
    Ok(Json(made?))
}

/// Changes a room
#[utoipa::path(patch, path = "/rooms/{id}", operation_id = "update_room", tag = "rooms", params(("id" = RoomId, Path)), request_body = RoomIn,
    responses((status = 200, body = RoomOut), Fails<400>, Fails<409>))]
pub(in crate::web) async fn update(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
    ApiJson(body): ApiJson<RoomIn>,
) -> Result<(Option<Extension<Shares>>, Json<RoomOut>), ApiError> {
    let mut conn = read::connect(&app).await?;
    // The answer shows the room, so a key that may only write is refused before anything changes.
    let (room, may) = rooms::allowed(&mut conn, viewer, id, |may| may.write && may.read).await?;
    let after = rooms::change(&app, &mut conn, &room, body.into()).await?;
    Ok((rooms::shares(&room, &after), Json(RoomOut::new(after, may))))
}

/// Puts a room into the trash; its transcripts stay
#[utoipa::path(delete, path = "/rooms/{id}", operation_id = "delete_room", tag = "rooms", params(("id" = RoomId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn delete(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    rooms::allowed(&mut conn, viewer, id, |may| may.write).await?;
    room::delete(&mut conn, id, clock::now()).await?;
    tell::lists(&app).await;
    Ok(ok())
}

/// Takes a room out of the trash, within 30 days. Ours
#[utoipa::path(post, path = "/rooms/{id}/restore", operation_id = "restore_room", tag = "rooms", params(("id" = RoomId, Path)),
    responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn restore(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<RoomId>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let found = room::get(&mut conn, id).await?;
    if found.as_ref().is_some_and(|room| policy::in_room(viewer, room.into()).write) {
        return Err(Error::BadRequest("Room is not in the trash".into()).into());
    }
    rooms::judged(found, viewer, |may| may.restore)?;
    room::restore(&mut conn, id).await.map_err(rooms::refused)?;
    tell::lists(&app).await;
    Ok(ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_told_from_absent() {
        let said: RoomIn = serde_json::from_str(r#"{"webhook_url": null, "ics_url": "x"}"#).unwrap();
        assert_eq!((said.webhook_url, said.webhook_secret), (Some(None), None));
        assert_eq!(said.ics_url, Some(Some("x".into())));
    }
}
