//! Media from a URL that a caller names: streamed to the disk, within limits.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::error::ApiError;
use crate::outgoing::{self, AllowedHosts, judge};
use crate::tls::Trust;

const CONNECT: Duration = Duration::from_secs(10);
/// Between two pieces.
const SILENCE: Duration = Duration::from_secs(60);
/// For all of it.
const WHOLE: Duration = Duration::from_secs(3600);
const REDIRECTS: usize = 5;
/// The field that these errors are about.
const FIELD: &str = "audio_file_url";

/// Fetches media.
#[derive(Clone)]
pub(super) struct Fetcher {
    http: reqwest::Client,
    allowed: Arc<AllowedHosts>,
}

impl Fetcher {
    pub fn new(trust: &Trust, allowed: AllowedHosts) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let http = outgoing::client(trust, &allowed, REDIRECTS)
            .user_agent(concat!("reflector/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(WHOLE)
            .build()?;
        Ok(Self { http, allowed })
    }

    /// Writes what is at `url` to the new file `to`, up to `most` bytes.
    ///
    /// # Errors
    /// 400 for an address that can't be used or does not answer, 403 for one that may not be asked, 404 if nothing is there, 413.
    pub async fn fetch(&self, url: &str, to: &Path, most: u64) -> Result<(), ApiError> {
        let url = Url::parse(url.trim())
            .map_err(|error| ApiError::field(FIELD, format!("is no address: {error}")))?;
        judge(&self.allowed, &url).map_err(forbidden)?;
        let mut answer = self.http.get(url).send().await.map_err(explain)?;
        match answer.status() {
            StatusCode::OK => {}
            status @ (StatusCode::NOT_FOUND | StatusCode::GONE) => {
                let error = ApiError::field(FIELD, format!("there is no file at this address ({status})"));
                return Err(ApiError { status: StatusCode::NOT_FOUND, ..error });
            }
            status => return Err(ApiError::field(FIELD, format!("its host answers {status}"))),
        }
        let too_large = || ApiError { param: Some(FIELD), ..ApiError::too_large(most) };
        if answer.content_length().is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let mut file = tokio::fs::File::create_new(to).await?;
        let mut size = 0;
        while let Some(piece) = answer.chunk().await.map_err(explain)? {
            size += piece.len() as u64;
            if size > most {
                return Err(too_large());
            }
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        Ok(())
    }
}

fn forbidden(why: String) -> ApiError {
    ApiError { status: StatusCode::FORBIDDEN, ..ApiError::field(FIELD, why) }
}

/// In words, without the address, which may carry a signature.
fn explain(error: reqwest::Error) -> ApiError {
    match outgoing::cause(&error) {
        (cause, true) => forbidden(cause),
        _ if error.is_timeout() => ApiError::field(FIELD, "its host did not answer in time"),
        (cause, false) => ApiError::field(FIELD, format!("it can't be fetched: {cause}")),
    }
}
