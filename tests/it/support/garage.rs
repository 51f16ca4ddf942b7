//! A real Garage: one node, one bucket.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use reflector::config::{S3Config, cache_dir};

const ACCESS_KEY: &str = "GK31c2f218a2e44f485b94239e";
const SECRET_KEY: &str = "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835";
/// What its administration asks for.
pub const ADMIN_TOKEN: &str = "0f21a4c1d9f84d0f8a1e8ce1ce5f4c6b";
const BUCKET: &str = "reflector";
const VERSION: &str = "garage-2.3.0";

/// Dies with its value, or with the test process.
pub struct Garage {
    dir: tempfile::TempDir,
    child: Mutex<Child>,
    port: u16,
    admin: u16,
}

impl Garage {
    /// The one that tests share which mind only their own objects.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Garage> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let data = dir.path().join("data");
        Self::start_in(dir, &data)
    }

    /// With its blocks below `data`; its metadata elsewhere.
    pub fn start_with_data(data: &Path) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), data)
    }

    fn start_in(dir: tempfile::TempDir, data: &Path) -> Self {
        // Between finding a free port and using it, another may take it: then the server ends, and we try again.
        for _ in 0..5 {
            let (port, rpc, admin) = (free_port(), free_port(), free_port());
            let config = dir.path().join("garage.toml");
            std::fs::write(&config, settings(dir.path(), data, port, rpc, admin))
                .expect("the server's settings");
            let mut child = spawn(&config, &dir.path().join("log"));
            if answers(&mut child, port) {
                return Self { dir, child: Mutex::new(child), port, admin };
            }
        }
        let log = std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
        panic!("Garage did not start: {log}");
    }

    /// Address of its administration.
    pub fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.admin)
    }

    pub fn config(&self) -> S3Config {
        assert!(self.dir.path().exists());
        S3Config {
            endpoint: format!("http://127.0.0.1:{}", self.port),
            region: "garage".into(),
            bucket: BUCKET.into(),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
        }
    }
}

impl Drop for Garage {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        end(child);
    }
}

fn program() -> PathBuf {
    let program = cache_dir().join(VERSION).join("bin/garage");
    assert!(program.is_file(), "{} is missing: run `make setup`", program.display());
    program
}

fn spawn(config: &Path, log: &Path) -> Child {
    let log = std::fs::File::create(log).expect("the server's log");
    let mut command = Command::new("sh");
    // What tests share is never dropped. But a pipe closes with this process, however it ends, and the server follows.
    let watched = r#"exec 3<&0; "$@" & server=$!; (cat <&3 >/dev/null; kill -9 $server) & wait $server"#;
    command.args(["-c", watched, "sh"]).arg(program()).arg("-c").arg(config);
    command
        .args(["server", "--single-node", "--default-bucket"])
        .env("GARAGE_DEFAULT_ACCESS_KEY", ACCESS_KEY)
        .env("GARAGE_DEFAULT_SECRET_KEY", SECRET_KEY)
        .env("GARAGE_DEFAULT_BUCKET", BUCKET)
        .env("RUST_LOG", "garage=info");
    command.stdin(Stdio::piped()).stdout(log.try_clone().expect("the server's log")).stderr(log);
    command.spawn().expect("a shell")
}

fn end(child: &mut Child) {
    drop(child.stdin.take());
    let _ = child.wait();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits until the bucket can be used; false where the server has ended.
fn answers(child: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    // The bucket is made before the server listens.
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = child.try_wait().expect("the server's state").is_some();
        if ended || Instant::now() > deadline {
            end(child);
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

fn settings(dir: &Path, data: &Path, port: u16, rpc: u16, admin: u16) -> String {
    let (meta, data) = (dir.join("meta"), data.display());
    format!(
        "metadata_dir = {meta:?}\ndata_dir = \"{data}\"\ndb_engine = \"sqlite\"\nreplication_factor = 1\n\
         rpc_bind_addr = \"127.0.0.1:{rpc}\"\nrpc_secret = \"{SECRET_KEY}\"\n\
         [s3_api]\ns3_region = \"garage\"\napi_bind_addr = \"127.0.0.1:{port}\"\n\
         [admin]\napi_bind_addr = \"127.0.0.1:{admin}\"\nadmin_token = \"{ADMIN_TOKEN}\"\n"
    )
}
