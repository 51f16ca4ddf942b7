//! `…/audio/mp3` with ranges, streamed from storage; `…/audio/token` for whom no cookie reaches; `…/audio/waveform`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::idempotency::{Secret, told_once};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::storage::StorageKey;
use crate::web::api::document::{Binary, Fails};
use crate::web::extract::{ApiPath, OptionalJson};
use crate::web::links::Base;
use crate::web::ranges::{Ask, parse};
use crate::web::respond::ApiError;
use crate::web::viewer::{Asking, Seen};
use crate::web::{listen, read, waveform};

/// A browser seeks in what it has fetched, and asks each time whether it still may.
const KEPT: &str = "private, no-cache";
/// Seconds for which a token holds: unless something else is said, at least, at most.
const LISTEN: i64 = 15 * 60;
const SHORTEST_LISTEN: i64 = 60;
const LONGEST_LISTEN: i64 = 60 * 60;

/// The sound, streamed; one byte range
#[utoipa::path(method(get, head), path = "/transcripts/{id}/audio/mp3", operation_id = "get_audio", tag = "recording",
    params(("id" = TranscriptId, Path), ("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header),
        ("If-None-Match" = Option<String>, Header),
        ("token" = Option<String>, Query, description = "Of `POST …/audio/token`, instead of a login")),
    responses((status = 200, content_type = "audio/mpeg", body = Binary, headers(("ETag" = String), ("Accept-Ranges" = String))),
        (status = 206, description = "The range", content_type = "audio/mpeg", body = Binary, headers(("Content-Range" = String))),
        (status = 304, description = "What `If-None-Match` names is still what there is"), Fails<416>))]
pub(in crate::web) async fn mp3(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut conn = read::connect(&app).await?;
    let row = read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    drop(conn);
    if row.audio_deleted {
        return Err(Error::NotFound("Audio").into());
    }
    let key = StorageKey::Mp3 { transcript: id };
    let size = app.storage().size(&key).await?.ok_or(Error::NotFound("Audio"))?;
    // The sound changes only with a new run, which makes a new file.
    let tag = format!("\"{}-{size}\"", row.run);
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    if text(IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag.as_str()), (CACHE_CONTROL, KEPT)]).into_response());
    }
    let wanted = text(RANGE).filter(|_| text(IF_RANGE).is_none_or(|known| known == tag));
    let range = match wanted.map(|text| parse(text, size)) {
        Some(Ask::Part(range)) => Some(range),
        Some(Ask::Outside) => return Err(Error::RangeNotSatisfiable { size }.into()),
        Some(Ask::Whole) | None => None,
    };
    let part = range.clone().unwrap_or(0..size);
    let first = id.to_string();
    let name = first.split('-').next().unwrap_or_default();
    let mut response = Response::builder()
        .status(if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK })
        .header(CONTENT_TYPE, key.content_type())
        .header(CONTENT_LENGTH, part.end - part.start)
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, tag)
        .header(CACHE_CONTROL, KEPT)
        .header(CONTENT_DISPOSITION, format!("inline; filename=\"recording_{name}.mp3\""));
    if range.is_some() {
        response = response.header(CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1));
    }
    let body = match method {
        Method::HEAD => Body::empty(),
        _ => Body::from_stream(app.storage().get_stream(&key, Some(part)).await?),
    };
    response.body(body).map_err(|error| Error::Internal(error.into()).into())
}

/// For how long one may listen.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::web) struct ListenIn {
    /// Seconds.
    #[schema(minimum = 60, maximum = 3600, default = 900)]
    expires_in: Option<i64>,
}

/// Where one may listen.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct ListenOut {
    token: String,
    /// The sound's address with it.
    url: String,
    expires_at: DateTime<Utc>,
}

/// An address to listen at for some minutes, for players that no login reaches. Ours
///
/// It opens this transcript's sound and nothing else, as long as whoever asked may listen themselves: it ends with what they showed,
/// and when it changes who may read the transcript.
#[utoipa::path(post, path = "/transcripts/{id}/audio/token", operation_id = "create_audio_token", tag = "recording",
    params(("id" = TranscriptId, Path)), request_body = Option<ListenIn>, responses((status = 200, body = ListenOut)))]
pub(in crate::web) async fn token(
    State(app): State<App>,
    seen: Seen,
    Base(base): Base,
    ApiPath(id): ApiPath<TranscriptId>,
    OptionalJson(body): OptionalJson<ListenIn>,
) -> Result<Secret<ListenOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let row = read::allowed(&mut conn, seen.viewer, id, |may| may.read).await?;
    let key = StorageKey::Mp3 { transcript: id };
    if row.audio_deleted || app.storage().size(&key).await?.is_none() {
        return Err(Error::NotFound("Audio").into());
    }
    let seconds = body.unwrap_or_default().expires_in.unwrap_or(LISTEN);
    if !(SHORTEST_LISTEN..=LONGEST_LISTEN).contains(&seconds) {
        let message = format!("must be from {SHORTEST_LISTEN} to {LONGEST_LISTEN} seconds");
        return Err(Error::Invalid { field: "expires_in", message }.into());
    }
    let (token, expires_at) = listen::give(&app, &mut conn, &seen, id, seconds).await?;
    let url = format!("{base}/v1/transcripts/{id}/audio/mp3?token={token}");
    Ok(told_once(ListenOut { token, url, expires_at }))
}

/// How loud a recording is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct WaveformOut {
    /// 255 peaks from 0 to 1.
    data: Vec<f32>,
}

/// How loud it is
#[utoipa::path(get, path = "/transcripts/{id}/audio/waveform", operation_id = "get_waveform", tag = "recording",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = WaveformOut)))]
pub(in crate::web) async fn waveform(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<WaveformOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let row = read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    drop(conn);
    let peaks = if row.audio_deleted { None } else { waveform::peaks(&app, id).await? };
    Ok(Json(WaveformOut { data: peaks.ok_or(Error::NotFound("Waveform"))? }))
}
