use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::audio::{Cancel, Decoded, PcmFile, decode};
use crate::config::Config;
use crate::export::{Document, Format, Line, docx, pdf, render};
use crate::fonts::Fonts;
use crate::jobs::{engine_settings, expected};
use crate::model::Word;
use crate::speech::attribute::{Heard, SpeakerSegment, attribute_sides};
use crate::speech::{DiarizeOptions, Engine, TranscribeOptions};

/// Write down what is said in a file, and by whom; needs no database
#[derive(Debug, Args)]
pub struct Transcribe {
    /// Any file with an audio track
    file: PathBuf,
    /// txt, md, json, csv, srt, vtt, rttm, docx or pdf
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
        let decoded =
            decode(&self.file, scratch.path(), |share| bar.set_position((share * 50.0) as u64), &cancel)
                .with_context(|| self.file.display().to_string())?;
        let duration = decoded.mix.pcm.duration();
        let (sounds, speakers) = apart(decoded, speakers);
        bar.set_message("loading models");
        let mut settings = engine_settings(&config.speech, &config.models.dir);
        settings.model = self.model.unwrap_or(settings.model);
        settings.beam = self.beam.map_or(settings.beam, usize::from);
        let engine = Engine::start(settings)?;
        let mut options = expected(&config.speech).of(TranscribeOptions {
            languages: self.language,
            prompt: self.prompt,
            ..TranscribeOptions::default()
        });
        let (mut sides, mut taken, mut language) = (Vec::new(), 0, None);
        // Of the whole, for one of them.
        let share = 950.0 / sounds.len() as f64;
        for (number, pcm) in sounds.into_iter().enumerate() {
            let begun = 50.0 + share * number as f64;
            let at = |done: f64| bar.set_position((begun + share * done) as u64);
            bar.set_message("words");
            let words = engine.transcribe(pcm.clone(), options.clone(), &cancel, |update| {
                at(update.done / update.total.max(0.001) * 0.7);
            })?;
            bar.set_message("speakers");
            let voices =
                engine.diarize(pcm, speakers.clone(), &cancel, |share| at(0.7 + f64::from(share) * 0.3))?;
            if options.languages.is_empty() {
                options.language.get_or_insert_with(|| words.language.clone());
            }
            language.get_or_insert(words.language);
            let mut turns = voices.turns;
            turns.iter_mut().for_each(|turn| turn.speaker += taken);
            taken = turns.iter().map(|turn| turn.speaker + 1).fold(taken, u32::max);
            sides.push(Heard { segments: words.segments, turns });
        }
        bar.finish_and_clear();
        let document = Document {
            language: language.unwrap_or_default(),
            duration,
            segments: lines(&sides),
            ..Document::default()
        };
        let mut out = std::io::stdout().lock();
        let text = match self.format {
            Format::Docx => docx(&document).context("writing")?,
            Format::Pdf => {
                let fonts = Fonts::new(&config.export.fonts);
                pdf::render(&document, &fonts.faces(&pdf::characters(&document), &document.language))?
            }
            format => render(&document, format).unwrap_or_default().into_bytes(),
        };
        out.write_all(&text).and_then(|()| out.flush()).context("writing")
    }
}

/// What is to be heard by itself, that with most sound in it first, since its language is the surest; and what is known of who speaks there.
fn apart(decoded: Decoded, speakers: DiarizeOptions) -> (Vec<PcmFile>, DiarizeOptions) {
    let of_side = u32::try_from(decoded.sides.len()).ok().and_then(|sides| speakers.of_side(sides));
    match of_side.filter(|_| !decoded.sides.is_empty()) {
        Some(of_side) => {
            let mut sides: Vec<PcmFile> = decoded.sides.into_iter().map(|side| side.pcm).collect();
            sides.sort_by_cached_key(|pcm| std::cmp::Reverse(pcm.loud_seconds().unwrap_or(0.0) as u64));
            (sides, of_side)
        }
        None => (vec![decoded.mix.pcm], speakers),
    }
}

/// All that was said, with speakers numbered as they first appear.
fn lines(sides: &[Heard]) -> Vec<Line> {
    let mut order: Vec<u32> = Vec::new();
    let mut lines = Vec::new();
    for (_, mut segment) in attribute_sides(sides) {
        let known = order.iter().position(|known| *known == segment.speaker);
        let place = known.unwrap_or_else(|| {
            order.push(segment.speaker);
            order.len() - 1
        });
        if sides.len() > 1 {
            segment.speaker = u32::try_from(place).unwrap_or(u32::MAX);
        }
        lines.push(line(segment));
    }
    lines
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
