use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::audio::{Cancel, decode_to_pcm};
use crate::config::Config;
use crate::export::{Document, Format, Line, render};
use crate::jobs::{engine_settings, expected};
use crate::model::Word;
use crate::speech::attribute::{SpeakerSegment, attribute};
use crate::speech::{DiarizeOptions, Engine, TranscribeOptions};

/// Write down what is said in a file, and by whom; needs no database
#[derive(Debug, Args)]
pub struct Transcribe {
    /// Any file with an audio track
    file: PathBuf,
    /// txt, md, json, srt, vtt or rttm
    #[arg(long, default_value = "txt")]
    format: Format,
    /// Code of the language spoken, as in `en`; several if it changes. Detected if not given, among `speech.languages` if there are any
    #[arg(long)]
    language: Vec<String>,
    /// Names and words to expect, as in `Aoife, OKR`; after those of `speech.prompt`
    #[arg(long)]
    prompt: Option<String>,
    /// Whisper model, as in `whisper-base`
    #[arg(long)]
    model: Option<String>,
    /// How many people speak, if known
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50))]
    speakers: Option<u32>,
    /// At least so many people speak
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50))]
    min_speakers: Option<u32>,
    /// At most so many people speak
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=50))]
    max_speakers: Option<u32>,
    /// Hypotheses kept while decoding; 1 is greedy
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    beam: Option<u8>,
}

impl Transcribe {
    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load()?;
        let speakers = DiarizeOptions {
            speakers: self.speakers,
            min_speakers: self.min_speakers,
            max_speakers: self.max_speakers,
        };
        // Now, not after minutes of work.
        speakers.bounds()?;
        let cancel = Cancel::default();
        let bar = progress_bar();
        let scratch = tempfile::tempdir().context("a folder for temporary files")?;
        bar.set_message("reading");
        let pcm = decode_to_pcm(
            &self.file,
            &scratch.path().join("audio.pcm"),
            |share| bar.set_position((share * 50.0) as u64),
            &cancel,
        )
        .with_context(|| self.file.display().to_string())?;
        bar.set_message("loading models");
        let mut settings = engine_settings(&config.speech, &config.models.dir);
        settings.model = self.model.unwrap_or(settings.model);
        settings.beam = self.beam.map_or(settings.beam, usize::from);
        let engine = Engine::start(settings)?;
        bar.set_message("words");
        let options = expected(&config.speech).of(TranscribeOptions {
            languages: self.language,
            prompt: self.prompt,
            ..TranscribeOptions::default()
        });
        let words = engine.transcribe(pcm.clone(), options, &cancel, |update| {
            bar.set_position(50 + (update.done / update.total.max(0.001) * 650.0) as u64);
        })?;
        bar.set_message("speakers");
        let voices =
            engine.diarize(pcm, speakers, &cancel, |share| bar.set_position(700 + (share * 300.0) as u64))?;
        bar.finish_and_clear();
        let document = Document {
            language: words.language,
            duration: words.duration,
            segments: attribute(&words.segments, &voices.turns).into_iter().map(line).collect(),
            ..Document::default()
        };
        let mut out = std::io::stdout().lock();
        out.write_all(render(&document, self.format).as_bytes()).and_then(|()| out.flush()).context("writing")
    }
}

fn line(segment: SpeakerSegment) -> Line {
    let word = |word: crate::speech::Word| Word {
        text: word.text,
        start: word.start,
        end: word.end,
        probability: word.probability,
    };
    Line {
        start: segment.start,
        end: segment.end,
        speaker: Some(format!("Speaker {}", segment.speaker + 1)),
        text: segment.text,
        words: segment.words.into_iter().map(word).collect(),
    }
}

/// On standard error, and only where that is a terminal.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(1000);
    if let Ok(style) = ProgressStyle::with_template("{msg:>14} {wide_bar} {percent:>3} % {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
