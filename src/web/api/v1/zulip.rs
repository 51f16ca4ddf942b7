//! `/v1/zulip`: streams and topics that transcripts can be posted in, as Zulip says now.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::notify::{Trouble, Zulip};
use crate::policy;
use crate::web::api::document::Fails;
use crate::web::extract::ApiPath;
use crate::web::respond::ApiError;
use crate::web::viewer::{Asking, Viewer};

/// A stream of Zulip.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZulipStream)]
pub(in crate::web) struct StreamOut {
    stream_id: i64,
    name: String,
}

/// A topic of a stream.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZulipTopic)]
pub(in crate::web) struct TopicOut {
    name: String,
}

/// Zulip, for somebody who may post there.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::BadRequest`] where none is set up.
fn open(app: &App, viewer: Viewer) -> Result<&Zulip, Error> {
    if !policy::may_send(viewer) {
        return Err(Error::Forbidden);
    }
    app.zulip().ok_or_else(|| Error::BadRequest("Zulip is not set up here (zulip.realm)".into()))
}

fn away(trouble: Trouble) -> Error {
    Error::Unavailable(trouble.why)
}

/// Streams that transcripts can be posted in, by name
#[utoipa::path(get, path = "/zulip/streams", operation_id = "list_zulip_streams", tag = "transcripts",
    responses((status = 200, body = Vec<StreamOut>), Fails<400>, Fails<403>))]
pub(in crate::web) async fn streams(
    State(app): State<App>,
    Asking(viewer): Asking,
) -> Result<Json<Vec<StreamOut>>, ApiError> {
    let found = open(&app, viewer)?.streams().await.map_err(away)?;
    Ok(Json(found.into_iter().map(|one| StreamOut { stream_id: one.stream_id, name: one.name }).collect()))
}

/// Topics of a stream, the newest first
#[utoipa::path(get, path = "/zulip/streams/{id}/topics", operation_id = "list_zulip_topics", tag = "transcripts",
    params(("id" = i64, Path)), responses((status = 200, body = Vec<TopicOut>), Fails<400>, Fails<403>))]
pub(in crate::web) async fn topics(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<i64>,
) -> Result<Json<Vec<TopicOut>>, ApiError> {
    let found = open(&app, viewer)?.topics(id).await;
    // What Zulip refuses for good is a stream that it does not have, or does not show the bot.
    let found =
        found.map_err(|trouble| if trouble.hopeless { Error::NotFound("Stream") } else { away(trouble) })?;
    Ok(Json(found.into_iter().map(|one| TopicOut { name: one.name }).collect()))
}
