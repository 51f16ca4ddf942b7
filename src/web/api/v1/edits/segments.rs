//! `…/segments`: the text to be changed, and changes of one segment.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::change::{About, Asked, change, refused, tag};
use super::named::named;
use super::shapes::{SegmentOut, TextOut};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{SEGMENT_TEXT_MAX, tidy};
use crate::policy;
use crate::web::etag;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery, OptionalJson};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Characters that a person may write in the place of one word.
const WORD_TEXT_MAX: usize = 200;
/// Segments of one answer.
const LIMIT_MAX: usize = 1000;

/// Which segments.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct ListQuery {
    #[serde(default)]
    offset: usize,
    #[serde(default = "most")]
    limit: usize,
}

fn most() -> usize {
    LIMIT_MAX
}

/// `GET …/segments`.
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        let message = format!("must be from 1 to {LIMIT_MAX}");
        return Err(Error::Invalid { field: "limit", message }.into());
    }
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
    let asked = pieces.iter().enumerate().skip(query.offset).take(query.limit);
    text.segments = asked.map(|(index, piece)| SegmentOut::new(&layer, piece, index, may_write)).collect();
    Ok(([(ETAG, tag)], Json(text)).into_response())
}

/// What a segment or word is to read.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct WriteText {
    revision: Option<String>,
    text: String,
}

/// `PATCH …/segments/{index}`: another text; an empty one takes the segment away.
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

/// `PATCH …/segments/{index}/words/{word}`: another word, several, or none.
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
fn limited(text: &str, most: usize) -> Result<String, Error> {
    let text = tidy(text);
    if text.chars().count() > most {
        return Err(Error::Invalid { field: "text", message: format!("has more than {most} characters") });
    }
    Ok(text)
}

/// Where to cut.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Split {
    revision: Option<String>,
    /// With which word the second segment begins.
    word: usize,
}

/// `POST …/segments/{index}/split`.
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
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct OnlyRevision {
    revision: Option<String>,
}

impl OnlyRevision {
    /// Of a body that may be left out.
    pub fn of(body: OptionalJson<Self>) -> Option<String> {
        body.0.unwrap_or_default().revision
    }
}

/// `POST …/segments/{index}/merge`: with the next one. Who says the first says both.
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

/// `POST …/segments/{index}/restore-machine-text`: the words as the machine heard them.
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
