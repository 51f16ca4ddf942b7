//! How much memory `reflector work` takes for a long recording: it comes as people send it, by chunks, and goes through every stage. Each
//! length has a worker of its own, whose largest resident memory is told.
//!
//! `cargo run --example worker -- PROGRAM FOLDER CACHE MINUTES...`: PROGRAM is `reflector`, FOLDER keeps PostgreSQL and sound, CACHE has the
//! samples. `make bench-worker` does it.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

#[path = "../common/serving.rs"]
mod serving;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reflector::db::private::{PrivateOptions, PrivatePostgres};
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use serving::Serving;

/// Bytes of a chunk, as the start page sends them.
const CHUNK: usize = 8 << 20;
/// No recording takes longer.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder, cache, minutes @ ..] = &arguments[..] else {
        bail!("usage: worker PROGRAM FOLDER CACHE MINUTES...");
    };
    let _already = rustls::crypto::ring::default_provider().install_default();
    let folder = Path::new(folder);
    let server = PrivatePostgres::start(PrivateOptions::durable(folder))?;
    let url = server.url(PrivatePostgres::DATABASE);
    reflector::db::migrate::up(&url).await?;
    reflector::queue::init(&url).await?;
    let storage = folder.join("storage");
    let serving = Serving::start(program, &storage, &url).await?;
    let site = Client::new();

    println!("| minutes | took, s | words | largest resident memory, MiB |");
    println!("| --- | --- | --- | --- |");
    for minutes in minutes {
        let length = Duration::from_secs(60 * minutes.parse::<u64>().context("MINUTES are whole numbers")?);
        let sound = sound(Path::new(cache), folder, length)?;
        let worker = Worker::start(program, &storage, &url)?;
        let begun = Instant::now();
        let id = send(&site, &serving.base, &sound).await?;
        let heard = ended(&site, &serving.base, &id).await?;
        let words = heard["transcript"].as_str().unwrap_or_default().split_whitespace().count();
        let took = begun.elapsed().as_secs();
        println!("| {minutes} | {took} | {words} | {} |", worker.peak()? >> 10);
        std::fs::remove_file(sound)?;
    }
    Ok(())
}

/// The sample of a conversation over and over, as long as that.
fn sound(cache: &Path, folder: &Path, length: Duration) -> anyhow::Result<PathBuf> {
    let (talk, sound) =
        (cache.join("samples/conversation.wav"), folder.join(format!("{}.mp3", length.as_secs())));
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-stream_loop", "-1", "-i"])
        .arg(&talk)
        .args(["-t", &length.as_secs().to_string(), "-ac", "1", "-b:a", "64k"])
        .arg(&sound)
        .status()
        .context("ffmpeg")?;
    if !made.success() {
        bail!("ffmpeg can't read {}", talk.display());
    }
    Ok(sound)
}

async fn send(site: &Client, base: &str, sound: &Path) -> anyhow::Result<String> {
    let named = json!({ "name": "Over and over", "source_language": "en", "source_kind": "file" });
    let made: Value = site
        .post(format!("{base}/v1/transcripts"))
        .json(&named)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let id = made["id"].as_str().context("an id")?.to_owned();
    let bytes = std::fs::read(sound)?;
    let total = bytes.chunks(CHUNK).count();
    for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
        let part = Part::bytes(chunk.to_vec()).file_name("talk.mp3");
        let to =
            format!("{base}/v1/transcripts/{id}/record/upload?chunk_number={number}&total_chunks={total}");
        // Who has no login shows that it is still them.
        let request = site.post(to).header("X-Upload-Token", "measured".repeat(4));
        request.multipart(Form::new().part("chunk", part)).send().await?.error_for_status()?;
    }
    Ok(id)
}

/// Waits for the end, and gives the transcript with its text.
async fn ended(site: &Client, base: &str, id: &str) -> anyhow::Result<Value> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let seen: Value = site.get(format!("{base}/v1/transcripts/{id}")).send().await?.json().await?;
        match seen["status"].as_str() {
            Some("ended") => return Ok(seen),
            Some("error") => bail!("it failed: {}", seen["error"]),
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
    bail!("it takes longer than {PATIENCE:?}")
}

/// `reflector work`; ends with this.
struct Worker(Child);

impl Worker {
    fn start(program: &str, storage: &Path, url: &str) -> anyhow::Result<Self> {
        let child = serving::command(program, "work", storage, url).spawn();
        Ok(Self(child.with_context(|| format!("can't start {program}"))?))
    }

    /// KiB; proc(5).
    fn peak(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}
