//! Objects on local disk or S3, named only by a [`StorageKey`]. An object appears whole or not at all; reading and
//! writing are streams.

mod error;
mod key;
mod local;
mod room;
mod s3;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use crate::config::StorageConfig;

pub use error::StorageError;
pub use key::{ForeignKey, StorageKey, UPLOADS, folder, upload_folder};
pub use room::Room;

/// No write takes so long.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Pieces of an object on their way.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A handle on the store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage(Arc<Backend>);

#[derive(Debug)]
enum Backend {
    Local(local::Local),
    S3(s3::Remote),
}

/// Calls the same method of whichever store this is.
macro_rules! either {
    ($self:ident, $store:ident => $call:expr) => {
        match &*$self.0 {
            Backend::Local($store) => $call,
            Backend::S3($store) => $call,
        }
    };
}

impl Storage {
    /// The store that the settings name.
    ///
    /// # Errors
    /// The folder can't be made, or the S3 settings make no sense. S3 is not asked yet: see [`Storage::check`].
    pub fn open(config: &StorageConfig) -> Result<Self, StorageError> {
        match &config.s3 {
            Some(s3) => Ok(Self(Arc::new(Backend::S3(s3::Remote::new(s3)?)))),
            None => Self::local(&config.dir),
        }
    }

    /// Objects as files under `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn local(dir: &Path) -> Result<Self, StorageError> {
        Ok(Self(Arc::new(Backend::Local(local::Local::new(dir)?))))
    }

    /// Writes an object from a stream and returns its size in bytes. Replaces an older one at once when all is there.
    ///
    /// # Errors
    /// The stream's own, no room, or the store's. Nothing of the object is visible then.
    pub async fn put_stream(
        &self,
        key: &StorageKey,
        data: impl Stream<Item = io::Result<Bytes>> + Send,
    ) -> Result<u64, StorageError> {
        let data = Box::pin(data);
        either!(self, store => store.put_stream(key, data).await)
    }

    /// Writes a small object.
    ///
    /// # Errors
    /// As [`Storage::put_stream`].
    pub async fn put_bytes(&self, key: &StorageKey, data: impl Into<Bytes>) -> Result<u64, StorageError> {
        let data = data.into();
        self.put_stream(key, futures::stream::once(async move { Ok(data) })).await
    }

    /// Writes an object from a file.
    ///
    /// # Errors
    /// As [`Storage::put_stream`].
    pub async fn put_file(&self, key: &StorageKey, file: &Path) -> Result<u64, StorageError> {
        let file = tokio::fs::File::open(file).await?;
        self.put_stream(key, ReaderStream::with_capacity(file, 1024 * 1024)).await
    }

    /// Reads an object, or its bytes in `range` (clamped to its end).
    ///
    /// # Errors
    /// It is not there, or the store's. A stream that breaks ends with an error.
    pub async fn get_stream(
        &self,
        key: &StorageKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        either!(self, store => store.get_stream(key, range).await)
    }

    /// Reads an object whole, with its size in bytes: both of the same version, should it be replaced meanwhile.
    ///
    /// # Errors
    /// As [`Storage::get_stream`].
    pub async fn get_sized(&self, key: &StorageKey) -> Result<(u64, ByteStream), StorageError> {
        either!(self, store => store.get_sized(key).await)
    }

    /// Reads a small object whole.
    ///
    /// # Errors
    /// As [`Storage::get_stream`].
    pub async fn get_bytes(&self, key: &StorageKey) -> Result<Bytes, StorageError> {
        let mut stream = self.get_stream(key, None).await?;
        let mut bytes = bytes::BytesMut::new();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes.freeze())
    }

    /// Copies an object into a file, and returns its size in bytes.
    ///
    /// # Errors
    /// As [`Storage::get_stream`]; no room for the file.
    pub async fn get_to_file(&self, key: &StorageKey, file: &Path) -> Result<u64, StorageError> {
        let mut stream = self.get_stream(key, None).await?;
        let mut file = tokio::fs::File::create(file).await?;
        let mut size = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            file.write_all(&chunk).await?;
            size += chunk.len() as u64;
        }
        file.flush().await?;
        Ok(size)
    }

    /// Where anybody who knows the address can read an object for so many seconds; `None` for objects on local disk.
    ///
    /// # Errors
    /// The store's.
    pub async fn address(&self, key: &StorageKey, seconds: u32) -> Result<Option<String>, StorageError> {
        match &*self.0 {
            Backend::Local(_) => Ok(None),
            Backend::S3(store) => store.address(key, seconds).await.map(Some),
        }
    }

    /// Size of an object in bytes; `None` if it is not there.
    ///
    /// # Errors
    /// The store's.
    pub async fn size(&self, key: &StorageKey) -> Result<Option<u64>, StorageError> {
        either!(self, store => store.size(key).await)
    }

    /// Removes an object; one that is not there is fine.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete(&self, key: &StorageKey) -> Result<(), StorageError> {
        either!(self, store => store.delete(key).await)
    }

    /// Removes every object of ours whose path begins with `prefix`.
    ///
    /// # Errors
    /// The store's; what was removed until then is.
    pub async fn delete_all(&self, prefix: &str) -> Result<(), StorageError> {
        for key in self.list(prefix).await? {
            self.delete(&key).await?;
        }
        Ok(())
    }

    /// Every object of ours whose path begins with `prefix`.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, prefix: &str) -> Result<Vec<StorageKey>, StorageError> {
        either!(self, store => store.list(prefix).await)
    }

    /// Removes what broken-off writes left behind more than a day ago, and says how many there were.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self) -> Result<usize, StorageError> {
        self.sweep_older_than(DAY).await
    }

    /// As [`Storage::sweep`], for writes begun at least `age` ago: one still under way and as old is broken off.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep_older_than(&self, age: Duration) -> Result<usize, StorageError> {
        either!(self, store => store.sweep(age).await)
    }

    /// Is the store there, and may we write to it?
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), StorageError> {
        let key = StorageKey::Peaks { transcript: crate::ids::TranscriptId(uuid::Uuid::nil()) };
        self.put_bytes(&key, "[]").await?;
        self.delete(&key).await
    }
}
