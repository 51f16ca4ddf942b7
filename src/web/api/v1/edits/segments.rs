//! `…/segments`: the text to be changed, and changes of one segment.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::change::{About, Asked, change, refused, tag};
use super::named::{REVISION, named};
use super::shapes::{SegmentConflict, SegmentOut, TextOut};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{SEGMENT_TEXT_MAX, tidy};
use crate::policy;
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::etag;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery, OptionalJson};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Characters that a person may write in the place of one word.
pub(super) const WORD_TEXT_MAX: usize = 200;
/// Segments of one answer.
const LIMIT_MAX: usize = 1000;

/// Which segments.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ListQuery {
    #[serde(default)]
    #[param(minimum = 0, default = 0)]
    offset: usize,
    /// Seconds: from the segment on that is said then, or else next; instead of `offset`.
    at: Option<f64>,
    #[serde(default = "most")]
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: usize,
}

fn most() -> usize {
    LIMIT_MAX
}

/// The text, to be changed
#[utoipa::path(get, path = "/transcripts/{id}/segments", operation_id = "list_segments", tag = "text",
    params(("id" = TranscriptId, Path), ListQuery), responses((status = 200, body = TextOut), Fails<409>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    within("limit", query.limit, 1..=LIMIT_MAX)?;
    let mut conn = read::connect(&app).await?;
    let row = read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    let may_write = policy::capabilities(viewer, (&row).into()).write;
    let desk = super::desk(&mut conn, id).await?;
    drop(conn);
    let tag = tag(&desk.revision().to_string())?;
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.zip(tag.to_str().ok()).is_some_and(|(known, tag)| etag::matches(known, tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let (layer, outcomes) = desk.replayed();
    let pieces = layer.pieces();
    let mut text = TextOut::new(&desk, outcomes.into_values(), pieces.len());
    let ends_after = |at: f64| pieces.iter().position(|piece| layer.segment(piece, 0).end > at);
    let first = query.at.map_or(query.offset, |at| ends_after(at).unwrap_or(pieces.len()));
    let asked = pieces.iter().enumerate().skip(first).take(query.limit);
    text.segments = asked.map(|(index, piece)| SegmentOut::new(&layer, piece, index, may_write)).collect();
    Ok(([(ETAG, tag)], Json(text)).into_response())
}

/// What a segment or word is to read.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct WriteText {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    /// For one word 200 characters at most.
    #[schema(max_length = 10_000)]
    text: String,
}

/// Writes another text into a segment
///
/// An empty one leaves a segment that is listed here, to be written in again, and shown nowhere else.
#[utoipa::path(patch, path = "/transcripts/{id}/segments/{index}", operation_id = "write_segment", tag = "text",
    params(("id" = TranscriptId, Path), ("index" = usize, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = WriteText,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = SegmentConflict)))]
pub(in crate::web) async fn write_segment(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, index)): ApiPath<(TranscriptId, usize)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<WriteText>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let text = limited(&body.text, SEGMENT_TEXT_MAX)?;
    let yours = Some(text.clone());
    let asked = Asked { viewer, id, revision, about: About::Segment(index), yours };
    change(&app, asked, move |_, layer, pieces, here| Ok((layer.write(&pieces[here], &text), None))).await
}

/// Writes another word, several, or none in the place of one
#[utoipa::path(patch, path = "/transcripts/{id}/segments/{index}/words/{word}", operation_id = "write_word", tag = "text",
    params(("id" = TranscriptId, Path), ("index" = usize, Path), ("word" = usize, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = WriteText,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = SegmentConflict)))]
pub(in crate::web) async fn write_word(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, index, word)): ApiPath<(TranscriptId, usize, usize)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<WriteText>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let text = limited(&body.text, WORD_TEXT_MAX)?;
    let yours = Some(text.clone());
    let asked = Asked { viewer, id, revision, about: About::Segment(index), yours };
    change(&app, asked, move |_, layer, pieces, here| {
        Ok((layer.write_word(&pieces[here], word, &text).map_err(refused)?, None))
    })
    .await
}

/// A text as it is kept.
///
/// # Errors
/// It is too long.
pub(super) fn limited(text: &str, most: usize) -> Result<String, Error> {
    let text = tidy(text);
    if text.chars().count() > most {
        return Err(Error::Invalid { field: "text", message: format!("has more than {most} characters") });
    }
    Ok(text)
}

/// Where to cut.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Split {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    /// With which word the second segment begins.
    #[schema(minimum = 1)]
    word: usize,
}

/// Cuts a segment in two
#[utoipa::path(post, path = "/transcripts/{id}/segments/{index}/split", operation_id = "split_segment", tag = "text",
    params(("id" = TranscriptId, Path), ("index" = usize, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Split,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = SegmentConflict)))]
pub(in crate::web) async fn split(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, index)): ApiPath<(TranscriptId, usize)>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Split>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Segment(index), yours: None };
    change(&app, asked, move |_, layer, pieces, here| {
        Ok((Some(layer.split(&pieces[here], body.word).map_err(refused)?), None))
    })
    .await
}

/// A body that names the revision, if the header does not.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::web) struct OnlyRevision {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
}

impl OnlyRevision {
    /// Of a body that may be left out.
    pub fn of(body: OptionalJson<Self>) -> Option<String> {
        body.0.unwrap_or_default().revision
    }
}

/// Makes a segment one with the next
///
/// Who says the first says both.
#[utoipa::path(post, path = "/transcripts/{id}/segments/{index}/merge", operation_id = "merge_segments", tag = "text",
    params(("id" = TranscriptId, Path), ("index" = usize, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Option<OnlyRevision>,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = SegmentConflict), Fails<400>))]
pub(in crate::web) async fn join(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, index)): ApiPath<(TranscriptId, usize)>,
    headers: HeaderMap,
    body: OptionalJson<OnlyRevision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, OnlyRevision::of(body).as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Two(index), yours: None };
    change(&app, asked, |_, layer, pieces, here| {
        Ok((Some(layer.join(&pieces[here], pieces.get(here + 1)).map_err(refused)?), None))
    })
    .await
}

/// Gives a segment the words that the machine heard there
///
/// Who says them and where it is cut stays.
#[utoipa::path(post, path = "/transcripts/{id}/segments/{index}/restore-machine-text", operation_id = "restore_segment", tag = "text",
    params(("id" = TranscriptId, Path), ("index" = usize, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Option<OnlyRevision>,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = SegmentConflict)))]
pub(in crate::web) async fn restore_segment(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, index)): ApiPath<(TranscriptId, usize)>,
    headers: HeaderMap,
    body: OptionalJson<OnlyRevision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, OnlyRevision::of(body).as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Segment(index), yours: None };
    change(&app, asked, |_, layer, pieces, here| Ok((layer.restore(&pieces[here]), None))).await
}
