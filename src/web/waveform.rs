//! The stored peaks of a recording, for pages and API.

use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::storage::{StorageError, StorageKey};

/// 255 peaks from 0 to 1; `None` when there are none (yet).
///
/// # Errors
/// Those of the store; what it holds is no list of numbers.
pub(super) async fn peaks(app: &App, transcript: TranscriptId) -> Result<Option<Vec<f32>>, Error> {
    let bytes = match app.storage().get_bytes(&StorageKey::Peaks { transcript }).await {
        Ok(bytes) => bytes,
        Err(StorageError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Error::Internal(anyhow::Error::new(error).context(format!("the peaks of {transcript}")))
    })
}
