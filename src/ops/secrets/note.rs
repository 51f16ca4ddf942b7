//! The note of a rotation that is under way: old and new value, for their owner alone.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::Secret;
use super::home::{Home, write_whole};

#[derive(Serialize, Deserialize)]
pub(super) struct Note {
    pub old: Vec<String>,
    pub new: Vec<String>,
    #[serde(skip)]
    path: PathBuf,
}

impl Note {
    /// The note that a rotation left, if it was begun and not finished.
    ///
    /// # Errors
    /// It can't be read.
    pub(super) fn found(home: &Home, secret: &Secret) -> anyhow::Result<Option<Self>> {
        let path = home.note_path(secret);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let note: Self = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
                Ok(Some(Self { path, ..note }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Writes one.
    ///
    /// # Errors
    /// The place can't be written.
    pub(super) fn begin(
        home: &Home,
        secret: &Secret,
        old: Vec<String>,
        new: Vec<String>,
    ) -> anyhow::Result<Self> {
        let path = home.note_path(secret);
        let note = Self { old, new, path };
        write_whole(&note.path, &serde_json::to_vec(&note)?)
            .with_context(|| format!("writing {}", note.path.display()))?;
        Ok(note)
    }

    pub(super) fn end(self) -> anyhow::Result<()> {
        fs::remove_file(&self.path).with_context(|| format!("removing {}", self.path.display()))
    }
}
