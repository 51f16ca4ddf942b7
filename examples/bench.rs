//! The engine as `make bench-speech` drives it: loaded once, one request a line. `bench.py` (scripts/bench) holds the clock's other side.
//!
//! `bench serve MODEL` reads JSON lines such as `{"do": "transcribe", "pcm": "a.pcm", "language": "en", "beam": 1}` and
//! `{"do": "diarize", "pcm": "a.pcm"}`, and answers each with a line: seconds, peak memory and what was found. PCM is raw: signed
//! 16 bit, 16 kHz, mono.
//! `bench score TRUTH.rttm FOUND.rttm` prints the seconds that a diarization gets wrong, by the tests' own scorer.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use reflector::audio::{Cancel, PcmFile};
use reflector::config::Config;
use reflector::jobs::engine_settings;
use reflector::speech::{DiarizeOptions, Engine, TranscribeOptions};
use serde::Deserialize;
use serde_json::{Value, json};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/support/der.rs"]
mod der;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Request {
    Transcribe { pcm: PathBuf, language: Option<String>, beam: usize },
    Diarize { pcm: PathBuf },
}

fn main() -> anyhow::Result<()> {
    reflector::speech::share_one_heap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", model] => serve(model),
        ["score", truth, found] => {
            let errors = der::score(&der::read_rttm(Path::new(truth)), &der::read_rttm(Path::new(found)));
            say(&json!({
                "missed": errors.missed, "false_alarm": errors.false_alarm, "confused": errors.confused, "speech": errors.speech,
            }))
        }
        _ => bail!("usage: bench serve MODEL | bench score TRUTH.rttm FOUND.rttm"),
    }
}

fn serve(model: &str) -> anyhow::Result<()> {
    let config = Config::load()?;
    let mut settings = engine_settings(&config.speech, &config.models.dir);
    settings.model = model.into();
    let begun = Instant::now();
    let engine = Engine::start(settings)?;
    let health = engine.health();
    say(&json!({
        "ready": true, "seconds": begun.elapsed().as_secs_f64(), "peak": peak(), "what": format!("{} {}", health.device, health.dtype),
    }))?;
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?).context("a request")?;
        say(&answer(&engine, request)?)?;
    }
    Ok(())
}

fn answer(engine: &Engine, request: Request) -> anyhow::Result<Value> {
    let cancel = Cancel::default();
    match request {
        Request::Transcribe { pcm, language, beam } => {
            let pcm = PcmFile::open(pcm)?;
            let options = TranscribeOptions { language, beam: Some(beam), ..TranscribeOptions::default() };
            let begun = Instant::now();
            let found = engine.transcribe(pcm, options, &cancel, |_| {})?;
            let seconds = begun.elapsed().as_secs_f64();
            let words = found.segments.iter().flat_map(|segment| &segment.words);
            let words: Vec<Value> = words.map(|word| json!([word.text, word.start, word.end])).collect();
            let texts: Vec<&str> = found.segments.iter().map(|segment| segment.text.as_str()).collect();
            Ok(
                json!({ "seconds": seconds, "peak": peak(), "text": texts.join(" "), "words": words, "language": found.language }),
            )
        }
        Request::Diarize { pcm } => {
            let pcm = PcmFile::open(pcm)?;
            let begun = Instant::now();
            let found = engine.diarize(pcm, DiarizeOptions::default(), &cancel, |_| {})?;
            let seconds = begun.elapsed().as_secs_f64();
            let turns: Vec<Value> = found
                .turns
                .iter()
                .map(|turn| json!([turn.start, turn.end, turn.speaker.to_string()]))
                .collect();
            Ok(json!({ "seconds": seconds, "peak": peak(), "turns": turns }))
        }
    }
}

/// The most memory this process has had at once, in kB; 0 where the system doesn't tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

fn say(line: &Value) -> anyhow::Result<()> {
    println!("{line}");
    Ok(std::io::stdout().flush()?)
}
