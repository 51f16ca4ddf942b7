//! `…/audio/mp3` with ranges, streamed from storage; `…/audio/waveform`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::storage::StorageKey;
use crate::web::api::document::{Binary, Fails};
use crate::web::extract::ApiPath;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;
use crate::web::{read, waveform};

/// A browser seeks in what it has fetched, and asks each time whether it still may.
const KEPT: &str = "private, no-cache";

/// The sound, streamed; one byte range
#[utoipa::path(method(get, head), path = "/transcripts/{id}/audio/mp3", operation_id = "get_audio", tag = "recording",
    params(("id" = TranscriptId, Path), ("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header),
        ("If-None-Match" = Option<String>, Header)),
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

/// What a `Range` header asks for.
#[derive(Debug, PartialEq)]
enum Ask {
    Part(std::ops::Range<u64>),
    /// Several parts, or nothing that we understand: everything is a right answer.
    Whole,
    Outside,
}

/// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n` (RFC 9110, 14.1.2).
fn parse(header: &str, size: u64) -> Ask {
    let Some((first, last)) =
        header.trim().strip_prefix("bytes=").and_then(|spec| spec.trim().split_once('-'))
    else {
        return Ask::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = if first.is_empty() {
        let Ok(count) = last.parse::<u64>() else { return Ask::Whole };
        size.saturating_sub(count)..size
    } else {
        let Ok(start) = first.parse::<u64>() else { return Ask::Whole };
        let end = if last.is_empty() { Ok(u64::MAX) } else { last.parse::<u64>() };
        let Ok(end) = end else { return Ask::Whole };
        if end < start {
            return Ask::Whole;
        }
        start..end.saturating_add(1).min(size)
    };
    if range.start >= range.end { Ask::Outside } else { Ask::Part(range) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, wanted) in [
            ("bytes=0-99", Ask::Part(0..100)),
            ("bytes=990-", Ask::Part(990..1000)),
            ("bytes=990-5000", Ask::Part(990..1000)),
            ("bytes=-10", Ask::Part(990..1000)),
            ("bytes=-5000", Ask::Part(0..1000)),
            ("bytes=1000-", Ask::Outside),
            ("bytes=-0", Ask::Outside),
            ("bytes=5-3", Ask::Whole),
            ("bytes=0-1,5-6", Ask::Whole),
            ("bytes=99999999999999999999-", Ask::Whole),
            ("items=0-1", Ask::Whole),
        ] {
            assert_eq!(parse(header, 1000), wanted, "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Ask::Outside);
    }
}
