//! Objects in a bucket of Garage or another S3 server.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use reqwest012::{StatusCode, header};
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, Region};
use tokio_util::io::StreamReader;

use super::{ByteStream, StorageError, StorageKey};
use crate::config::S3Config;

/// Parts of one object on their way at once: 8 MiB each, so an upload costs 16 MiB of memory.
const CONCURRENT_PARTS: usize = 2;
/// For one request but reads: a part of 8 MiB at 70 kB/s. Garage now and then never answers when its disk is full.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A read that says nothing for so long has broken; a slow one, or a listener who pauses, goes on.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// A read begins at once.
const PRESIGNED_SECONDS: u32 = 300;

#[derive(Debug)]
pub(super) struct Remote {
    bucket: Box<Bucket>,
    /// rust-s3's own limits a whole answer in time, and hands out ranges only whole.
    reads: reqwest012::Client,
}

impl Remote {
    pub(super) fn new(config: &S3Config) -> Result<Self, StorageError> {
        let region = Region::Custom { region: config.region.clone(), endpoint: config.endpoint.clone() };
        let credentials =
            Credentials::new(Some(&config.access_key), Some(&config.secret_key), None, None, None)
                .map_err(|error| StorageError::Settings(error.to_string()))?;
        let bucket = Bucket::new(&config.bucket, region, credentials)?.with_path_style();
        let reads = reqwest012::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| StorageError::Settings(error.to_string()))?;
        Ok(Self { bucket: bucket.with_request_timeout(REQUEST_TIMEOUT)?, reads })
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
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(futures::stream::empty().boxed());
        }
        let answer = self.ask(key, range.as_ref()).await?;
        match (answer.status(), range) {
            (StatusCode::OK, None) | (StatusCode::PARTIAL_CONTENT, Some(_)) => {
                Ok(answer.bytes_stream().map_err(plain).boxed())
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => Ok(futures::stream::empty().boxed()),
            _ => Err(refused(key, answer).await),
        }
    }

    pub(super) async fn get_sized(&self, key: &StorageKey) -> Result<(u64, ByteStream), StorageError> {
        let answer = self.ask(key, None).await?;
        match (answer.status(), answer.content_length()) {
            (StatusCode::OK, Some(size)) => Ok((size, answer.bytes_stream().map_err(plain).boxed())),
            (StatusCode::OK, None) => {
                Err(StorageError::Settings(format!("it does not say how large {key} is")))
            }
            _ => Err(refused(key, answer).await),
        }
    }

    /// The head of an object's answer, whatever it says; its body comes as it is read.
    async fn ask(
        &self,
        key: &StorageKey,
        range: Option<&Range<u64>>,
    ) -> Result<reqwest012::Response, StorageError> {
        let url = self.bucket.presign_get(key.to_string(), PRESIGNED_SECONDS, None).await?;
        let mut request = self.reads.get(url);
        if let Some(range) = range {
            request = request.header(header::RANGE, format!("bytes={}-{}", range.start, range.end - 1));
        }
        Ok(request.send().await.map_err(plain)?)
    }

    pub(super) async fn address(&self, key: &StorageKey, seconds: u32) -> Result<String, StorageError> {
        Ok(self.bucket.presign_get(key.to_string(), seconds, None).await?)
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

    /// Ends multipart uploads that were begun at least `age` ago: a sender that went away leaves one behind.
    pub(super) async fn sweep(&self, age: Duration) -> Result<usize, StorageError> {
        let newest = crate::clock::now() - age;
        let mut swept = 0;
        for page in self.bucket.list_multiparts_uploads(None, None).await? {
            for upload in page.uploads.iter().filter(|upload| upload.key.parse::<StorageKey>().is_ok()) {
                let begun = chrono::DateTime::parse_from_rfc3339(&upload.initiated);
                if begun.is_ok_and(|begun| begun <= newest) {
                    match self.bucket.abort_upload(&upload.key, &upload.id).await {
                        Ok(()) => swept += 1,
                        // Another sweep was quicker, or it was completed after all.
                        Err(S3Error::HttpFailWithBody(404, _)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Ok(swept)
    }
}

/// An error without the address, which is signed, and no business of a log.
fn plain(error: reqwest012::Error) -> io::Error {
    io::Error::other(error.without_url())
}

/// Why an object was not given.
async fn refused(key: &StorageKey, answer: reqwest012::Response) -> StorageError {
    match answer.status() {
        StatusCode::NOT_FOUND => StorageError::NotFound(*key),
        status => {
            let said = answer.text().await.unwrap_or_default();
            S3Error::HttpFailWithBody(status.as_u16(), said).into()
        }
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
