//! `…/record/upload`: a recording in chunks, in any order; each may be sent again, and a client asks which are there.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Done, ok};
use crate::app::App;
use crate::config::MAX_UPLOAD_BYTES;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::recording::{self, RecordingStatus};
use crate::web::api::document::Fails;
use crate::web::extract::{ApiMultipart, ApiPath, ApiQuery};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::uploads::{self, MAX_CHUNKS};
use crate::web::viewer::Asking;

/// Which chunk this is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ChunkQuery {
    /// From 0, and below `total_chunks`.
    #[param(minimum = 0, maximum = 19_999)]
    chunk_number: u32,
    #[param(minimum = 1, maximum = 20_000)]
    total_chunks: u32,
    /// As the person calls the file; else the multipart field's name for it.
    filename: Option<String>,
    /// Bytes of the whole file, if known: one that is too large is refused with its first chunk.
    #[param(minimum = 0)]
    size: Option<u64>,
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form that is streamed")]
struct ChunkForm {
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    chunk: String,
}

/// Uploads a chunk of a recording
///
/// In any order, and again at will. The last one completes the recording, and the work begins.
#[utoipa::path(post, path = "/transcripts/{id}/record/upload", operation_id = "upload_chunk", tag = "recording",
    params(("id" = TranscriptId, Path), ChunkQuery),
    request_body(content = ChunkForm, content_type = "multipart/form-data"),
    responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn post(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<ChunkQuery>,
    headers: HeaderMap,
    ApiMultipart(mut form): ApiMultipart,
) -> Result<Json<Done>, ApiError> {
    if query.total_chunks == 0 || query.total_chunks > MAX_CHUNKS {
        let message = format!("must be from 1 to {MAX_CHUNKS}");
        return Err(Error::Invalid { field: "total_chunks", message }.into());
    }
    if query.chunk_number >= query.total_chunks {
        return Err(
            Error::Invalid { field: "chunk_number", message: "must be below total_chunks".into() }.into()
        );
    }
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    // The form around the file has some bytes of its own.
    let limit = MAX_UPLOAD_BYTES + 64 * 1024;
    if announced.is_some_and(|bytes: u64| bytes > limit)
        || query.size.is_some_and(|size| size > MAX_UPLOAD_BYTES)
    {
        return Err(uploads::too_large().into());
    }
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    // A slow sender must not hold a connection of the pool.
    drop(conn);
    while let Some(field) = form.next_field().await.map_err(uploads::broken)? {
        if field.name() != Some("chunk") {
            continue;
        }
        let name = uploads::clean_name(query.filename.as_deref().or(field.file_name()));
        let kind = mime_guess::from_path(&name).first_or_octet_stream().to_string();
        let mut conn = read::connect(&app).await?;
        let recording = uploads::begin(&mut conn, id, query.total_chunks, &name, &kind).await?;
        if recording.status == RecordingStatus::Complete {
            // The answer to the last chunk may have been lost: the same chunk again is fine, another is not.
            let parts = recording::parts(&mut conn, recording.id).await?;
            drop(conn);
            let before = parts.iter().find(|part| part.part.unsigned_abs() == query.chunk_number);
            let same = match before {
                Some(before) => uploads::same_as(field, before).await?,
                None => false,
            };
            return if same {
                Ok(ok())
            } else {
                Err(Error::BadRequest("There is already a recording for this transcript".into()).into())
            };
        }
        let allowance = uploads::allowance(&mut conn, recording.id, query.chunk_number).await?;
        drop(conn);
        uploads::receive_part(&app, &recording, query.chunk_number, field, allowance).await?;
        let mut conn = read::connect(&app).await?;
        uploads::finish(&app, &mut conn, id, recording.id).await?;
        return Ok(ok());
    }
    Err(Error::Invalid { field: "chunk", message: "is missing from the form".into() }.into())
}

/// What has arrived.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct UploadOut {
    /// All of it is there.
    complete: bool,
    /// Numbers of the chunks that are there, in order.
    received: Vec<i32>,
    /// `null` before the first chunk.
    total_chunks: Option<i32>,
    received_bytes: i64,
    filename: Option<String>,
}

/// What has arrived
#[utoipa::path(get, path = "/transcripts/{id}/record/upload", operation_id = "get_upload", tag = "recording",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = UploadOut), Fails<400>, Fails<403>))]
pub(in crate::web) async fn get(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<UploadOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let row = read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    let found = match row.recording_id {
        Some(complete) => recording::get(&mut conn, complete).await?,
        None => recording::pending(&mut conn, id).await?,
    };
    let Some(found) = found else {
        return Ok(Json(UploadOut {
            complete: false,
            received: Vec::new(),
            total_chunks: None,
            received_bytes: 0,
            filename: None,
        }));
    };
    let parts = recording::parts(&mut conn, found.id).await?;
    Ok(Json(UploadOut {
        complete: found.status == RecordingStatus::Complete,
        received: parts.iter().map(|part| part.part).collect(),
        total_chunks: Some(found.total_parts),
        received_bytes: parts.iter().map(|part| part.size).sum(),
        filename: Some(found.original_name),
    }))
}
