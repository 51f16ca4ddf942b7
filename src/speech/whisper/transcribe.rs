//! A whole recording, a batch of windows at a time, so that memory does not grow with its length.

use super::align::Text;
use super::model::Whisper;
use super::search::Choice;
use super::segments::{Piece, pieces};
use super::windows::{Merger, Window};
use crate::audio::PcmFile;
use crate::speech::vad::{CHUNK, Span, Vad};
use crate::speech::{Cancel, Segment, SpeechError, TranscribeOptions, TranscribeUpdate, Transcription, Word};

const SAMPLE_RATE: f64 = 16_000.0;
/// Windows decoded together. The first batch is small, so that the first words are there early.
const BATCH: usize = 8;
const FIRST_BATCH: usize = 3;
/// Speech that is left after a window's last timestamp before it is decoded again from there. Seconds.
const LEFT_BEHIND: f64 = 2.0;
/// A window must bring at least this much before its rest is decoded again. Seconds.
const LEAST_PROGRESS: f64 = 1.0;

/// One recording being transcribed.
struct Run<'a> {
    whisper: &'a Whisper,
    pcm: &'a PcmFile,
    options: &'a TranscribeOptions,
    beam: usize,
    cancel: &'a Cancel,
    language: Option<String>,
}

impl Whisper {
    /// Runs everything once on silence.
    pub fn warm_up(&self) -> Result<(), SpeechError> {
        let cross = self.decoder.cross(&self.encode(&[vec![0.0; 16_000]]));
        self.search(
            cross,
            1,
            &self.prompt("en", crate::speech::Task::Transcribe)?,
            Choice::Beam(1),
            &Cancel::default(),
        )?;
        Ok(())
    }

    /// Finds speech, decodes it and reports segments batch by batch.
    pub fn transcribe(
        &self,
        vad: &Vad,
        pcm: &PcmFile,
        options: &TranscribeOptions,
        beam: usize,
        cancel: &Cancel,
        on_update: &mut dyn FnMut(TranscribeUpdate),
    ) -> Result<Transcription, SpeechError> {
        if let Some(language) = &options.language {
            self.prompt(language, options.task)?;
        }
        let language = options.language.clone().or_else(|| (!self.is_multilingual()).then(|| "en".into()));
        let mut run = Run { whisper: self, pcm, options, beam, cancel, language };
        let total = pcm.duration();
        let mut speech = vad.start();
        let mut merger = Merger::default();
        let mut waiting: Vec<Window> = Vec::new();
        let mut segments: Vec<Segment> = Vec::new();
        let mut position = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            let samples = pcm.read(position, CHUNK)?;
            position += samples.len() as u64;
            let last = position >= pcm.len();
            let mut spans: Vec<Span> = speech.push(&samples)?;
            if last {
                spans.extend(speech.finish()?);
            }
            waiting.extend(spans.into_iter().filter_map(|span| merger.push(span)));
            if last {
                waiting.extend(merger.finish(total));
            }
            loop {
                let size = if segments.is_empty() { FIRST_BATCH } else { BATCH };
                if waiting.is_empty() || (waiting.len() < size && !last) {
                    break;
                }
                let batch: Vec<Window> = waiting.drain(..size.min(waiting.len())).collect();
                let new = run.batch(&batch)?;
                let done =
                    if last && waiting.is_empty() { total } else { batch.last().map_or(0.0, |w| w.end) };
                on_update(TranscribeUpdate { segments: &new, done, total });
                segments.extend(new);
            }
            if last {
                break;
            }
        }
        Ok(Transcription { language: run.language.unwrap_or_else(|| "en".into()), segments, duration: total })
    }
}

impl Run<'_> {
    /// Decodes windows, and what their rows left behind, until all their speech is written down.
    fn batch(&mut self, windows: &[Window]) -> Result<Vec<Segment>, SpeechError> {
        let mut segments = Vec::new();
        let mut todo = windows.to_vec();
        while !todo.is_empty() {
            let (found, rest) = self.round(&todo)?;
            segments.extend(found);
            todo = rest;
        }
        segments.sort_by(|a: &Segment, b| a.start.total_cmp(&b.start));
        Ok(segments)
    }

    fn round(&mut self, windows: &[Window]) -> Result<(Vec<Segment>, Vec<Window>), SpeechError> {
        let audio = windows
            .iter()
            .map(|window| {
                let start = (window.start * SAMPLE_RATE).round() as u64;
                let count = ((window.end - window.start) * SAMPLE_RATE).round() as usize;
                self.pcm.read(start, count)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let whisper = self.whisper;
        let features = whisper.encode(&audio);
        let cross = whisper.decoder.cross(&features);
        let language = match &self.language {
            Some(language) => language.clone(),
            None => {
                let ranked = whisper.detect(&cross, windows.len())?;
                let best = ranked.into_iter().next().map_or_else(|| "en".into(), |(code, _)| code);
                tracing::debug!(language = %best, "language detected");
                self.language.insert(best).clone()
            }
        };
        let prompt = whisper.prompt(&language, self.options.task)?;
        let found = whisper.decode(&cross, windows.len(), &prompt, self.beam, self.cancel)?;
        let lengths = windows.iter().map(|window| window.end - window.start);
        let split: Vec<(Vec<Piece>, f64)> = found
            .iter()
            .zip(lengths.clone())
            .map(|(found, length)| pieces(&found.tokens, &whisper.tokens, length))
            .collect();
        let texts: Vec<Text> =
            split.iter().zip(lengths).map(|((pieces, _), length)| Text { pieces, length }).collect();
        let words = whisper.align(&cross, &texts, &prompt, &language)?;
        let (mut segments, mut rest) = (Vec::new(), Vec::new());
        for ((window, (pieces, behind)), words) in windows.iter().zip(&split).zip(words) {
            for (piece, words) in pieces.iter().zip(words) {
                segments.push(segment(whisper, window.start, piece, words));
            }
            let from = window.start + behind;
            if !pieces.is_empty() && *behind > LEAST_PROGRESS && window.speech_end - from > LEFT_BEHIND {
                rest.push(Window { start: from, ..*window });
            }
        }
        Ok((segments, rest))
    }
}

/// Moves a piece's times from the window to the recording; a segment spans its words.
fn segment(whisper: &Whisper, offset: f64, piece: &Piece, words: Vec<Word>) -> Segment {
    let words: Vec<Word> =
        words.into_iter().map(|w| Word { start: w.start + offset, end: w.end + offset, ..w }).collect();
    let start = words.first().map_or(piece.start + offset, |word| word.start);
    let end = words.last().map_or(piece.end + offset, |word| word.end);
    Segment { start, end, text: whisper.tokens.text(&piece.tokens).trim().to_owned(), words }
}
