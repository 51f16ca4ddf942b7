//! Zulip's API (https://zulip.com/api/): streams, topics, and messages of a bot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::mail::Trouble;
use crate::tls::Trust;

const PATIENCE: Duration = Duration::from_secs(20);
/// Longest message that Zulip takes, in characters.
pub const LONGEST_MESSAGE: usize = 10_000;
/// Longest topic.
pub const LONGEST_TOPIC: usize = 60;
/// Bytes of an answer that are read.
const MOST: usize = 8_000_000;
/// Streams that were heard of are believed for so long ...
const FRESH: Duration = Duration::from_secs(60);
/// ... and that they can't be had for so long.
const AWAY: Duration = Duration::from_secs(10);

/// The organisation and the bot.
#[derive(Clone)]
pub struct ZulipSettings {
    /// Without a slash at its end.
    pub url: String,
    pub bot_email: String,
    pub api_key: String,
}

/// Posts as a bot. Cheap to clone.
#[derive(Clone)]
pub struct Zulip {
    http: reqwest::Client,
    settings: ZulipSettings,
    heard: Arc<Mutex<Option<Heard>>>,
}

/// What was last heard of streams, for all who look.
struct Heard {
    at: Instant,
    streams: Result<Vec<Stream>, Trouble>,
}

impl Heard {
    fn holds(&self, now: Instant) -> bool {
        let long = if self.streams.is_ok() { FRESH } else { AWAY };
        now.saturating_duration_since(self.at) < long
    }
}

impl std::fmt::Debug for Zulip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zulip").field("url", &self.settings.url).finish_non_exhaustive()
    }
}

/// A stream that the bot sees.
#[derive(Clone, Debug, Deserialize)]
pub struct Stream {
    pub stream_id: i64,
    pub name: String,
}

/// A topic of a stream.
#[derive(Clone, Debug, Deserialize)]
pub struct Topic {
    pub name: String,
}

/// Where a message goes, and what it says.
#[derive(Clone, Copy, Debug)]
pub struct Post<'p> {
    pub stream: &'p str,
    pub topic: &'p str,
    pub content: &'p str,
}

impl Zulip {
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(settings: ZulipSettings, trust: &Trust) -> anyhow::Result<Self> {
        // The operator names it, so it may be at a private address; redirects would take the key elsewhere.
        let http = trust.http().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, settings, heard: Arc::default() })
    }

    /// What tells this organisation from others.
    pub fn realm(&self) -> &str {
        &self.settings.url
    }

    /// Streams that the bot sees, by name.
    ///
    /// # Errors
    /// Zulip can't be reached, or refuses.
    pub async fn streams(&self) -> Result<Vec<Stream>, Trouble> {
        let mut streams: Vec<Stream> = self.list(self.http.get(self.at("/streams")), "streams").await?;
        streams.sort_by_key(|stream| stream.name.to_lowercase());
        Ok(streams)
    }

    /// As [`Zulip::streams`], as they were within the last minute: for pages that are asked for again and again. Whoever asks
    /// meanwhile waits for the same answer.
    ///
    /// # Errors
    /// As [`Zulip::streams`].
    pub async fn streams_lately(&self) -> Result<Vec<Stream>, Trouble> {
        let mut heard = self.heard.lock().await;
        if let Some(last) = heard.as_ref().filter(|last| last.holds(Instant::now())) {
            return last.streams.clone();
        }
        let streams = self.streams().await;
        *heard = Some(Heard { at: Instant::now(), streams: streams.clone() });
        streams
    }

    /// Topics of a stream, as Zulip orders them: the newest first.
    ///
    /// # Errors
    /// As [`Zulip::streams`].
    pub async fn topics(&self, stream: i64) -> Result<Vec<Topic>, Trouble> {
        self.list(self.http.get(self.at(&format!("/users/me/{stream}/topics"))), "topics").await
    }

    /// Posts a message; its id.
    ///
    /// # Errors
    /// As [`Zulip::streams`].
    pub async fn post(&self, post: Post<'_>) -> Result<i64, Trouble> {
        let form =
            [("type", "stream"), ("to", post.stream), ("topic", post.topic), ("content", post.content)];
        let answer = self.ask(filled(self.http.post(self.at("/messages")), &form)).await?;
        answer["id"].as_i64().ok_or_else(|| Trouble::new("Zulip's answer has no id of the message", false))
    }

    /// Changes what a message says; false when it is there no longer, or may not be changed.
    ///
    /// # Errors
    /// As [`Zulip::streams`].
    pub async fn update(&self, message: i64, content: &str) -> Result<bool, Trouble> {
        let request =
            filled(self.http.patch(self.at(&format!("/messages/{message}"))), &[("content", content)]);
        match self.send(request).await? {
            (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND, _) => Ok(false),
            (status, answer) => judged(status, answer).map(|_| true),
        }
    }

    /// Asks who we are.
    ///
    /// # Errors
    /// As [`Zulip::streams`].
    pub async fn probe(&self) -> Result<(), Trouble> {
        self.ask(self.http.get(self.at("/users/me"))).await.map(|_| ())
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.settings.url)
    }

    async fn list<T: serde::de::DeserializeOwned>(
        &self,
        request: RequestBuilder,
        field: &str,
    ) -> Result<Vec<T>, Trouble> {
        let mut answer = self.ask(request).await?;
        serde_json::from_value(answer[field].take())
            .map_err(|error| Trouble::new(format!("Zulip's answer can't be read: {error}"), false))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        let (status, answer) = self.send(request).await?;
        judged(status, answer)
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Value), Trouble> {
        let request = request.basic_auth(&self.settings.bot_email, Some(&self.settings.api_key));
        let failed = |error: reqwest::Error| {
            let (why, _) = crate::outgoing::cause(&error);
            let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { why };
            Trouble::new(format!("Zulip can't be reached: {why}"), false)
        };
        let mut answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > MOST {
                return Err(Trouble::new("Zulip's answer has no end", false));
            }
        }
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }
}

/// A request with a form, as Zulip reads it.
fn filled(request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

fn judged(status: StatusCode, answer: Value) -> Result<Value, Trouble> {
    if status.is_success() && answer["result"] == "success" {
        return Ok(answer);
    }
    let said: String = answer["msg"].as_str().unwrap_or("no words of its own").chars().take(300).collect();
    let passing = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    let why = match status {
        status if status.is_success() => "Zulip's answer is none of Zulip's".to_owned(),
        status if status.is_redirection() => {
            format!("Zulip answered {status}; zulip.realm must be its own address")
        }
        status => format!("Zulip answered {status}: {said}"),
    };
    // What a person can mend in Zulip, a stream that is not there say, does not mend itself.
    Err(Trouble::new(why, !passing && status.is_client_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_believed_for_a_minute_and_trouble_for_less() {
        let at = Instant::now();
        let holds = |streams, seconds| Heard { at, streams }.holds(at + Duration::from_secs(seconds));
        assert!(holds(Ok(Vec::new()), 59) && !holds(Ok(Vec::new()), 60));
        let away = || Err(Trouble::new("away", false));
        assert!(holds(away(), 9) && !holds(away(), 10));
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let judge = |status: u16, answer: &str| {
            judged(StatusCode::from_u16(status).unwrap(), serde_json::from_str(answer).unwrap())
        };
        assert!(judge(200, r#"{"result":"success","id":7}"#).is_ok());
        let gone = judge(400, r#"{"result":"error","msg":"Stream 'x' does not exist"}"#).unwrap_err();
        assert!(gone.hopeless && gone.why.contains("does not exist"), "{gone:?}");
        assert!(!judge(429, r#"{"result":"error","msg":"slow"}"#).unwrap_err().hopeless);
        assert!(!judge(502, "null").unwrap_err().hopeless);
        assert!(!judge(200, "null").unwrap_err().hopeless);
        assert!(judge(302, "null").unwrap_err().why.contains("zulip.realm"));
    }
}
