//! Speech servers in this process, with the smallest Whisper; all share one engine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reflector::audio::Scratch;
use reflector::config::cache_dir;
use reflector::model_api::server::{Server, ServerSettings};
use reflector::outgoing::AllowedHosts;
use reflector::speech::{DeviceWish, Engine, EngineSettings, Expected};
use reflector::tls::Trust;
use reflector::weights::ModelStore;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::sync::{CancellationToken, DropGuard};

pub const KEY: &str = "the-key-of-the-tests-0123";
const PATIENCE: Duration = Duration::from_secs(60);

/// The one engine of all of them.
pub fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let start = || {
        Engine::start(EngineSettings {
            models: ModelStore::new(cache_dir().join("models")),
            model: "whisper-tiny.en".into(),
            device: DeviceWish::Cpu,
            precision: None,
            beam: 1,
            queue: 16,
            unload_after: None,
        })
    };
    ENGINE.get_or_init(|| start().expect("models are installed (`make setup`)")).clone()
}

/// A server that lives as long as this.
pub struct SpeechServer {
    pub address: SocketAddr,
    pub client: Client,
    scratch: TempDir,
    _stop: DropGuard,
    _turn: MutexGuard<'static, ()>,
}

impl SpeechServer {
    /// With a key, media from this machine allowed, and whatever the test changes. One at a time: what one test asks would make
    /// the others wait for the engine.
    pub async fn start(change: impl FnOnce(&mut ServerSettings)) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let scratch = tempfile::tempdir().unwrap();
        let mut settings = ServerSettings {
            engine: tokio::task::spawn_blocking(engine).await.unwrap(),
            models: ModelStore::new(cache_dir().join("models")),
            model: "whisper-tiny.en".into(),
            expected: Expected::default(),
            key: Some(KEY.into()),
            places: 8,
            max_bytes: 100_000_000,
            scratch: Scratch::new(scratch.path()).unwrap(),
            allowed: AllowedHosts::new("speech_server.allow_hosts", &["127.0.0.0/8".into()]),
            trust: Trust::system(),
        };
        change(&mut settings);
        let server = Server::new(settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let ended = stop.clone().cancelled_owned();
        tokio::spawn(async move { server.serve(listener, ended).await });
        let _already = rustls::crypto::ring::default_provider().install_default();
        Self { address, client: Client::new(), scratch, _stop: stop.drop_guard(), _turn: turn }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A POST with the key.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path)).bearer_auth(KEY)
    }

    pub async fn health(&self) -> Value {
        read(self.client.get(self.url("/health"))).await.1
    }

    /// Files that lie about for requests.
    pub fn files(&self) -> usize {
        let count = |dir: &std::path::Path| -> usize {
            let entries = std::fs::read_dir(dir).unwrap().flatten();
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("job-")).count()
        };
        let folders = std::fs::read_dir(self.scratch.path()).unwrap().flatten();
        folders.filter(|entry| entry.path().is_dir()).map(|entry| count(&entry.path())).sum()
    }

    /// Waits until the server says so.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let start = Instant::now();
        loop {
            let health = self.health().await;
            if wanted(&health) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}: {health}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no request has left anything.
    pub async fn until_empty(&self) {
        self.until("no request is inside", |health| health["requests"] == 0).await;
        let start = Instant::now();
        while self.files() > 0 {
            assert!(start.elapsed() < PATIENCE, "files of ended requests stay");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Status and JSON of an answer.
pub async fn read(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("its text");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A sample from the cache.
pub fn sample(name: &str) -> PathBuf {
    let path = cache_dir().join("samples").join(name);
    assert!(path.is_file(), "{} is missing: run `make setup`", path.display());
    path
}
