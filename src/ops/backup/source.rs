//! An archive to be read, as often as needed.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;

use super::manifest::Manifest;
use super::progress::Watch;
use super::restic::Repository;
use super::seal::Key;
use super::{FILE_ENTRIES, read};

/// Where an archive lies.
#[derive(Clone, Debug)]
pub enum Source {
    File(PathBuf),
    /// `latest`, or a snapshot's id.
    Restic {
        repository: Repository,
        snapshot: String,
    },
}

impl Source {
    pub(super) fn open(&self) -> anyhow::Result<Box<dyn Read>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path).with_context(|| path.display().to_string())?),
            Self::Restic { repository, snapshot } => Box::new(repository.read(snapshot)?),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Restic { repository, snapshot } => {
                write!(f, "snapshot {snapshot} of {}", repository.address)
            }
        }
    }
}

/// Reads an archive and compares every entry with the manifest, which it gives back.
///
/// # Errors
/// It can't be opened, or it is damaged: the entry is named.
pub fn verify(source: &Source, key: &Key, watch: &dyn Watch) -> anyhow::Result<Manifest> {
    watch.phase(FILE_ENTRIES, None);
    read::walk(source.open()?, key, watch, |_, _| {
        watch.step();
        Ok(())
    })
    .with_context(|| format!("{source} can't be used"))
}
