//! What the demo says: where it is, and each transcript as it grows.
#![expect(clippy::print_stdout, reason = "the demo talks to the person who started it")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::config::Config;
use crate::export::clock;
use crate::ids::TranscriptId;
use crate::model::segment;
use crate::model::stage::StageStatus;
use crate::model::transcript::Status;
use crate::model::{Stage, TranscriptView};

const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// Where to look, and what will happen.
pub(super) fn opening(address: SocketAddr, data: &Path, config: &Config) {
    let host = if address.ip().is_loopback() { "localhost".to_owned() } else { address.ip().to_string() };
    println!("Reflector is at http://{host}:{}", address.port());
    println!("  hears with {}; data are kept in {}", config.speech.model, data.display());
    if config.auth.is_public() {
        println!("  public mode: visitors read and add, and change nothing");
    }
    println!("  Ctrl-C stops it; the next start goes on from there\n");
}

/// Both samples are done.
pub(super) fn idle() {
    println!("Both samples are done. Drop a recording of yours onto the page.");
}

/// Prints a transcript as it grows, and returns once it has ended: true if it is finished, false if a stage failed.
pub(super) async fn follow(app: &App, name: &str, id: TranscriptId) -> anyhow::Result<bool> {
    println!("== {name} ==");
    let mut heard = 0;
    let mut told = Told::default();
    loop {
        let mut conn = app.pool().get().await?;
        let Some(view) = TranscriptView::load(&mut conn, id).await? else { return Ok(true) };
        match &view.text {
            Some(text) if text.provisional => {
                for segment in segment::all(&conn, text.output.id).await?.into_iter().skip(heard) {
                    println!("  {} {}", clock(segment.start), segment.text.trim());
                    heard += 1;
                }
            }
            Some(_) if !told.speakers => {
                told.speakers = true;
                if heard > 0 {
                    println!("Who said what:");
                }
                let names = view.speaker_names();
                for segment in view.segments(&mut conn).await? {
                    let speaker =
                        segment.speaker.map_or_else(|| "Speaker".to_owned(), |number| names.name(number));
                    println!("{speaker}: {}", segment.text.trim());
                }
            }
            _ => {}
        }
        drop(conn);
        if done(&view, Stage::Summarize) && !told.understanding {
            told.understanding = true;
            println!("Title: {}", view.title.as_deref().unwrap_or("none"));
            let topics: Vec<String> =
                view.topics.iter().map(|topic| format!("{} {}", clock(topic.start), topic.title)).collect();
            println!("Topics: {}", topics.join("; "));
            println!("Summary: {}", view.short_summary.as_deref().unwrap_or("none"));
        }
        match view.transcript.status {
            Status::Ended => {
                println!();
                return Ok(true);
            }
            Status::Error => {
                for stage in view.stages.iter().filter(|stage| stage.status == StageStatus::Failed) {
                    println!(
                        "{} failed: {}",
                        stage.stage,
                        stage.error.as_deref().unwrap_or("no reason was given")
                    );
                }
                return Ok(false);
            }
            _ => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

#[derive(Default)]
struct Told {
    speakers: bool,
    understanding: bool,
}

fn done(view: &TranscriptView, stage: Stage) -> bool {
    view.stages.iter().any(|state| state.stage == stage && state.status == StageStatus::Done)
}
