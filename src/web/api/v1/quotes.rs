//! `/v1/transcripts/{id}/quotes`: a few seconds behind a link that anybody may open, until it ends or is taken back. Ours.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::idempotency::{Secret, told_once};
use super::{Done, ok};
use crate::app::App;
use crate::error::Error;
use crate::ids::{QuoteId, TranscriptId};
use crate::model::Quote;
use crate::policy;
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::links::Base;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;
use crate::web::{quotes, read};

/// A quote to be.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct NewQuote {
    /// Seconds from the recording's begin.
    #[schema(minimum = 0)]
    start: f64,
    /// After `start`, at most 600 seconds, and not after the recording's end.
    #[schema(exclusive_minimum = 0)]
    end: f64,
    /// Seconds for which the link holds.
    #[serde(default = "life")]
    #[schema(minimum = 60, maximum = 31_536_000, default = 2_592_000)]
    expires_in: i64,
}

fn life() -> i64 {
    quotes::LIFE
}

/// A quote, without its link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub(in crate::web) struct QuoteOut {
    id: QuoteId,
    start: f64,
    end: f64,
    /// What is said, as the text reads now.
    text: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// A quote that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedQuote)]
pub(in crate::web) struct CreatedOut {
    #[serde(flatten)]
    quote: QuoteOut,
    /// Where anybody reads and hears it. Never told again.
    url: String,
}

/// Makes a link to a few seconds; it is told this once. Ours
///
/// Whoever has the link reads the words, who says them, and hears exactly those seconds: nothing else of the transcript.
#[utoipa::path(post, path = "/transcripts/{id}/quotes", operation_id = "create_quote", tag = "recording",
    params(("id" = TranscriptId, Path)), request_body = NewQuote, responses((status = 200, body = CreatedOut), Fails<409>))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    Asking(viewer): Asking,
    Base(base): Base,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiJson(body): ApiJson<NewQuote>,
) -> Result<Secret<CreatedOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let (kept, token, lines) =
        quotes::make(&mut conn, viewer, id, (body.start, body.end), body.expires_in).await?;
    let quote = out(kept, quotes::text(&lines));
    Ok(told_once(CreatedOut { quote, url: format!("{base}/quote/{token}") }))
}

fn out(quote: Quote, text: String) -> QuoteOut {
    let Quote { id, start, end, created_at, expires_at, .. } = quote;
    QuoteOut { id, start, end, text, created_at, expires_at }
}

/// A transcript's quotes that have not ended, the newest first. Ours
#[utoipa::path(get, path = "/transcripts/{id}/quotes", operation_id = "list_quotes", tag = "recording",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = Vec<QuoteOut>), Fails<403>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<Vec<QuoteOut>>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, policy::may_quote).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let all = quotes::all(&mut conn, &view).await?;
    Ok(Json(all.into_iter().map(|(quote, text)| out(quote, text)).collect()))
}

/// Takes a link back: it shows nothing any more. Ours
#[utoipa::path(delete, path = "/transcripts/{id}/quotes/{quote}", operation_id = "revoke_quote", tag = "recording",
    params(("id" = TranscriptId, Path), ("quote" = QuoteId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn revoke(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, one)): ApiPath<(TranscriptId, QuoteId)>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    if !quotes::revoke(&mut conn, viewer, id, one).await? {
        return Err(Error::NotFound("Quote").into());
    }
    Ok(ok())
}
