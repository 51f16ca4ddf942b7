//! Objects in a bucket of Garage or another S3 server.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, Region};
use std::io;
use tokio_util::io::{ReaderStream, StreamReader};

use super::{ByteStream, StorageError, StorageKey};
use crate::config::S3Config;

/// Parts of one object on their way at once: 8 MiB each, so an upload costs 16 MiB of memory.
const CONCURRENT_PARTS: usize = 2;
/// Bytes between the store and whoever reads.
const PIPE: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Remote {
    bucket: Box<Bucket>,
}

impl Remote {
    pub(super) fn new(config: &S3Config) -> Result<Self, StorageError> {
        let region = Region::Custom { region: config.region.clone(), endpoint: config.endpoint.clone() };
        let credentials =
            Credentials::new(Some(&config.access_key), Some(&config.secret_key), None, None, None)
                .map_err(|error| StorageError::Settings(error.to_string()))?;
        Ok(Self { bucket: Bucket::new(&config.bucket, region, credentials)?.with_path_style() })
    }

    pub(super) async fn put_stream(
        &self,
        key: &StorageKey,
        data: impl Stream<Item = io::Result<Bytes>> + Send + Unpin,
    ) -> Result<u64, StorageError> {
        let size = Arc::new(AtomicU64::new(0));
        let counted = size.clone();
        let mut broken = None;
        let watched = data.map(|chunk| {
            match &chunk {
                Ok(bytes) => {
                    counted.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                }
                Err(error) => broken = Some(io::Error::new(error.kind(), error.to_string())),
            }
            chunk
        });
        let sent = self
            .bucket
            .put_object_stream_builder(key.to_string())
            .with_content_type(key.content_type())
            .with_max_concurrent_chunks(CONCURRENT_PARTS)
            .execute_stream(&mut StreamReader::new(Box::pin(watched)))
            .await;
        match (sent, broken) {
            (_, Some(error)) => Err(StorageError::Source(error)),
            (Err(error), None) => Err(full(error)),
            (Ok(answer), None) if answer.status_code() >= 300 => {
                Err(full(S3Error::HttpFailWithBody(answer.status_code(), String::new())))
            }
            (Ok(_), None) => Ok(size.load(Ordering::Relaxed)),
        }
    }

    pub(super) async fn get_stream(
        &self,
        key: &StorageKey,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let size = self.size(key).await?.ok_or(StorageError::NotFound(*key))?;
        let range = range.unwrap_or(0..size);
        let (start, end) = (range.start, range.end.min(size));
        if start >= end {
            return Ok(futures::stream::empty().boxed());
        }
        let (mut writer, reader) = tokio::io::duplex(PIPE);
        let (bucket, path) = (self.bucket.clone(), key.to_string());
        let fetch = tokio::spawn(async move {
            bucket.get_object_range_to_writer(path, start, Some(end - 1), &mut writer).await
        });
        // The stream ends with the fetch's own error if it had one, so that a cut answer is not taken for a whole one.
        let tail = futures::stream::once(fetch).filter_map(async |outcome| match outcome {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(Err(io::Error::other(error))),
            Err(error) => Some(Err(io::Error::other(error))),
        });
        Ok(ReaderStream::with_capacity(reader, PIPE).chain(tail).boxed())
    }

    pub(super) async fn size(&self, key: &StorageKey) -> Result<Option<u64>, StorageError> {
        match self.bucket.head_object(key.to_string()).await {
            Ok((_, 404)) | Err(S3Error::HttpFailWithBody(404, _)) => Ok(None),
            Ok((head, _)) => Ok(Some(head.content_length.unwrap_or(0).unsigned_abs())),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn delete(&self, key: &StorageKey) -> Result<(), StorageError> {
        match self.bucket.delete_object(key.to_string()).await {
            Ok(_) | Err(S3Error::HttpFailWithBody(404, _)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<StorageKey>, StorageError> {
        let pages = self.bucket.list(prefix.to_owned(), None).await?;
        Ok(pages
            .into_iter()
            .flat_map(|page| page.contents)
            .filter_map(|object| object.key.parse().ok())
            .collect())
    }

    /// Ends multipart uploads that were begun more than a day ago: a sender that went away leaves one behind.
    pub(super) async fn sweep(&self) -> Result<(), StorageError> {
        let day_ago = crate::clock::now() - chrono::Duration::days(1);
        for page in self.bucket.list_multiparts_uploads(None, None).await? {
            for upload in page.uploads {
                let begun = chrono::DateTime::parse_from_rfc3339(&upload.initiated);
                if begun.is_ok_and(|begun| begun < day_ago) {
                    self.bucket.abort_upload(&upload.key, &upload.id).await?;
                }
            }
        }
        Ok(())
    }
}

/// Tells "no room" from other refusals: 507, or a server error that says so (Garage answers 500 with the system's words).
fn full(error: S3Error) -> StorageError {
    match &error {
        S3Error::HttpFailWithBody(507, _) => StorageError::DiskFull,
        S3Error::HttpFailWithBody(status, body)
            if *status >= 500 && (body.contains("No space left") || body.contains("no space")) =>
        {
            StorageError::DiskFull
        }
        _ => error.into(),
    }
}
