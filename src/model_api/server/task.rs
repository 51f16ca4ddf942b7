//! The work of one request: its place, its folder, and its end whatever happens.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::Server;
use super::admission::Ticket;
use super::error::ApiError;
use crate::audio::{Cancel, PcmFile, decode_to_pcm};
use crate::speech::{Diarization, DiarizeOptions, TranscribeOptions, TranscribeUpdate, Transcription};

/// A request being worked on. Dropped, as axum does when the client hangs up, it stops what runs for it.
pub(super) struct Task {
    pub work: Work,
    files: usize,
    _ticket: Ticket,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.work.cancel.cancel();
    }
}

/// What the threads of a request share. Cheap to clone.
#[derive(Clone)]
pub(super) struct Work {
    cancel: Cancel,
    /// Goes with the last thread that works in it.
    folder: Arc<TempDir>,
}

impl Task {
    /// Where the next file of this request goes.
    pub fn next_file(&mut self) -> PathBuf {
        self.files += 1;
        self.work.folder.path().join(self.files.to_string())
    }

    /// Media to PCM; the media are removed.
    pub async fn decode(&self, media: PathBuf) -> Result<PcmFile, ApiError> {
        self.work
            .blocking(move |cancel| {
                let pcm = decode_to_pcm(&media, &media.with_extension("pcm"), |_| {}, cancel);
                std::fs::remove_file(&media)?;
                Ok(pcm?)
            })
            .await
    }
}

impl Work {
    /// Runs something that blocks, on a thread for such things; the folder stays until it has ended.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cancel) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (folder, cancel) = (self.folder.clone(), self.cancel.clone());
        let ran = tokio::task::spawn_blocking(move || {
            let _stays = folder;
            work(&cancel)
        });
        ran.await.unwrap_or_else(|error| Err(ApiError::internal(error)))
    }
}

impl Server {
    /// A place and a folder for a new request.
    pub(super) fn begin(&self) -> Result<Task, ApiError> {
        let ticket = self.0.admission.enter()?;
        let folder = Arc::new(self.0.scratch.folder()?);
        Ok(Task { work: Work { cancel: Cancel::new(), folder }, files: 0, _ticket: ticket })
    }

    pub(super) async fn hear(
        &self,
        work: &Work,
        pcm: PcmFile,
        options: TranscribeOptions,
        on_update: impl FnMut(TranscribeUpdate) + Send + 'static,
    ) -> Result<Transcription, ApiError> {
        let engine = self.0.engine.clone();
        work.blocking(move |cancel| Ok(engine.transcribe(pcm, options, cancel, on_update)?)).await
    }

    pub(super) async fn tell_apart(
        &self,
        work: &Work,
        pcm: PcmFile,
        options: DiarizeOptions,
        on_progress: impl FnMut(f32) + Send + 'static,
    ) -> Result<Diarization, ApiError> {
        let engine = self.0.engine.clone();
        work.blocking(move |cancel| Ok(engine.diarize(pcm, options, cancel, on_progress)?)).await
    }
}
