//! A receiver of webhooks: keeps what it is sent, and answers as a test says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    /// As it came over the wire: signatures are over these bytes.
    pub body: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

type Script = Box<dyn Fn(usize) -> Response + Send + Sync>;

struct Shared {
    script: Script,
    seen: Mutex<Vec<Received>>,
}

/// A receiver that lives as long as this.
pub struct Receiver {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// `script` gets the number of the request, from 0.
    pub async fn start(script: impl Fn(usize) -> Response + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { script: Box::new(script), seen: Mutex::default() });
        let app = axum::Router::new().fallback(take).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { address, shared, task }
    }

    /// One that answers with these statuses in turn, and with the last one from then on.
    pub async fn answering(statuses: &'static [u16]) -> Self {
        Self::start(move |n| {
            let status = statuses[n.min(statuses.len() - 1)];
            (StatusCode::from_u16(status).expect("a status"), format!("answer {n}")).into_response()
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn seen(&self) -> Vec<Received> {
        self.shared.seen.lock().expect("lock").clone()
    }

    /// Waits until so many have arrived.
    pub async fn until(&self, count: usize) -> Vec<Received> {
        super::until_there(count, || self.seen()).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let number = {
        let mut seen = shared.seen.lock().expect("lock");
        seen.push(Received { headers, body });
        seen.len() - 1
    };
    (shared.script)(number)
}
