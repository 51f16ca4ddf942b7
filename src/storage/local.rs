//! Objects as files under one folder. A file appears under its name only when all of it is on the disk.

use std::fs::Permissions;
use std::io::{self, ErrorKind, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use tempfile::NamedTempFile;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use super::{ByteStream, StorageError, StorageKey};

/// Files being written live here, on the same file system, and are left behind only by a crash.
const UNFINISHED: &str = ".unfinished";
const READ_BUFFER: usize = 128 * 1024;

#[derive(Debug)]
pub(super) struct Local {
    dir: PathBuf,
}

impl Local {
    pub(super) fn new(dir: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(dir.join(UNFINISHED))?;
        Ok(Self { dir: dir.to_owned() })
    }

    fn path(&self, key: &StorageKey) -> PathBuf {
        self.dir.join(key.to_string())
    }

    pub(super) async fn put_stream(
        &self,
        key: &StorageKey,
        mut data: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
    ) -> Result<u64, StorageError> {
        let dir = self.dir.join(UNFINISHED);
        // Removes itself unless it is kept: a sender that goes away, an error and a dropped future leave nothing.
        let unfinished = tempfile::Builder::new()
            // Pages and jobs may run as two users of one group; the umask decides.
            .permissions(Permissions::from_mode(0o660))
            .tempfile_in(&dir)?;
        let mut file = File::from_std(unfinished.reopen()?);
        let mut size = 0;
        while let Some(chunk) = data.next().await {
            let chunk = chunk.map_err(StorageError::Source)?;
            file.write_all(&chunk).await?;
            size += chunk.len() as u64;
        }
        file.flush().await?;
        file.sync_all().await?;
        let path = self.path(key);
        blocking(move || publish(unfinished, &path)).await?;
        Ok(size)
    }

    pub(super) async fn get_stream(
        &self,
        key: &StorageKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let mut file = File::open(self.path(key)).await.map_err(|error| missing(key, error))?;
        match range {
            None => Ok(ReaderStream::with_capacity(file, READ_BUFFER).boxed()),
            Some(range) => {
                file.seek(SeekFrom::Start(range.start)).await?;
                let part = file.take(range.end.saturating_sub(range.start));
                Ok(ReaderStream::with_capacity(part, READ_BUFFER).boxed())
            }
        }
    }

    pub(super) async fn get_sized(&self, key: &StorageKey) -> Result<(u64, ByteStream), StorageError> {
        let file = File::open(self.path(key)).await.map_err(|error| missing(key, error))?;
        let size = file.metadata().await?.len();
        Ok((size, ReaderStream::with_capacity(file, READ_BUFFER).boxed()))
    }

    pub(super) async fn size(&self, key: &StorageKey) -> Result<Option<u64>, StorageError> {
        match fs::metadata(self.path(key)).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn delete(&self, key: &StorageKey) -> Result<(), StorageError> {
        let path = self.path(key);
        match fs::remove_file(&path).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if let Some(parent) = path.parent() {
            // Refused while it still holds something, which is right.
            let _ = fs::remove_dir(parent).await;
        }
        Ok(())
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<StorageKey>, StorageError> {
        let (dir, prefix) = (self.dir.clone(), prefix.to_owned());
        Ok(blocking(move || {
            let mut keys = Vec::new();
            for kind in ["uploads", "transcripts"] {
                for owner in read_dir(&dir.join(kind))? {
                    for file in read_dir(&owner)? {
                        let path = file.strip_prefix(&dir).unwrap_or(&file).to_string_lossy().into_owned();
                        if path.starts_with(&prefix) {
                            keys.extend(path.parse::<StorageKey>());
                        }
                    }
                }
            }
            Ok(keys)
        })
        .await?)
    }

    /// Removes what a crash left half-written at least `age` ago.
    pub(super) async fn sweep(&self, age: Duration) -> Result<usize, StorageError> {
        let dir = self.dir.join(UNFINISHED);
        Ok(blocking(move || {
            let mut swept = 0;
            for path in read_dir(&dir)? {
                let written = path.metadata().and_then(|metadata| metadata.modified());
                if written.is_ok_and(|written| written.elapsed().is_ok_and(|since| since >= age)) {
                    match std::fs::remove_file(path) {
                        Ok(()) => swept += 1,
                        // Another sweep was quicker.
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            Ok(swept)
        })
        .await?)
    }
}

/// Gives a finished file its name, durably.
fn publish(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    let mut tries = 0;
    loop {
        std::fs::create_dir_all(parent)?;
        match file.persist(path) {
            Ok(_) => break,
            // The deletion of a neighbour may have removed the folder in between.
            Err(error) if error.error.kind() == ErrorKind::NotFound && tries < 5 => {
                tries += 1;
                file = error.file;
            }
            Err(error) => return Err(error.error),
        }
    }
    // The names of file and folder, too, are on the disk before anyone relies on them.
    for folder in parent.ancestors().take(2) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn missing(key: &StorageKey, error: io::Error) -> StorageError {
    match error.kind() {
        ErrorKind::NotFound => StorageError::NotFound(*key),
        _ => error.into(),
    }
}

fn read_dir(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
