//! `…/record/upload`: a recording in chunks, in any order; each may be sent again, and a client asks which are there. Of a recording
//! that is still being made nobody knows yet how many there will be: `open`, until `…/record/finish`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Done, ok};
use crate::app::App;
use crate::bus::Event;
use crate::clock;
use crate::config::MAX_UPLOAD_BYTES;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{RecordingId, TranscriptId};
use crate::model::recording::{self, RecordingStatus};
use crate::model::transcript::{self, Status, Transcript};
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::{ApiMultipart, ApiPath, ApiQuery, OptionalJson};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::uploads::token::{self, TOKEN};
use crate::web::uploads::{self, Begun, Chunk, MAX_CHUNKS, MAX_OPEN_CHUNKS, MAX_TAKE};
use crate::web::viewer::Asking;

/// Longest recording that is being made: what is decoded of any recording.
const MAX_SECONDS: f64 = 86_400.0;

/// Which chunk this is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ChunkQuery {
    /// From 0, and below `total_chunks`; below 43,200 with `open`.
    #[param(minimum = 0, maximum = 43_199)]
    chunk_number: u32,
    /// Not with `open`.
    #[param(minimum = 1, maximum = 20_000)]
    total_chunks: Option<u32>,
    /// `true`: the recording is still being made, and ends with `…/record/finish`. Ours.
    open: Option<bool>,
    /// With `open`, from 0: whoever goes on after an interruption begins a new media file. Ours.
    #[param(minimum = 0, maximum = 999)]
    take: Option<u16>,
    /// With `open`: how much is recorded with this chunk. Ours.
    #[param(minimum = 0, maximum = 86_400)]
    seconds: Option<f64>,
    /// As the person calls the file; else the multipart field's name for it.
    filename: Option<String>,
    /// Bytes of the whole file, if known: one that is too large is refused with its first chunk.
    #[param(minimum = 0)]
    size: Option<u64>,
}

impl ChunkQuery {
    /// How many chunks there will be; `None`: nobody knows yet.
    ///
    /// # Errors
    /// A field is missing, outside its limits, or stands beside one that excludes it.
    fn total(&self) -> Result<Option<u32>, Error> {
        let invalid = |field, message: String| Err(Error::Invalid { field, message });
        let most = match (self.open.unwrap_or(false), self.total_chunks) {
            (true, Some(_)) => return invalid("total_chunks", "can't be known of an open recording".into()),
            (true, None) => MAX_OPEN_CHUNKS,
            (false, None) => {
                return invalid("total_chunks", "is missing, and the recording is not open".into());
            }
            (false, Some(_)) if self.take.is_some_and(|take| take > 0) => {
                return invalid("take", "is of open recordings only".into());
            }
            (false, Some(total)) => within("total_chunks", total, 1..=MAX_CHUNKS)?,
        };
        if self.chunk_number >= most {
            let most = if self.total_chunks.is_some() { "total_chunks".into() } else { most.to_string() };
            return invalid("chunk_number", format!("must be below {most}"));
        }
        if self.take.is_some_and(|take| take > MAX_TAKE) {
            return invalid("take", format!("must be at most {MAX_TAKE}"));
        }
        self.seconds.map(|seconds| within("seconds", seconds, 0.0..=MAX_SECONDS)).transpose()?;
        Ok(self.total_chunks)
    }
}

/// The form of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form that is streamed")]
struct ChunkForm {
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    chunk: String,
}

/// That a chunk is there.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct ChunkOut {
    #[serde(flatten)]
    done: Done,
    /// To the first chunk of what is nobody's and is more than that, where it came without a token: shown as `X-Upload-Token` with the rest. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_token: Option<String>,
}

/// Uploads a chunk of a recording
///
/// In any order, and again at will. The last one completes the recording, and the work begins. A chunk of an open recording that is there
/// already is taken only if it is the same. A recording of which nothing could be made gives way to another file, whose first chunk comes first.
#[utoipa::path(post, path = "/transcripts/{id}/record/upload", operation_id = "upload_chunk", tag = "recording",
    params(("id" = TranscriptId, Path), ("X-Upload-Token" = Option<String>, Header, pattern = "^[!-~]{32,128}$", description = TOKEN), ChunkQuery),
    request_body(content = ChunkForm, content_type = "multipart/form-data"),
    responses((status = 200, body = ChunkOut), Fails<400>, Fails<409>))]
pub(in crate::web) async fn post(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<ChunkQuery>,
    headers: HeaderMap,
    ApiMultipart(mut form): ApiMultipart,
) -> Result<Json<ChunkOut>, ApiError> {
    let total = query.total()?;
    let shown = token::shown(&headers)?;
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
    let row = read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    // A slow sender must not hold a connection of the pool.
    drop(conn);
    while let Some(field) = form.next_field().await.map_err(uploads::broken)? {
        if field.name() != Some("chunk") {
            continue;
        }
        let name = uploads::clean_name(query.filename.as_deref().or(field.file_name()));
        let kind = mime_guess::from_path(&name).first_or_octet_stream().to_string();
        let mut conn = read::connect(&app).await?;
        let chunk =
            Chunk { number: query.chunk_number, total, name: &name, content_type: &kind, token: shown };
        let Begun { recording, unclaimed } = uploads::begin(&mut conn, (viewer, id), &chunk).await?;
        let known = recording::part(&mut conn, recording.id, number(&query)?).await?;
        let refused = match (recording.status, &known) {
            (RecordingStatus::Complete, _) => Some(uploads::already()),
            // Two browsers that go on with one recording must not write over each other.
            (RecordingStatus::Pending, Some(_)) if total.is_none() => Some(Error::Conflict(format!(
                "chunk {} is there already, and is another one",
                query.chunk_number
            ))),
            (RecordingStatus::Pending, _) => None,
        };
        if let Some(refused) = refused {
            // The answer to the first try may have been lost: the same chunk again is fine, another is not.
            drop(conn);
            let same = match known {
                Some(before) => uploads::same_as(field, &before).await?,
                None => false,
            };
            if !same {
                return Err(refused.into());
            }
            if recording.status == RecordingStatus::Pending {
                // A page that pauses for long says so that it is still there.
                let mut conn = read::connect(&app).await?;
                recording::came_again(&mut conn, recording.id, number(&query)?, clock::now()).await?;
            }
            return Ok(arrived(None));
        }
        let allowance = uploads::allowance(&mut conn, recording.id, query.chunk_number).await?;
        drop(conn);
        let place = (query.take.unwrap_or(0), query.chunk_number);
        uploads::receive_part(&app, &recording, place, field, allowance).await?;
        let mut conn = read::connect(&app).await?;
        match total {
            Some(_) => uploads::finish(&app, &mut conn, (viewer, id), recording.id).await?,
            None => grown(&app, &mut conn, &row, recording.id, query.seconds).await?,
        }
        let more = unclaimed && total != Some(1);
        return Ok(arrived(if more { token::give(&mut conn, id).await? } else { None }));
    }
    Err(Error::Invalid { field: "chunk", message: "is missing from the form".into() }.into())
}

fn arrived(upload_token: Option<String>) -> Json<ChunkOut> {
    Json(ChunkOut { done: ok().0, upload_token })
}

fn number(query: &ChunkQuery) -> Result<i32, Error> {
    i32::try_from(query.chunk_number).map_err(|_| uploads::too_large())
}

/// Notes how long an open recording is by now, and tells whoever looks at its transcript.
///
/// # Errors
/// It was finished while the chunk was on its way.
async fn grown(
    app: &App,
    conn: &mut Connection,
    before: &Transcript,
    recording: RecordingId,
    seconds: Option<f64>,
) -> Result<(), Error> {
    let found = recording::get(conn, recording).await?;
    if found.is_none_or(|found| found.status == RecordingStatus::Complete) {
        return Err(Error::Conflict("the recording was finished before this chunk arrived".into()));
    }
    if let Some(seconds) = seconds.filter(|seconds| *seconds > before.seconds()) {
        transcript::set_duration(conn, before.id, seconds * 1000.0).await?;
    }
    if before.status == Status::Idle {
        let value = Status::Recording.to_string();
        app.bus().publish(before.id, &Event::Status { value }).await;
    }
    Ok(())
}

/// How an open recording ends.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in crate::web) struct Finish {
    /// Chunks that must be there; left out: those that are.
    #[schema(minimum = 1, maximum = 43_200)]
    total_chunks: Option<u32>,
}

/// Finishes an open recording
///
/// The work begins. Once it is finished, finishing it again changes nothing.
#[utoipa::path(post, path = "/transcripts/{id}/record/finish", operation_id = "finish_recording", tag = "recording",
    params(("id" = TranscriptId, Path), ("X-Upload-Token" = Option<String>, Header, pattern = "^[!-~]{32,128}$", description = TOKEN)),
    request_body = Option<Finish>, responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn finish(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    OptionalJson(body): OptionalJson<Finish>,
) -> Result<Json<Done>, ApiError> {
    let total = body.and_then(|body| body.total_chunks);
    total.map(|total| within("total_chunks", total, 1..=MAX_OPEN_CHUNKS)).transpose()?;
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.upload).await?;
    uploads::end(&app, &mut conn, (viewer, id), total, token::shown(&headers)?).await?;
    Ok(ok())
}

/// What has arrived.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct UploadOut {
    /// All of it is there.
    complete: bool,
    /// Numbers of the chunks that are there, in order.
    received: Vec<i32>,
    /// `null` before the first chunk, and while it is not known.
    total_chunks: Option<i32>,
    /// It is being made: nobody knows yet how many chunks it will have.
    open: bool,
    /// The newest one of an open recording.
    take: i16,
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
    // One that comes in the place of another is what a client goes on with.
    let found = match (recording::pending(&mut conn, id).await?, row.recording_id) {
        (None, Some(complete)) => recording::get(&mut conn, complete).await?,
        (pending, _) => pending,
    };
    let Some(found) = found else {
        return Ok(Json(UploadOut {
            complete: false,
            received: Vec::new(),
            total_chunks: None,
            open: false,
            take: 0,
            received_bytes: 0,
            filename: None,
        }));
    };
    let parts = recording::parts(&mut conn, found.id).await?;
    Ok(Json(UploadOut {
        complete: found.status == RecordingStatus::Complete,
        received: parts.iter().map(|part| part.part).collect(),
        total_chunks: found.total_parts,
        open: found.total_parts.is_none(),
        take: parts.iter().map(|part| part.take).max().unwrap_or(0),
        received_bytes: parts.iter().map(|part| part.size).sum(),
        filename: Some(found.original_name),
    }))
}
