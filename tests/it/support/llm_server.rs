//! Language model servers: a scripted one that answers (or misbehaves) as a test says, and llama.cpp's real one.
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

/// What the scripted server does with one request.
pub enum Reply {
    /// A whole answer with this text.
    Text(String),
    /// The same as a stream, in pieces of a few bytes.
    Stream(String),
    /// A stream that breaks off after half of the text.
    CutStream(String),
    /// A body shorter than its Content-Length.
    ShortBody(String),
    /// Any choice, for tool calls and reasoning.
    Choice(Value),
    /// An error status with headers and body.
    Status(u16, Vec<(&'static str, &'static str)>, Value),
    /// Nothing for this long.
    Silence(Duration),
}

/// What arrived: headers and body.
pub struct Request {
    pub headers: HeaderMap,
    pub body: Value,
}

impl Request {
    /// All messages' text.
    pub fn prompt(&self) -> String {
        let messages = self.body["messages"].as_array().expect("messages");
        messages
            .iter()
            .map(|message| message["content"].as_str().expect("content"))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Numbered lines in the prompt.
    pub fn lines(&self) -> usize {
        let prompt = self.prompt();
        let start = prompt.find("<transcript>").expect("transcript");
        prompt[start..].lines().filter(|line| line.starts_with('[')).count()
    }
}

type Script = Box<dyn Fn(usize, &Request) -> Reply + Send + Sync>;

struct Shared {
    script: Script,
    seen: Mutex<Vec<Arc<Request>>>,
}

/// A server that lives as long as this.
pub struct ScriptedServer {
    pub url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl ScriptedServer {
    /// `script` gets the number of the request (from 0) and the request.
    pub async fn start(script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { script: Box::new(script), seen: Mutex::default() });
        let app = axum::Router::new()
            .route("/v1/chat/completions", axum::routing::post(chat))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("address"));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { url, shared, task }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Arc<Request>> {
        self.shared.seen.lock().expect("lock").clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn chat(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response<Body> {
    let request = Arc::new(Request { headers, body: body.0 });
    let number = {
        let mut seen = shared.seen.lock().expect("lock");
        seen.push(Arc::clone(&request));
        seen.len() - 1
    };
    let whole = |choice: Value| json!({"object": "chat.completion", "choices": [choice]}).to_string();
    let choice =
        |text: &str| json!({"message": {"role": "assistant", "content": text}, "finish_reason": "stop"});
    let json = Response::builder().header("content-type", "application/json");
    match (shared.script)(number, &request) {
        Reply::Text(text) => json.body(whole(choice(&text)).into()),
        Reply::Choice(choice) => json.body(whole(choice).into()),
        Reply::Stream(text) => Response::builder().header("content-type", "text/event-stream").body(
            Body::from_stream(futures::stream::iter(events(&text).into_iter().map(Ok::<_, std::io::Error>))),
        ),
        Reply::CutStream(text) => {
            let events = events(&text);
            let half = events.len() / 2;
            let cut = events.into_iter().take(half).map(Ok).chain([Err(std::io::Error::other("cut"))]);
            Response::builder()
                .header("content-type", "text/event-stream")
                .body(Body::from_stream(futures::stream::iter(cut)))
        }
        Reply::ShortBody(text) => {
            let body = whole(choice(&text));
            let half = body[..body.len() / 2].to_owned();
            let cut = futures::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
            json.header("content-length", body.len()).body(Body::from_stream(cut))
        }
        Reply::Status(status, headers, body) => {
            let response =
                headers.into_iter().fold(json.status(status), |r, (name, value)| r.header(name, value));
            response.body(body.to_string().into())
        }
        Reply::Silence(time) => {
            tokio::time::sleep(time).await;
            json.body(Body::empty())
        }
    }
    .expect("response")
}

/// A stream's events, with reasoning before the answer as some servers send it.
fn events(text: &str) -> Vec<String> {
    let event =
        |delta: Value| format!("data: {}\n\n", json!({"choices": [{"delta": delta, "finish_reason": null}]}));
    let letters: Vec<char> = text.chars().collect();
    let mut events = vec![
        event(json!({"role": "assistant"})),
        event(json!({"reasoning_content": "{\"title\": \"thought\"}"})),
    ];
    events.extend(letters.chunks(7).map(|piece| event(json!({"content": piece.iter().collect::<String>()}))));
    events.push("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".into());
    events.push("data: [DONE]\n\n".into());
    events
}

/// llama.cpp's server with a small real model; ends with this value.
pub struct LlamaServer {
    /// Up to and with `/v1`.
    pub url: String,
    child: Child,
}

impl LlamaServer {
    /// Starts it on a free port. Fails with what to do if it was not set up.
    pub fn start() -> Self {
        let dir = reflector::config::cache_dir().join("llm");
        let python = dir.join("python");
        let model = dir.join("gemma-3-270m-q4_k_m.gguf");
        assert!(
            python.is_dir() && model.is_file(),
            "{} holds no language model server: run make setup",
            dir.display()
        );
        let script = super::tree().join("scripts/llm_test_server.py");
        let mut child = Command::new("python3")
            .env("PYTHONPATH", python)
            .arg(script)
            .arg(model)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("stdout");
        BufReader::new(stdout).read_line(&mut address).expect("an address");
        assert!(
            address.starts_with("http"),
            "llama.cpp's server did not start; run scripts/llm_test_server.py by hand"
        );
        Self { url: format!("{}/v1", address.trim()), child }
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
