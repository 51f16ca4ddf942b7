use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::{HttpRequest, HttpResponse, http};
use reqwest::header::{DATE, HeaderName, SERVER};
use url::Url;

use crate::tls::Trust;

/// For one question, from the first packet to the last.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Until there is a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of an answer; metadata and keys of a provider have some thousands.
const LARGEST: usize = 1_000_000;

/// The provider can't be reached, or its answer is none.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url}: {reason}")]
pub struct FetchError {
    /// Without its query, which may hold secrets.
    pub url: String,
    pub reason: String,
}

/// An answer: what `doctor` looks at, too.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// What answers calls itself so: the provider, or a proxy in its place.
    pub server: Option<String>,
    /// The provider's clock, if it tells.
    pub date: Option<chrono::DateTime<chrono::Utc>>,
}

/// An answer to be.
pub(super) type Sent = BoxFuture<'static, Result<HttpResponse, FetchError>>;

/// Asks the provider, and nobody to whom it would send us on.
#[derive(Clone)]
pub(super) struct Fetch(reqwest::Client);

impl Fetch {
    pub fn new(trust: &Trust) -> Result<Self, reqwest::Error> {
        let client = trust.http().timeout(TIMEOUT).connect_timeout(CONNECT);
        // Secrets are sent: only to whom the settings or the metadata name.
        client.redirect(reqwest::redirect::Policy::none()).build().map(Self)
    }

    /// Gets an address.
    pub async fn get(&self, url: &str) -> Result<Answer, FetchError> {
        let parsed = Url::parse(url).map_err(|error| refused(url, error))?;
        let request = self.0.get(parsed).header("accept", "application/json");
        let (head, body) = read(url, request.send().await).await?;
        let said = |name: HeaderName| head.headers().get(name).and_then(|value| value.to_str().ok());
        let server = said(SERVER).map(str::to_owned);
        let date = said(DATE).and_then(|text| chrono::DateTime::parse_from_rfc2822(text).ok());
        Ok(Answer { status: head.status().as_u16(), body, server, date: date.map(|date| date.to_utc()) })
    }

    /// The same for the protocol library, which calls a function.
    pub fn sender(&self) -> impl Fn(HttpRequest) -> Sent + Send + Sync + use<> {
        let fetch = self.clone();
        move |request| {
            let fetch = fetch.clone();
            Box::pin(async move { fetch.send(request).await })
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let url = request.uri().to_string();
        let request = reqwest::Request::try_from(request).map_err(|error| refused(&url, error))?;
        let (head, body) = read(&url, self.0.execute(request).await).await?;
        let (parts, ()) = head.into_parts();
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// Status and headers, and the body piece by piece, as far as it may be long.
async fn read(
    url: &str,
    answer: reqwest::Result<reqwest::Response>,
) -> Result<(http::Response<()>, Vec<u8>), FetchError> {
    let mut answer = answer.map_err(|error| refused(url, error.without_url()))?;
    let mut head = http::Response::new(());
    *head.status_mut() = answer.status();
    *head.headers_mut() = answer.headers().clone();
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| refused(url, error.without_url()))? {
        if body.len() + piece.len() > LARGEST {
            let reason = format!("the answer has more than {LARGEST} bytes");
            return Err(FetchError { url: without_query(url), reason });
        }
        body.extend_from_slice(&piece);
    }
    Ok((head, body))
}

fn refused(url: &str, error: impl std::error::Error + Send + Sync + 'static) -> FetchError {
    // The causes say what happened: "connection refused", or which certificate nobody trusts.
    FetchError { url: without_query(url), reason: format!("{:#}", anyhow::Error::new(error)) }
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}
