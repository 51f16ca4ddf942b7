//! `…/email`, `…/zulip`: a transcript is sent to others; `…/sendings`: to whom it was, and what came of it.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::{Done, ok};
use crate::app::App;
use crate::ids::{SendingId, TranscriptId};
use crate::model::delivery::DeliveryStatus;
use crate::model::sending::{Channel, Purpose, Sending};
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery};
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;
use crate::web::{read, sending};

/// To whom.
#[derive(Deserialize, ToSchema)]
#[schema(as = SendEmail)]
pub(in crate::web) struct EmailIn {
    /// An address, or several with commas between; each gets a letter of its own.
    email: String,
}

/// How many letters are on their way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentEmail)]
pub(in crate::web) struct EmailOut {
    sent: usize,
}

/// Sends a transcript by e-mail
///
/// Summary and text; with a link for those who may see the page. `…/sendings` says what came of it.
#[utoipa::path(post, path = "/transcripts/{id}/email", operation_id = "send_email", tag = "transcripts",
    params(("id" = TranscriptId, Path)), request_body = EmailIn,
    responses((status = 200, body = EmailOut), Fails<400>, Fails<409>, Fails<429>))]
pub(in crate::web) async fn email(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<EmailIn>,
) -> Result<Json<EmailOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let sent = sending::email(&app, &mut conn, viewer, id, &body.email).await?;
    Ok(Json(EmailOut { sent }))
}

/// Where to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ZulipQuery {
    /// The stream's name.
    stream: String,
    topic: String,
    /// List the transcript's topics, too.
    #[serde(default)]
    include_topics: bool,
}

/// Nothing, as the ancestor answers.
#[derive(Debug, Serialize)]
pub(in crate::web) struct Nothing;

impl PartialSchema for Nothing {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Nothing {}

/// Posts a transcript in Zulip, or changes what was posted in that topic before
///
/// `…/sendings` says what came of it.
#[utoipa::path(post, path = "/transcripts/{id}/zulip", operation_id = "send_zulip", tag = "transcripts",
    params(("id" = TranscriptId, Path), ZulipQuery),
    responses((status = 200, body = Nothing), Fails<400>, Fails<409>, Fails<429>))]
pub(in crate::web) async fn zulip(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<ZulipQuery>,
) -> Result<Json<Nothing>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let place = (query.stream.as_str(), query.topic.as_str(), query.include_topics);
    sending::zulip(&app, &mut conn, viewer, id, place).await?;
    Ok(Json(Nothing))
}

/// Something that was sent, is to be, or could not be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sending)]
pub(in crate::web) struct SendingOut {
    id: SendingId,
    channel: Channel,
    /// By whose wish.
    purpose: Purpose,
    /// An e-mail address, or a stream.
    target: String,
    /// Of that stream.
    topic: Option<String>,
    /// Who asked; `null` for a room, and where nobody logs in.
    asked_by: Option<String>,
    status: DeliveryStatus,
    attempts: i32,
    created_at: DateTime<Utc>,
    last_attempt_at: Option<DateTime<Utc>>,
    /// Why the last attempt did not succeed.
    error: Option<String>,
}

impl From<(Sending, Option<String>)> for SendingOut {
    fn from((row, asked_by): (Sending, Option<String>)) -> Self {
        Self {
            id: row.id,
            channel: row.wish.channel,
            purpose: row.wish.purpose,
            target: row.wish.target,
            topic: row.wish.topic,
            asked_by,
            status: row.status,
            attempts: row.attempts,
            created_at: row.created_at,
            last_attempt_at: row.tried_at,
            error: row.error,
        }
    }
}

/// What was sent of a transcript, the newest first: to its owner all, to others what they asked for. Ours
#[utoipa::path(get, path = "/transcripts/{id}/sendings", operation_id = "list_sendings", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Vec<SendingOut>), Fails<403>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<SendingOut>>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let found = sending::list(&mut conn, viewer, id).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// Sends what could not be sent again. Ours
#[utoipa::path(post, path = "/transcripts/{id}/sendings/{sending}/retry", operation_id = "retry_sending", tag = "transcripts",
    params(("id" = TranscriptId, Path), ("sending" = SendingId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn retry(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, one)): ApiPath<(TranscriptId, SendingId)>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    sending::again(&mut conn, viewer, id, one).await?;
    Ok(ok())
}
