//! The Hugging Face hub: plain GET of `{endpoint}/{owner}/{repo}/resolve/{revision}/{file}`, which redirects to where the
//! bytes are. What was cut is resumed with Range, under If-Range so that two versions are never mixed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::weights::WeightsError;

/// Attempts in a row that may bring nothing.
const ATTEMPTS: u32 = 4;

/// A hub and who asks.
#[derive(Clone, Debug)]
pub struct Hub {
    client: Client,
    endpoint: String,
    token: Option<String>,
    pause: Duration,
}

impl Hub {
    /// `endpoint` without a final slash; `token` for models behind a login.
    pub fn new(client: Client, endpoint: &str, token: Option<String>, pause: Duration) -> Self {
        Self { client, endpoint: endpoint.trim_end_matches('/').into(), token, pause }
    }

    /// Brings a file to `to`, going on with what an earlier attempt left there. `pinned`: its checksum is known, so that
    /// a left-over may be continued even if the server names no version.
    pub async fn fetch(
        &self,
        repo: &str,
        file: &str,
        to: &Path,
        pinned: bool,
        on_bytes: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<(), WeightsError> {
        let url = format!("{}/{repo}/resolve/main/{file}", self.endpoint);
        let mut fruitless = 0;
        loop {
            let before = fs::metadata(to).await.map_or(0, |found| found.len());
            match self.attempt(&url, to, pinned, on_bytes).await {
                Ok(()) => return Ok(()),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(why)) => {
                    let after = fs::metadata(to).await.map_or(0, |found| found.len());
                    fruitless = if after > before { 0 } else { fruitless + 1 };
                    if fruitless >= ATTEMPTS {
                        return Err(WeightsError::Source(format!(
                            "{url}: {why}; run the same command again to go on from {after} bytes"
                        )));
                    }
                    tokio::time::sleep(self.pause * 2_u32.pow(fruitless)).await;
                }
            }
        }
    }

    async fn attempt(
        &self,
        url: &str,
        to: &Path,
        pinned: bool,
        on_bytes: &mut (dyn FnMut(u64, Option<u64>) + Send),
    ) -> Result<(), Failure> {
        let version = version_file(to);
        let have = fs::metadata(to).await.map_or(0, |found| found.len());
        let known = fs::read_to_string(&version).await.ok();
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let resuming = have > 0 && (pinned || known.is_some());
        if resuming {
            request = request.header(RANGE, format!("bytes={have}-"));
            if let Some(etag) = &known {
                request = request.header(IF_RANGE, etag);
            }
        }
        let mut response = request.send().await.map_err(passing)?;
        let start = match response.status() {
            StatusCode::PARTIAL_CONTENT if resuming && range_start(&response) == Some(have) => have,
            StatusCode::OK => 0,
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
                // What is here is no beginning of what is there.
                let _ = fs::remove_file(to).await;
                let _ = fs::remove_file(&version).await;
                return Err(Failure::Passing(
                    "the server could not go on where the last attempt stopped".into(),
                ));
            }
            status => return Err(refused(url, status)),
        };
        let strong = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
        match strong.filter(|etag| etag.starts_with('"')) {
            Some(etag) => fs::write(&version, etag).await.map_err(broken(&version))?,
            None => drop(fs::remove_file(&version).await),
        }
        let length = response
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let total = length.map(|length| start + length);
        let mut file = open(to, start).await.map_err(broken(to))?;
        let mut done = start;
        on_bytes(done, total);
        let outcome = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => {
                    file.write_all(&bytes).await.map_err(broken(to))?;
                    done += bytes.len() as u64;
                    on_bytes(done, total);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(passing(error)),
            }
        };
        file.flush().await.map_err(broken(to))?;
        file.sync_all().await.map_err(broken(to))?;
        outcome?;
        if total.is_some_and(|total| done < total) {
            return Err(Failure::Passing("the connection was cut".into()));
        }
        let _ = fs::remove_file(&version).await;
        Ok(())
    }
}

enum Failure {
    /// Worth another attempt.
    Passing(String),
    Final(WeightsError),
}

fn passing(error: reqwest::Error) -> Failure {
    // Without its address: the caller says that once.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Failure::Passing(text)
}

fn broken(path: &Path) -> impl FnOnce(std::io::Error) -> Failure + '_ {
    |error| Failure::Final(WeightsError::io(path)(error))
}

fn refused(url: &str, status: StatusCode) -> Failure {
    if status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    {
        return Failure::Passing(format!("the server answered {status}"));
    }
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; accept the model's terms on its page and set HF_TOKEN to an access token"
        }
        StatusCode::NOT_FOUND => "; the hub has no such model or file",
        _ => "",
    };
    Failure::Final(WeightsError::Source(format!("{url}: the server answered {status}{hint}")))
}

/// First byte of a `Content-Range: bytes 5-9/10`.
fn range_start(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// Beside an unfinished file: which version of it the bytes are from.
fn version_file(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".etag");
    name.into()
}

async fn open(to: &Path, start: u64) -> std::io::Result<File> {
    let file = OpenOptions::new().create(true).write(true).truncate(start == 0).open(to).await?;
    file.set_len(start).await?;
    drop(file);
    OpenOptions::new().append(true).open(to).await
}
