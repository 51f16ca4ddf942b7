//! A whole recording, a batch of windows at a time, so that memory does not grow with its length.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::Receiver;

use tch::Device;

use super::ahead::{Heard, listen};
use super::align::Text;
use super::decoder::Cross;
use super::model::Whisper;
use super::onset;
use super::search::Choice;
use super::segments::{Piece, pieces};
use super::windows::{Merger, Window};
use crate::audio::PcmFile;
use crate::speech::memory;
use crate::speech::threads::{StepThreads, cores};
use crate::speech::vad::Vad;
use crate::speech::{
    Cancel, Segment, SpeechError, Task, TranscribeOptions, TranscribeUpdate, Transcription, Word,
};

const SAMPLE_RATE: f64 = 16_000.0;
/// Windows that a core decodes together at most, and their hypotheses: more are hardly faster, and memory grows with both.
const BATCH: usize = 8;
const HYPOTHESES: usize = 20;
/// Bytes that all windows being decoded may need on a CPU.
const WINDOW_BYTES: usize = 1 << 30;
/// A GPU's free memory is so many times what the keys and values of the windows may take.
const GPU_SHARE: usize = 4;
/// Windows that a GPU decodes together at most: a few hundred rows keep it busy.
const GPU_BATCH: usize = 64;
/// Operations a second to reckon with, of a core and of a GPU.
const CORE_SPEED: f64 = 5e10;
const GPU_SPEED: f64 = 2e13;
/// Seconds after which the first words, and from then on more words, should be there.
const FIRST_NEWS: f64 = 5.0;
const NEWS: f64 = 30.0;
/// Few words, and the seconds that no word is shorter than.
const FEW_WORDS: usize = 8;
const AT_ONCE: f64 = 0.05;
/// First windows from which the language is told.
const LISTENED_TO: usize = 3;
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
    /// Of all windows; not yet known, or each window's own where several are declared.
    language: Option<String>,
    /// Tokens of the text to expect.
    before: Vec<i64>,
}

impl Whisper {
    /// Runs everything once on silence, so that the first request does not pay for what is done once.
    pub fn warm_up(&self) -> Result<(), SpeechError> {
        let _threads = self.step_threads();
        let cross = self.encode(&[vec![0.0; 16_000]]);
        self.search(
            cross,
            &[self.prompt(&[], "en", Task::Transcribe)?],
            Choice::Beam(1),
            &Cancel::default(),
        )?;
        Ok(())
    }

    /// Threads that decode windows of their own: as many as there are cores, unless memory does not allow it. A GPU is fed by one.
    fn workers(&self) -> usize {
        if self.device == Device::Cpu { cores().min(self.windows_in_memory()) } else { 1 }
    }

    fn step_threads(&self) -> StepThreads {
        StepThreads::limit(cores() / self.workers())
    }

    /// As many as fit into what is free on a GPU, most of which is then for the steps in between, or into a fixed part of a CPU's memory.
    fn windows_in_memory(&self) -> usize {
        let bytes = match self.device {
            Device::Cpu => WINDOW_BYTES,
            _ => memory::gpu_free().map_or(WINDOW_BYTES, |free| free / GPU_SHARE),
        };
        (bytes / self.window_bytes().max(1)).max(1)
    }

    /// How many windows to decode at once by all workers: few before the first words are there, and no more than memory allows. Not measured
    /// but reckoned, so that the same recording is always decoded in the same way.
    fn batch(&self, first: bool, beam: usize) -> usize {
        let (speed, most) = match self.device {
            Device::Cpu => (CORE_SPEED, BATCH.min(HYPOTHESES / beam.max(1))),
            _ => (GPU_SPEED, GPU_BATCH),
        };
        let in_time = (if first { FIRST_NEWS } else { NEWS }) * speed / self.encoder.window_cost();
        let each = most.min(in_time as usize).max(1);
        (each * self.workers()).min(self.windows_in_memory())
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
        let language = match options.languages.as_slice() {
            _ if options.language.is_some() => options.language.clone(),
            [one] => Some(one.clone()),
            _ => (!self.is_multilingual()).then(|| "en".into()),
        };
        for code in language.iter().chain(&options.languages) {
            self.prompt(&[], code, options.task)?;
        }
        let before = self.before(options.prompt.as_deref().unwrap_or_default())?;
        let mut run = Run { whisper: self, pcm, options, beam, cancel, language, before };
        let _threads = self.step_threads();
        let segments = std::thread::scope(|scope| run.all(&listen(scope, vad, pcm), on_update))?;
        let language = run.language.unwrap_or_else(|| "en".into());
        Ok(Transcription { language, segments, duration: pcm.duration() })
    }
}

impl Run<'_> {
    /// Decodes what is heard, batch by batch.
    fn all(
        &mut self,
        heard: &Receiver<Result<Heard, SpeechError>>,
        on_update: &mut dyn FnMut(TranscribeUpdate),
    ) -> Result<Vec<Segment>, SpeechError> {
        let total = self.pcm.duration();
        let mut merger = Merger::default();
        let mut waiting: Vec<Window> = Vec::new();
        let mut segments: Vec<Segment> = Vec::new();
        loop {
            if self.cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            let next = heard.recv().map_err(|_| SpeechError::Internal("nobody listens any more".into()))?;
            let Heard { spans, last } = next?;
            waiting.extend(spans.into_iter().filter_map(|span| merger.push(span)));
            if last {
                waiting.extend(merger.finish(total));
            }
            loop {
                let size = self.whisper.batch(segments.is_empty(), self.beam);
                if waiting.is_empty() || (waiting.len() < size && !last) {
                    break;
                }
                let batch: Vec<Window> = waiting.drain(..size.min(waiting.len())).collect();
                let new = self.batch(&batch)?;
                memory::give_back();
                let done =
                    if last && waiting.is_empty() { total } else { batch.last().map_or(0.0, |w| w.end) };
                on_update(TranscribeUpdate { segments: &new, done, total });
                segments.extend(new);
            }
            if last {
                return Ok(segments);
            }
        }
    }

    /// Decodes windows: every worker a part of them, and what its rows left behind, until all of its speech is written down.
    fn batch(&mut self, windows: &[Window]) -> Result<Vec<Segment>, SpeechError> {
        self.know_language(windows)?;
        let this = &*self;
        let parts = even_parts(windows, this.whisper.workers());
        let found = std::thread::scope(|scope| {
            let work = |part: &Vec<Window>| {
                let _no_gradients = tch::no_grad_guard();
                let (mut found, mut todo) = (Vec::new(), part.clone());
                while !todo.is_empty() {
                    let (new, rest) = fewer_if_short(&todo, &|some| this.part(some))?;
                    found.extend(new);
                    todo = rest;
                }
                Ok::<_, SpeechError>(found)
            };
            let others: Vec<_> = parts[1..].iter().map(|part| scope.spawn(move || work(part))).collect();
            let mut found = vec![work(&parts[0])];
            found.extend(
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic))),
            );
            found
        });
        let mut segments = Vec::new();
        for part in found {
            segments.extend(part?);
        }
        segments.sort_by(|a: &Segment, b| a.start.total_cmp(&b.start));
        Ok(segments)
    }

    fn audio(&self, windows: &[Window]) -> Result<Vec<Vec<f32>>, SpeechError> {
        let read = |window: &Window| {
            let start = (window.start * SAMPLE_RATE).round() as u64;
            let count = ((window.end - window.start) * SAMPLE_RATE).round() as usize;
            Ok(self.pcm.read(start, count)?)
        };
        windows.iter().map(read).collect()
    }

    fn part(&self, windows: &[Window]) -> Outcome<Segment, Window> {
        let whisper = self.whisper;
        let audio = self.audio(windows)?;
        let cross = whisper.encode(&audio);
        memory::give_back();
        let languages = self.languages(&cross, windows.len())?;
        let prompts: Vec<Vec<i64>> = languages
            .iter()
            .map(|language| whisper.prompt(&self.before, language, self.options.task))
            .collect::<Result<_, _>>()?;
        let found = whisper.decode(&cross, &prompts, self.beam, self.cancel)?;
        memory::give_back();
        let lengths = windows.iter().map(|window| window.end - window.start);
        let split: Vec<(Vec<Piece>, f64)> = found
            .iter()
            .zip(lengths.clone())
            .map(|(found, length)| pieces(found, &whisper.tokens, length))
            .collect();
        // The alignment looks at the words alone: what was said before would only make it longer.
        let plain: Vec<&[i64]> = prompts.iter().map(|prompt| &prompt[self.before.len()..]).collect();
        let texts: Vec<Text> = split
            .iter()
            .zip(lengths)
            .zip(plain.iter().zip(&languages))
            .map(|(((pieces, _), length), (prompt, language))| Text { pieces, prompt, language, length })
            .collect();
        let mut words = whisper.align(&cross, &texts)?;
        let late = onset::lateness(whisper.decoder.width(), whisper.is_multilingual());
        for (words, audio) in words.iter_mut().zip(&audio) {
            onset::settle(words.iter_mut().flatten(), audio, late);
        }
        let (mut segments, mut rest) = (Vec::new(), Vec::new());
        for ((window, (pieces, behind)), words) in windows.iter().zip(&split).zip(words) {
            if squeezed(&words) {
                continue;
            }
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

    /// Finds out which language is spoken, if it is one for the whole recording and unknown: what the first windows say together.
    fn know_language(&mut self, windows: &[Window]) -> Result<(), SpeechError> {
        if self.language.is_none() && self.options.languages.is_empty() {
            let some = &windows[..windows.len().min(LISTENED_TO)];
            let found = self.whisper.detect(&self.whisper.encode(&self.audio(some)?), some.len())?;
            let sums = (0..found[0].len()).map(|index| found.iter().map(|one| one[index]).sum::<f32>());
            let best = self.whisper.likeliest(&sums.collect::<Vec<_>>(), &[]);
            tracing::debug!(language = %best, "language detected");
            self.language = Some(best);
        }
        Ok(())
    }

    /// The language of each window.
    fn languages(&self, cross: &Cross, windows: usize) -> Result<Vec<String>, SpeechError> {
        if let Some(language) = &self.language {
            return Ok(vec![language.clone(); windows]);
        }
        let found = self.whisper.detect(cross, windows)?;
        Ok(found.iter().map(|one| self.whisper.likeliest(one, &self.options.languages)).collect())
    }
}

/// What was found, and what is left to be done.
type Outcome<T, U> = Result<(Vec<T>, Vec<U>), SpeechError>;

/// What `work` finds in the windows; where memory runs out, in halves of them, and halves of those.
fn fewer_if_short<T, U>(windows: &[Window], work: &dyn Fn(&[Window]) -> Outcome<T, U>) -> Outcome<T, U> {
    // tch panics where libtorch refuses an operation.
    let found = catch_unwind(AssertUnwindSafe(|| work(windows)));
    let short = match &found {
        Ok(Err(error)) => memory::ran_out(&error.to_string()),
        Ok(Ok(_)) => false,
        Err(panic) => panic.downcast_ref::<String>().is_some_and(|said| memory::ran_out(said)),
    };
    if !short || windows.len() < 2 {
        return found.unwrap_or_else(|panic| resume_unwind(panic));
    }
    tracing::warn!(windows = windows.len(), "out of memory; going on with half as many at once");
    let (first, second) = windows.split_at(windows.len() / 2);
    let (mut done, mut rest) = fewer_if_short(first, work)?;
    let (more_done, more_rest) = fewer_if_short(second, work)?;
    done.extend(more_done);
    rest.extend(more_rest);
    Ok((done, rest))
}

/// Windows in at most so many parts of about the same length, for that is what they cost; each part keeps their order.
fn even_parts(windows: &[Window], number: usize) -> Vec<Vec<Window>> {
    let mut longest: Vec<&Window> = windows.iter().collect();
    longest.sort_by(|a, b| (b.end - b.start).total_cmp(&(a.end - a.start)));
    let mut parts: Vec<(f64, Vec<Window>)> = vec![(0.0, Vec::new()); number.clamp(1, windows.len().max(1))];
    for window in longest {
        if let Some((seconds, part)) = parts.iter_mut().min_by(|a, b| a.0.total_cmp(&b.0)) {
            *seconds += window.end - window.start;
            part.push(*window);
        }
    }
    let in_order = |(_, mut part): (f64, Vec<Window>)| {
        part.sort_by(|a, b| a.start.total_cmp(&b.start));
        part
    };
    parts.into_iter().map(in_order).collect()
}

/// Whether a window's few words lie on top of each other: written down where nobody spoke them, for what was spoken takes time.
fn squeezed(pieces: &[Vec<Word>]) -> bool {
    let number = pieces.iter().map(Vec::len).sum::<usize>();
    let at_once = pieces.iter().flatten().filter(|word| word.end - word.start < AT_ONCE).count();
    (2..=FEW_WORDS).contains(&number) && 2 * at_once > number
}

/// Moves a piece's times from the window to the recording; a segment spans its words.
fn segment(whisper: &Whisper, offset: f64, piece: &Piece, words: Vec<Word>) -> Segment {
    let words: Vec<Word> =
        words.into_iter().map(|w| Word { start: w.start + offset, end: w.end + offset, ..w }).collect();
    let start = words.first().map_or(piece.start + offset, |word| word.start);
    let end = words.last().map_or(piece.end + offset, |word| word.end);
    Segment { start, end, text: whisper.tokens.text(&piece.tokens).trim().to_owned(), words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_lose_nothing() {
        let window =
            |start: f64, seconds: f64| Window { start, end: start + seconds, speech_end: start + seconds };
        let windows: Vec<Window> = [29.0, 4.0, 28.0, 27.0, 5.0, 29.0]
            .iter()
            .zip(0..)
            .map(|(s, i)| window(f64::from(i) * 30.0, *s))
            .collect();
        let parts = even_parts(&windows, 2);
        let seconds = |part: &[Window]| part.iter().map(|w| w.end - w.start).sum::<f64>();
        assert!((seconds(&parts[0]) - seconds(&parts[1])).abs() < 6.0, "{parts:?}");
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), windows.len());
        assert!(parts.iter().all(|part| part.is_sorted_by(|a, b| a.start < b.start)));
        assert_eq!(even_parts(&windows[..1], 8).len(), 1);
    }

    #[test]
    fn few_words_on_top_of_each_other_were_not_spoken() {
        let words = |times: &[(f64, f64)]| -> Vec<Vec<Word>> {
            let word = |(start, end): &(f64, f64)| Word {
                text: " a".into(),
                start: *start,
                end: *end,
                probability: 0.9,
            };
            vec![times.iter().map(word).collect()]
        };
        assert!(squeezed(&words(&[(0.7, 1.3), (1.3, 1.3), (1.3, 1.5), (1.5, 1.5), (1.5, 1.5)])));
        assert!(!squeezed(&words(&[(0.7, 1.3), (1.3, 1.3), (1.3, 1.8)])));
        assert!(!squeezed(&words(&[(0.7, 0.7)])), "one word may be short");
        assert!(!squeezed(&[]));
    }

    #[test]
    fn where_memory_runs_out_fewer_windows_go_at_once() {
        let window = |start: f64| Window { start, end: start + 1.0, speech_end: start + 1.0 };
        let windows: Vec<Window> = (0..7).map(|i| window(f64::from(i))).collect();
        let calls = std::cell::RefCell::new(Vec::new());
        let work = |some: &[Window]| {
            calls.borrow_mut().push(some.len());
            assert!(some.len() <= 2, "CUDA out of memory. Tried to allocate {} GiB", some.len());
            Ok((some.iter().map(|window| window.start).collect(), Vec::<()>::new()))
        };
        let (starts, _) = fewer_if_short(&windows, &work).unwrap();
        assert_eq!(starts, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(*calls.borrow(), [7, 3, 1, 2, 4, 2, 2]);
        let other = |_: &[Window]| -> Result<(Vec<()>, Vec<()>), _> { Err(SpeechError::Cancelled) };
        assert!(matches!(fewer_if_short(&windows, &other), Err(SpeechError::Cancelled)));
    }
}
