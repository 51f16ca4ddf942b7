//! A Zulip of a test's own: two streams, their topics, and the messages that a bot posts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use base64::Engine as _;
use serde_json::{Value, json};

pub const BOT: &str = "reflector-bot@chat.test";
pub const KEY: &str = "0123456789abcdefghijklmnopqrstuv";

/// A message that stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub stream: String,
    pub topic: String,
    pub content: String,
    /// How often it was changed.
    pub edits: usize,
}

#[derive(Default)]
struct Shared {
    messages: Mutex<BTreeMap<i64, Message>>,
    /// Answers 502 to so many posts that follow.
    away: Mutex<usize>,
    /// Waits so long before it answers a post.
    slow: Mutex<Duration>,
    /// How often it was asked for its streams.
    listed: Mutex<usize>,
}

/// A server that lives as long as this.
pub struct ZulipServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl ZulipServer {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let app = Router::new()
            .route("/api/v1/users/me", get(me))
            .route("/api/v1/streams", get(streams))
            .route("/api/v1/users/me/{stream}/topics", get(topics))
            .route("/api/v1/messages", post(send))
            .route("/api/v1/messages/{id}", patch(edit))
            .with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { address, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Messages by their id.
    pub fn messages(&self) -> BTreeMap<i64, Message> {
        self.shared.messages.lock().expect("lock").clone()
    }

    /// How often it was asked for its streams.
    pub fn listed(&self) -> usize {
        *self.shared.listed.lock().expect("lock")
    }

    /// Takes a message away, as an administrator does.
    pub fn forget(&self, id: i64) {
        self.shared.messages.lock().expect("lock").remove(&id);
    }

    /// Is away for so many posts.
    pub fn fail(&self, posts: usize) {
        *self.shared.away.lock().expect("lock") = posts;
    }

    /// Takes its time for posts from now on.
    pub fn slow(&self, time: Duration) {
        *self.shared.slow.lock().expect("lock") = time;
    }

    /// Waits until the messages are as a test wants them.
    pub async fn until(&self, wanted: impl Fn(&BTreeMap<i64, Message>) -> bool) -> BTreeMap<i64, Message> {
        let begun = Instant::now();
        loop {
            let found = self.messages();
            if wanted(&found) {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "{found:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for ZulipServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn refused(status: StatusCode, msg: &str) -> Response {
    (status, Json(json!({ "result": "error", "msg": msg, "code": "BAD_REQUEST" }))).into_response()
}

fn done(more: Value) -> Response {
    let mut answer = json!({ "result": "success", "msg": "" });
    for (key, value) in more.as_object().expect("an object") {
        answer[key] = value.clone();
    }
    Json(answer).into_response()
}

/// Whether it is the bot who asks.
fn is_bot(headers: &HeaderMap) -> bool {
    let shown = base64::engine::general_purpose::STANDARD.encode(format!("{BOT}:{KEY}"));
    headers.get("authorization").is_some_and(|given| given == format!("Basic {shown}").as_str())
}

async fn me(headers: HeaderMap) -> Response {
    if !is_bot(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "Invalid API key");
    }
    done(json!({ "email": BOT, "is_bot": true }))
}

async fn streams(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    *shared.listed.lock().expect("lock") += 1;
    if !is_bot(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "Invalid API key");
    }
    let stream = |id: i64, name: &str| json!({ "stream_id": id, "name": name, "invite_only": false });
    done(json!({ "streams": [stream(9, "team"), stream(7, "meetings")] }))
}

async fn topics(headers: HeaderMap, Path(stream): Path<i64>) -> Response {
    match stream {
        _ if !is_bot(&headers) => refused(StatusCode::UNAUTHORIZED, "Invalid API key"),
        7 => done(json!({ "topics": [{ "max_id": 12, "name": "weekly" }, { "max_id": 3, "name": "<b>" }] })),
        9 => done(json!({ "topics": [] })),
        _ => refused(StatusCode::BAD_REQUEST, "Invalid channel ID"),
    }
}

fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

async fn send(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    if !is_bot(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "Invalid API key");
    }
    let wait = *shared.slow.lock().expect("lock");
    tokio::time::sleep(wait).await;
    {
        let mut away = shared.away.lock().expect("lock");
        if *away > 0 {
            *away -= 1;
            return (StatusCode::BAD_GATEWAY, "<html>").into_response();
        }
    }
    let form = form(&body);
    if form["type"] != "stream" || !["meetings", "team"].contains(&form["to"].as_str()) {
        return refused(StatusCode::BAD_REQUEST, &format!("Channel '{}' does not exist", form["to"]));
    }
    let mut messages = shared.messages.lock().expect("lock");
    let id = 100 + i64::try_from(messages.len()).expect("few");
    let id = messages.keys().next_back().map_or(id, |last| last + 1);
    let message = Message {
        stream: form["to"].clone(),
        topic: form["topic"].clone(),
        content: form["content"].clone(),
        edits: 0,
    };
    messages.insert(id, message);
    done(json!({ "id": id }))
}

async fn edit(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
    body: String,
) -> Response {
    if !is_bot(&headers) {
        return refused(StatusCode::UNAUTHORIZED, "Invalid API key");
    }
    match shared.messages.lock().expect("lock").get_mut(&id) {
        Some(message) => {
            message.content = form(&body)["content"].clone();
            message.edits += 1;
            done(json!({}))
        }
        None => refused(StatusCode::BAD_REQUEST, "Invalid message(s)"),
    }
}
