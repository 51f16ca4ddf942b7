//! The program that is measured, in a process of its own.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Ends with this.
pub struct Serving {
    child: Child,
    /// Its address.
    pub base: String,
}

/// `program` doing `what` on this database and storage, without a word.
pub fn command(program: &str, what: &str, storage: &Path, url: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(what).env("REFLECTOR_DATABASE__URL", url).env("REFLECTOR_STORAGE__DIR", storage);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Serving {
    /// Pages and API, on this database and storage.
    pub async fn start(program: &str, storage: &Path, url: &str) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = command(program, "serve", storage, url)
            .env("REFLECTOR_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .spawn()
            .with_context(|| format!("can't start {program}"))?;
        let serving = Self { child, base: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while reqwest::get(format!("{}/health", serving.base)).await.is_err() {
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("{program} serve does not answer");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(serving)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
