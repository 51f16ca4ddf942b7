//! `GET …/download/zip`: sound and everything that is known of it, streamed as it is packed.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ::zip::CompressionMethod;
use ::zip::write::{SimpleFileOptions, ZipWriter};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::download::attachment;
use super::shapes::ParticipantOut;
use super::text::{self, TextOut};
use super::topics::{TopicOut, all};
use crate::app::App;
use crate::bus::ActionItemsEvent;
use crate::error::Error;
use crate::export::ApiFormat;
use crate::ids::{RecordingId, TranscriptId};
use crate::model::{Segment, TranscriptView};
use crate::storage::{ByteStream, StorageError, StorageKey};
use crate::web::api::document::{Binary, Fails};
use crate::web::extract::ApiPath;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// How many pieces may wait for a slow client.
pub(in crate::web) const WAITING: usize = 8;

/// `metadata.json`, with the ancestor's fields, and notes: whoever may change a transcript reads them.
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
    notes: String,
    topics: Vec<TopicOut>,
    participants: Vec<ParticipantOut>,
    action_items: ActionItemsEvent,
    webvtt: TextOut,
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
            notes: row.notes,
            topics,
            participants: view.participants.into_iter().map(Into::into).collect(),
            action_items: crate::jobs::action_items_event(&view.actions),
            webvtt,
            recording_id: row.recording_id,
            meeting_id: row.meeting_id,
        }
    }
}

/// The sound and all that is known of it, as a zip
///
/// `audio.mp3`, if there is sound, and `metadata.json`.
#[utoipa::path(get, path = "/transcripts/{id}/download/zip", operation_id = "download_zip", tag = "transcripts",
    params(("id" = TranscriptId, Path)),
    responses((status = 200, content_type = "application/zip", body = Binary), Fails<403>))]
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
    tokio::spawn(async move {
        if let Err(error) = pack(&sender, metadata, sound).await {
            // Whoever is still there is told by breaking off.
            let _gone = sender.send(Err(error)).await;
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
///
/// # Errors
/// The store's.
pub(in crate::web) async fn sound(app: &App, id: TranscriptId) -> Result<Option<(u64, ByteStream)>, Error> {
    match app.storage().get_sized(&StorageKey::Mp3 { transcript: id }).await {
        Ok(found) => Ok(Some(found)),
        Err(StorageError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Packs and sends until all is sent, or nobody takes it any more. A slow client holds memory for a few pieces, and no thread.
async fn pack(
    sender: &mpsc::Sender<io::Result<Bytes>>,
    metadata: Vec<u8>,
    sound: Option<(u64, ByteStream)>,
) -> io::Result<()> {
    let packed = Packed::default();
    let mut zip = ZipWriter::new_stream(packed.clone());
    if let Some((size, mut stream)) = sound {
        // It is compressed already.
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file("audio.mp3", plain.large_file(size >= u64::from(u32::MAX)))?;
        while let Some(piece) = stream.next().await {
            zip.write_all(&piece?)?;
            if sender.send(Ok(packed.take())).await.is_err() {
                return Ok(());
            }
        }
    }
    let rest = tokio::task::spawn_blocking(move || -> io::Result<Bytes> {
        let small = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file("metadata.json", small)?;
        zip.write_all(&metadata)?;
        zip.finish()?;
        Ok(packed.take())
    });
    let _gone = sender.send(rest.await.map_err(io::Error::other)?).await;
    Ok(())
}

/// What is packed and not yet sent.
#[derive(Clone, Default)]
pub(in crate::web) struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    pub fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
