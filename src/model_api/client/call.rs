//! One request, again while the server is full or does not answer, and given up at once when nobody waits for it any more.

use std::future::Future;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::multipart::Form;
use reqwest::{RequestBuilder, Response, Url};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio_util::io::StreamReader;

use super::{Remote, RemoteError};
use crate::speech::Cancel;
use crate::tls::Trust;

const CONNECT: Duration = Duration::from_secs(10);
/// For a small answer.
const SOON: Duration = Duration::from_secs(15);
/// Until an answer begins: the sound is sent and decoded before that, and other servers do all their work.
const BEGINNING: Duration = Duration::from_secs(6 * 3600);
/// Between two pieces of an answer; a server of ours says every 10 seconds that it lives.
const SILENCE: Duration = Duration::from_secs(90);
/// How often a cancellation is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// Tries with a server that does not answer: the queue comes back later.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// A full server that does not say for how long.
const FULL: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// With a full server, all pauses together.
const PATIENCE: Duration = Duration::from_secs(1800);
/// A day of words has less.
const LARGEST_ANSWER: u64 = 256 << 20;

/// How an answer came.
pub(super) enum Answer {
    /// The last event; those before it were told.
    Streamed(Value),
    Whole(Value),
}

/// Names of the events of a stream: those on the way, and the last.
pub(super) type Events = (&'static str, &'static str);

/// The address that requests begin with: `/v1` and the paths of requests are taken off.
pub(super) fn base(address: &str) -> Option<Url> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return None;
    }
    let mut path = url.path().trim_end_matches('/').to_owned();
    for end in ["/diarize", "/audio/transcriptions-from-url", "/audio/transcriptions", "/v1"] {
        path = path.strip_suffix(end).unwrap_or(&path).to_owned();
    }
    url.set_path(&format!("{path}/"));
    url.set_query(None);
    Some(url)
}

pub(super) fn client(trust: &Trust, base: &Url) -> reqwest::Result<reqwest::Client> {
    let mut http = trust
        .http()
        .user_agent(concat!("reflector/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .tcp_keepalive(Duration::from_secs(30))
        // A key must not follow a redirect.
        .redirect(reqwest::redirect::Policy::none());
    let host = base.host_str().unwrap_or_default();
    if host == "localhost" || host == "[::1]" || host.starts_with("127.") {
        http = http.no_proxy();
    }
    http.build()
}

/// Why one try has no answer.
enum Failure {
    /// No place is free, for so long.
    Full(Duration),
    Again(RemoteError),
    End(RemoteError),
}

impl Remote {
    /// Status and body of a small answer; the body is an error where it is no JSON.
    pub(super) async fn get(
        &self,
        path: &str,
        cancel: &Cancel,
    ) -> Result<(u16, serde_json::Result<Value>), RemoteError> {
        let mut tries = Tries::new();
        loop {
            match unless(cancel, self.get_once(path)).await? {
                Ok((status, body)) => return Ok((status, serde_json::from_slice(&body))),
                Err(failure) => tries.pause_after(self, failure, cancel).await?,
            }
        }
    }

    async fn get_once(&self, path: &str) -> Result<(u16, bytes::Bytes), Failure> {
        let exchange = async {
            let answer = self.keyed(self.http.get(self.at(path))).send().await?;
            Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.bytes().await?))
        };
        match tokio::time::timeout(SOON, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::Again(self.away(explain(&error)))),
            Err(_) => Err(Failure::Again(self.away(format!("no answer within {} s", SOON.as_secs())))),
        }
    }

    /// Sends a form, or parameters alone, and waits for the answer; events on the way are handed to `on_event`.
    pub(super) async fn post(
        &self,
        path: &str,
        query: &[(&str, String)],
        form: Option<&(dyn Fn() -> Form + Sync)>,
        events: Events,
        cancel: &Cancel,
        on_event: &mut (dyn FnMut(&Value) + Send),
    ) -> Result<Answer, RemoteError> {
        let mut tries = Tries::new();
        loop {
            let mut request = self.keyed(self.http.post(self.at(path))).query(query);
            if let Some(form) = form {
                request = request.multipart(form());
            }
            match unless(cancel, self.post_once(request)).await? {
                // What was told can't be taken back: from here on there is no other try.
                Ok(answer) => return unless(cancel, self.read(answer, events, on_event)).await?,
                Err(failure) => tries.pause_after(self, failure, cancel).await?,
            }
        }
    }

    async fn post_once(&self, request: RequestBuilder) -> Result<Response, Failure> {
        match tokio::time::timeout(BEGINNING, request.send()).await {
            Ok(Ok(answer)) => self.judge(answer).await,
            Ok(Err(error)) => Err(Failure::Again(self.away(explain(&error)))),
            Err(_) => Err(Failure::Again(self.away("no answer for hours"))),
        }
    }

    fn at(&self, path: &str) -> Url {
        // The base ends with a slash, and paths are ours.
        self.base.join(path).unwrap_or_else(|error| unreachable!("{path} is a path: {error}"))
    }

    fn keyed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// An answer that is none of these is on its way.
    async fn judge(&self, answer: Response) -> Result<Response, Failure> {
        let status = answer.status().as_u16();
        if status == 200 {
            return Ok(answer);
        }
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = tokio::time::timeout(SOON, answer.bytes()).await;
        let body: Value = body
            .ok()
            .and_then(Result::ok)
            .and_then(|body| serde_json::from_slice(&body).ok())
            .unwrap_or_default();
        Err(match status {
            429 => Failure::Full(after.map_or(FULL, Duration::from_secs).min(LONGEST_PAUSE)),
            502..=504 => Failure::Again(self.away(format!("it answers {status}"))),
            _ => Failure::End(self.refused(status, &body)),
        })
    }

    async fn read(
        &self,
        answer: Response,
        (on_the_way, last): Events,
        on_event: &mut (dyn FnMut(&Value) + Send),
    ) -> Result<Answer, RemoteError> {
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let streamed = kind.unwrap_or_default().starts_with("text/event-stream");
        let bytes = answer.bytes_stream().map_err(|error| std::io::Error::other(explain(&error)));
        let mut body = BufReader::new(StreamReader::new(bytes).take(LARGEST_ANSWER));
        let broken = |error: std::io::Error| self.away(error.to_string());
        if !streamed {
            let mut whole = Vec::new();
            body.read_to_end(&mut whole).await.map_err(broken)?;
            return serde_json::from_slice(&whole).map(Answer::Whole).map_err(|error| self.unclear(&error));
        }
        let mut lines = body.lines();
        loop {
            let line = tokio::time::timeout(SILENCE, lines.next_line()).await;
            let line = line.map_err(|_| self.away(format!("nothing came for {} s", SILENCE.as_secs())))?;
            let Some(line) = line.map_err(broken)? else {
                return Err(self.away("its answer broke off"));
            };
            // Lines that tell only that it lives begin with a colon.
            let Some(data) = line.strip_prefix("data:") else { continue };
            let event: Value = serde_json::from_str(data).map_err(|error| self.unclear(&error))?;
            match event["type"].as_str() {
                Some(kind) if kind == last => return Ok(Answer::Streamed(event)),
                Some(kind) if kind == on_the_way => on_event(&event),
                _ if !event["error"].is_null() => {
                    let status = event["status"].as_u64().and_then(|status| status.try_into().ok());
                    return Err(self.refused(status.unwrap_or(500), &event));
                }
                _ => {}
            }
        }
    }
}

/// Counts what was tried in vain.
struct Tries {
    begun: Instant,
    vain: u32,
}

impl Tries {
    fn new() -> Self {
        Self { begun: Instant::now(), vain: 0 }
    }

    /// Waits until the next try.
    ///
    /// # Errors
    /// There is to be none.
    async fn pause_after(
        &mut self,
        remote: &Remote,
        failure: Failure,
        cancel: &Cancel,
    ) -> Result<(), RemoteError> {
        let pause = match failure {
            Failure::End(error) => return Err(error),
            Failure::Full(_) if self.begun.elapsed() > PATIENCE => {
                return Err(RemoteError::Busy(remote.place()));
            }
            Failure::Full(pause) => {
                tracing::info!(
                    place = remote.place(),
                    seconds = pause.as_secs(),
                    "the speech server is full"
                );
                pause
            }
            Failure::Again(error) => {
                self.vain += 1;
                if self.vain >= TRIES {
                    return Err(error);
                }
                tracing::warn!(%error, tries = self.vain, "asking the speech server again");
                PAUSE * self.vain
            }
        };
        unless(cancel, tokio::time::sleep(pause.mul_f64(rand::random_range(1.0..1.2)))).await
    }
}

/// What `work` gives, unless it is cancelled first: then it is dropped, and its connection closed.
async fn unless<T>(cancel: &Cancel, work: impl Future<Output = T>) -> Result<T, RemoteError> {
    let cancelled = async {
        while !cancel.is_cancelled() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        biased;
        value = work => Ok(value),
        () = cancelled => Err(RemoteError::Cancelled),
    }
}

/// The innermost cause, without the address.
fn explain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_end_with_what_requests_have() {
        for address in [
            "http://gpu:8000",
            "http://gpu:8000/",
            "http://gpu:8000/v1",
            "http://gpu:8000/v1/audio/transcriptions",
            "http://gpu:8000/v1/audio/transcriptions-from-url",
            "http://gpu:8000/diarize",
        ] {
            assert_eq!(base(address).unwrap().as_str(), "http://gpu:8000/", "{address}");
        }
        assert_eq!(
            base("https://h/speech/v1/").unwrap().join("diarize").unwrap().as_str(),
            "https://h/speech/diarize"
        );
        assert_eq!((base("gpu:8000"), base("ftp://gpu")), (None, None));
    }
}
