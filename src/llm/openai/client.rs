//! `POST {url}/chat/completions`, again and again until there is an answer or no hope for one.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::{Value, json};

use super::dialect::{Dialect, Shape, is_too_long};
use super::wire::{self, Answer};
use crate::llm::types::{LlmError, LlmSettings};

/// Times that one request is sent if the server is busy or unreachable.
const ATTEMPTS: u32 = 5;
/// A server that wants a longer pause is left alone: the job comes back later.
const LONGEST_WAIT: Duration = Duration::from_secs(90);
/// No answer of ours is near this.
const LARGEST_ANSWER: usize = 4 << 20;

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    key: Option<String>,
    pub model: String,
    timeout: Duration,
    backoff: Duration,
    dialect: Arc<Mutex<Dialect>>,
}

/// One message of a conversation.
#[derive(Clone, Debug)]
pub struct Message {
    pub role: &'static str,
    pub content: String,
}

pub struct Question<'a> {
    pub messages: &'a [Message],
    pub max_tokens: usize,
    pub temperature: f32,
    /// Name and JSON schema of the answer.
    pub name: &'a str,
    pub schema: &'a Value,
}

/// Why one request has no answer.
enum Failure {
    /// May be different next time, after the pause that the server asked for.
    Again {
        error: LlmError,
        after: Option<Duration>,
    },
    Refused {
        status: u16,
        message: String,
    },
}

impl Client {
    pub fn new(settings: &LlmSettings) -> Result<Self, LlmError> {
        let wrong = |message: &str| LlmError::Settings(message.to_owned());
        let address = settings.url.as_deref().ok_or_else(|| wrong("there is no address"))?;
        let model = settings.model.clone().filter(|model| !model.is_empty());
        let model = model.ok_or_else(|| wrong("a model name is needed with the address"))?;
        let endpoint =
            endpoint(address).ok_or_else(|| wrong("the address is not an http:// or https:// one"))?;
        let mut http = settings
            .trust
            .http()
            .user_agent(concat!("reflector/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10).min(settings.timeout))
            // A key must not follow a redirect, and no chat endpoint has any.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&endpoint) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| LlmError::Settings(explain(&error)))?;
        Ok(Self {
            http,
            endpoint,
            key: settings.api_key.clone().filter(|key| !key.is_empty()),
            model,
            timeout: settings.timeout,
            backoff: settings.backoff,
            dialect: Arc::new(Mutex::new(Dialect::new(settings.stream))),
        })
    }

    /// The model's answer to one question.
    ///
    /// # Errors
    /// [`LlmError::Unavailable`] and [`LlmError::Overloaded`] after [`ATTEMPTS`]; [`LlmError::ContextTooSmall`] and
    /// [`LlmError::Refused`] at once.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Answer, LlmError> {
        let mut dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempts = 0;
        loop {
            match self.once(&self.body(question, dialect), attempts + 1).await {
                Ok(answer) => {
                    *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
                    return Ok(answer);
                }
                Err(Failure::Refused { status, message }) => {
                    if is_too_long(status, &message) {
                        return Err(LlmError::ContextTooSmall(message));
                    }
                    let Some(next) = dialect.after(status, &message) else {
                        return Err(LlmError::Refused { status, message });
                    };
                    tracing::debug!(status, ?next, "the language model server refused a form of the request");
                    dialect = next;
                }
                Err(Failure::Again { error, after }) => {
                    attempts += 1;
                    if attempts >= ATTEMPTS || after.is_some_and(|pause| pause > LONGEST_WAIT) {
                        return Err(error);
                    }
                    let jitter = rand::random_range(0.8..1.2);
                    let pause =
                        after.unwrap_or_else(|| (self.backoff * 2_u32.pow(attempts - 1)).mul_f64(jitter));
                    tracing::warn!(%error, attempts, pause = pause.as_secs_f64(), "asking the language model again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn body(&self, question: &Question<'_>, dialect: Dialect) -> Value {
        let messages: Vec<Value> = question
            .messages
            .iter()
            .map(|message| json!({"role": message.role, "content": message.content}))
            .collect();
        let mut body = json!({"model": self.model, "messages": messages, "stream": dialect.stream});
        let limit = if dialect.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
        body[limit] = question.max_tokens.into();
        if dialect.temperature {
            body["temperature"] = question.temperature.into();
        }
        match dialect.shape {
            Shape::Schema => {
                body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": question.name, "schema": question.schema}});
            }
            Shape::Tool => {
                let function = json!({"name": question.name, "description": "Takes the answer.", "parameters": question.schema});
                body["tools"] = json!([{"type": "function", "function": function}]);
                body["tool_choice"] = json!({"type": "function", "function": {"name": question.name}});
            }
            Shape::Text => {}
        }
        body
    }

    async fn once(&self, body: &Value, attempt: u32) -> Result<Answer, Failure> {
        let again = |message: String| Failure::Again { error: LlmError::Unavailable(message), after: None };
        let exchange = async {
            let mut request = self.http.post(self.endpoint.clone()).json(body);
            if let Some(key) = &self.key {
                request = request.bearer_auth(key);
            }
            let response = request.send().await.map_err(|error| again(explain(&error)))?;
            if response.status() == StatusCode::OK {
                return read(response).await.map_err(|message| again(self.redact(&message)));
            }
            Err(self.failure(response, attempt).await)
        };
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(again(format!("no answer within {} s", self.timeout.as_secs_f64()))))
    }

    async fn failure(&self, mut response: Response, attempts: u32) -> Failure {
        let status = response.status().as_u16();
        let after = response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?));
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await
            && bytes.len() < 64 << 10
        {
            bytes.extend_from_slice(&chunk);
        }
        let message = serde_json::from_slice(&bytes).ok().and_then(|body| wire::error_message(&body));
        let message = self.redact(&message.unwrap_or_else(|| "it gave no reason".into()));
        match status {
            // Some servers answer so when a prompt is too long.
            500 if is_too_long(status, &message) => Failure::Refused { status, message },
            408 | 425 | 429 | 500..=599 if status != 501 => {
                Failure::Again { error: LlmError::Overloaded { status, attempts, retry_after: after }, after }
            }
            _ => Failure::Refused { status, message },
        }
    }

    /// Servers like to repeat a wrong key in their error.
    fn redact(&self, message: &str) -> String {
        match &self.key {
            Some(key) => message.replace(key.as_str(), "***"),
            None => message.to_owned(),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("model", &self.model).finish_non_exhaustive()
    }
}

/// Reads a successful answer, whichever of the two forms it has.
async fn read(mut response: Response) -> Result<Answer, String> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let streamed = kind.starts_with("text/event-stream");
    let (mut stream, mut bytes, mut size) = (wire::Stream::default(), Vec::new(), 0);
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(&error))? {
        size += chunk.len();
        if size > LARGEST_ANSWER {
            return Err(format!("its answer is larger than {} MiB", LARGEST_ANSWER >> 20));
        }
        if streamed {
            stream.push(&chunk)?;
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    if streamed { stream.finish() } else { wire::body(&bytes) }
}

/// The innermost cause, without the address (which may hold a password).
fn explain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_connect() { format!("no connection: {cause}") } else { cause.to_string() }
}

/// Where chat requests go: the address may end before or after `/v1`, or name the endpoint itself.
fn endpoint(address: &str) -> Option<Url> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return None;
    }
    let path = url.path().trim_end_matches('/').trim_end_matches("/chat/completions").to_owned();
    let base = if path.is_empty() { "/v1" } else { path.as_str() };
    url.set_path(&format!("{base}/chat/completions"));
    Some(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

/// Seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some(SystemTime::from(date).duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let at = |address| endpoint(address).map(|url| url.to_string());
        for address in ["http://h:1", "http://h:1/v1/", "http://h:1/v1", "http://h:1/v1/chat/completions"] {
            assert_eq!(at(address).as_deref(), Some("http://h:1/v1/chat/completions"));
        }
        assert_eq!(at("https://h/openai/v1").as_deref(), Some("https://h/openai/v1/chat/completions"));
        assert_eq!(at("ftp://h"), None);
        assert_eq!(at("ollama:11434"), None);
    }

    #[test]
    fn pauses() {
        assert_eq!(retry_after("2"), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("-1"), None);
        assert_eq!(retry_after("soon"), None);
    }
}
