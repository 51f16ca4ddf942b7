//! `GET …/download/zip`: sound and everything that is known of it, streamed as it is packed.

use std::io::{self, BufWriter, Write};

use ::zip::write::{SimpleFileOptions, ZipWriter};
use ::zip::{CompressionMethod, result::ZipError};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde::Serialize;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::download::attachment;
use super::shapes::ParticipantOut;
use super::topics::{TopicOut, all};
use super::{shapes, text};
use crate::app::App;
use crate::error::Error;
use crate::export::ApiFormat;
use crate::ids::{RecordingId, TranscriptId};
use crate::model::{Segment, TranscriptView};
use crate::storage::{ByteStream, StorageError, StorageKey};
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Bytes that are packed before they are sent, and how many such pieces may wait for a slow client.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 8;

/// `metadata.json`, with the ancestor's fields.
#[derive(Debug, Serialize)]
struct Metadata {
    id: TranscriptId,
    title: Option<String>,
    created_at: DateTime<Utc>,
    /// Milliseconds.
    duration: f64,
    source_language: String,
    target_language: String,
    short_summary: Option<String>,
    long_summary: Option<String>,
    topics: Vec<TopicOut>,
    participants: Vec<ParticipantOut>,
    action_items: Value,
    webvtt: Value,
    recording_id: Option<RecordingId>,
    meeting_id: Option<uuid::Uuid>,
}

impl Metadata {
    fn new(view: TranscriptView, segments: &[Segment]) -> Self {
        let (topics, webvtt) =
            (all(&view, segments, true), text::render(ApiFormat::WebvttNamed, &view, segments));
        let row = view.transcript;
        Self {
            id: row.id,
            title: view.title,
            created_at: row.created_at,
            duration: row.duration,
            source_language: row.source_language,
            target_language: row.target_language,
            short_summary: view.short_summary,
            long_summary: view.long_summary,
            topics,
            participants: view.participants.into_iter().map(Into::into).collect(),
            action_items: shapes::action_items(&view.actions),
            webvtt,
            recording_id: row.recording_id,
            meeting_id: row.meeting_id,
        }
    }
}

pub(in crate::web) async fn zip(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Response, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.write).await?;
    let (view, _) = read::view(&mut conn, viewer, id).await?;
    let segments = view.segments(&mut conn).await?;
    drop(conn);
    let sound = if view.transcript.audio_deleted { None } else { sound(&app, id).await? };
    let name = read::title(view.title.as_deref(), &view.transcript).to_owned();
    let metadata = Metadata::new(view, &segments);
    let metadata = serde_json::to_vec_pretty(&metadata).map_err(|error| Error::Internal(error.into()))?;

    let (sender, pieces) = mpsc::channel(WAITING);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let out = BufWriter::with_capacity(PIECE, Pieces(sender.clone()));
        if let Err(error) = pack(out, &metadata, sound, &runtime) {
            // A client that went away is nobody to tell; any other is told by breaking off.
            let _gone = sender.blocking_send(Err(io::Error::other(error)));
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/zip".to_owned()),
        (CONTENT_DISPOSITION, attachment(&name, "zip")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(pieces))).into_response())
}

/// The sound and its size in bytes, if there is one.
async fn sound(app: &App, id: TranscriptId) -> Result<Option<(u64, ByteStream)>, Error> {
    match app.storage().get_sized(&StorageKey::Mp3 { transcript: id }).await {
        Ok(found) => Ok(Some(found)),
        Err(StorageError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn pack(
    out: impl Write,
    metadata: &[u8],
    sound: Option<(u64, ByteStream)>,
    runtime: &Handle,
) -> Result<(), ZipError> {
    let mut zip = ZipWriter::new_stream(out);
    if let Some((size, mut stream)) = sound {
        // It is compressed already.
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file("audio.mp3", plain.large_file(size >= u64::from(u32::MAX)))?;
        while let Some(piece) = runtime.block_on(stream.next()) {
            zip.write_all(&piece?)?;
        }
    }
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("metadata.json", packed)?;
    zip.write_all(metadata)?;
    let mut out = zip.finish()?;
    out.flush()?;
    Ok(())
}

/// Sends on what is written.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes))).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
