//! A whole recording, some windows at a time, so that memory does not grow with its length.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::Receiver;

use tch::Device;

use super::ahead::{Heard, listen};
use super::align::Text;
use super::crew::Crew;
use super::decoder::Cross;
use super::fallback::is_doubtful;
use super::holes::{holes, in_order};
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
/// Hypotheses that are hardly decoded sooner if there are fewer of them.
const FEW_HYPOTHESES: usize = 4;
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

    /// How many windows a worker decodes at once: few before the first words are there, and no more than memory allows. Not measured but
    /// reckoned, so that the same recording is always decoded in the same way.
    fn together(&self, first: bool, beam: usize) -> usize {
        let (speed, most) = match self.device {
            Device::Cpu => (CORE_SPEED, BATCH.min(HYPOTHESES / beam.max(1))),
            _ => (GPU_SPEED, GPU_BATCH),
        };
        let in_time = (if first { FIRST_NEWS } else { NEWS }) * speed / self.encoder.window_cost();
        most.min(in_time as usize).min(self.windows_in_memory() / self.workers()).max(1)
    }

    /// Finds speech, decodes it and reports segments part by part.
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

/// Windows that were heard and are not yet given to anybody.
struct Waiting<'a> {
    heard: &'a Receiver<Result<Heard, SpeechError>>,
    merger: Merger,
    windows: Vec<Window>,
    /// No more come.
    last: bool,
    /// Seconds of the recording.
    total: f64,
}

impl<'a> Waiting<'a> {
    fn new(heard: &'a Receiver<Result<Heard, SpeechError>>, total: f64) -> Self {
        Self { heard, merger: Merger::default(), windows: vec![], last: false, total }
    }

    /// Waits until there are so many, if there are.
    fn fill(&mut self, number: usize) -> Result<(), SpeechError> {
        while self.windows.len() < number && !self.last {
            let next =
                self.heard.recv().map_err(|_| SpeechError::Internal("nobody listens any more".into()))?;
            let Heard { spans, last } = next?;
            let Self { merger, windows, .. } = self;
            windows.extend(spans.into_iter().filter_map(|span| merger.push(span)));
            if last {
                windows.extend(merger.finish(self.total));
            }
            self.last = last;
        }
        Ok(())
    }

    /// The next windows for one of so many workers: so many, but ever fewer at the end, so that nobody waits long for the others there, and no
    /// fewer than `least`, which take hardly less time.
    fn part(&mut self, workers: usize, together: usize, least: usize) -> Result<Vec<Window>, SpeechError> {
        // Some more, so that the end is known before only a few are left.
        self.fill(workers * together + least)?;
        let left = self.windows.len();
        let mut size = together;
        if self.last {
            let parts = workers.max(left.div_ceil(together));
            size = left.div_ceil(parts).max(least).min(together);
            if left <= together.min(size + least / 2) {
                size = left;
            }
        }
        Ok(self.windows.drain(..size).collect())
    }

    /// Whether all of it was given out.
    fn is_over(&self) -> bool {
        self.last && self.windows.is_empty()
    }
}

impl Run<'_> {
    /// Decodes what is heard, and reports it in the order of time.
    fn all(
        &mut self,
        heard: &Receiver<Result<Heard, SpeechError>>,
        on_update: &mut dyn FnMut(TranscribeUpdate),
    ) -> Result<Vec<Segment>, SpeechError> {
        let (total, workers) = (self.pcm.duration(), self.whisper.workers());
        let mut waiting = Waiting::new(heard, total);
        let first = self.whisper.together(true, self.beam);
        waiting.fill(workers * first)?;
        if !waiting.windows.is_empty() {
            self.know_language(&waiting.windows)?;
        }
        let this = &*self;
        let few = FEW_HYPOTHESES.div_ceil(self.beam.max(1));
        let mut segments: Vec<Segment> = Vec::new();
        std::thread::scope(|scope| {
            let mut crew = Crew::gather(scope, workers, |part: Vec<Window>| this.whole(part));
            loop {
                if this.cancel.is_cancelled() {
                    return Err(SpeechError::Cancelled);
                }
                // One more than can be worked on, so that whoever is done finds something to do.
                while crew.busy() <= workers {
                    // At first everybody gets a part.
                    let first = crew.given() < workers;
                    let (sharing, least) = if first { (workers - crew.given(), 1) } else { (workers, few) };
                    let part = waiting.part(sharing, this.whisper.together(first, this.beam), least)?;
                    if part.is_empty() {
                        break;
                    }
                    crew.give(part);
                }
                if crew.is_idle() {
                    return Ok(());
                }
                crew.wait();
                while let Some(done) = crew.take() {
                    let (new, end) = done?;
                    let over = crew.is_idle() && waiting.is_over();
                    on_update(TranscribeUpdate {
                        segments: &new,
                        done: if over { total } else { end },
                        total,
                    });
                    segments.extend(new);
                }
            }
        })?;
        Ok(segments)
    }

    /// Decodes windows and what their rows left behind, until all of their speech is written down; with the end of the last window.
    fn whole(&self, part: Vec<Window>) -> Result<(Vec<Segment>, f64), SpeechError> {
        let _no_gradients = tch::no_grad_guard();
        let end = part.last().map_or(0.0, |window| window.end);
        let together = self.whisper.together(false, self.beam);
        let (mut found, mut todo) = (Vec::new(), part);
        while !todo.is_empty() {
            let later = todo.split_off(todo.len().min(together));
            let (new, rest) = fewer_if_short(&todo, &|some| self.part(some))?;
            found.extend(new);
            todo = [rest, later].concat();
        }
        memory::trim_heap();
        Ok((in_order(found), end))
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
        let languages = self.languages(&cross, windows.len())?;
        let prompts: Vec<Vec<i64>> = languages
            .iter()
            .map(|language| whisper.prompt(&self.before, language, self.options.task))
            .collect::<Result<_, _>>()?;
        let mut found = whisper.decode(&cross, &prompts, self.beam, self.cancel)?;
        for (found, window) in found.iter_mut().zip(windows) {
            if window.again && is_doubtful(found) {
                found.clear();
            }
        }
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
            let new: Vec<Segment> = pieces
                .iter()
                .zip(words)
                .map(|(piece, words)| segment(whisper, window.start, piece, words))
                .collect();
            let from = window.start + behind;
            let stopped =
                !pieces.is_empty() && *behind > LEAST_PROGRESS && window.speech_end - from > LEFT_BEHIND;
            rest.extend(holes(window, &new, if stopped { from } else { window.speech_end }));
            if stopped {
                rest.push(Window { start: from, ..window.clone() });
            }
            segments.extend(new);
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
    use crate::speech::vad::Span;

    #[test]
    fn parts_are_of_one_size_and_ever_smaller_at_the_end_and_lose_nothing() {
        let parts = |spans: usize, workers: usize, together: usize, least: usize| {
            let (news, heard) = std::sync::mpsc::channel();
            // Far enough from each other to be windows of their own; three in a piece.
            let spans: Vec<Span> =
                (0..spans).map(|i| i as f64 * 10.0).map(|start| Span { start, end: start + 1.0 }).collect();
            for piece in spans.chunks(3) {
                news.send(Ok(Heard { spans: piece.to_vec(), last: false })).unwrap();
            }
            news.send(Ok(Heard { spans: vec![], last: true })).unwrap();
            let mut waiting = Waiting::new(&heard, 1e4);
            let mut parts = Vec::new();
            loop {
                let part = waiting.part(workers, together, least).unwrap();
                if part.is_empty() {
                    assert!(waiting.is_over());
                    break;
                }
                parts.push(part);
            }
            let windows = parts.concat();
            assert_eq!(windows.len(), spans.len());
            assert!(windows.iter().is_sorted_by(|a, b| a.start < b.start));
            parts.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(parts(40, 2, 8, 1), [8, 8, 8, 8, 4, 2, 1, 1]);
        assert_eq!(parts(40, 2, 8, 4), [8, 8, 8, 8, 4, 4]);
        assert_eq!(parts(22, 2, 8, 4), [8, 7, 4, 3]);
        assert_eq!(parts(9, 1, 8, 4), [5, 4], "one is not left alone");
        assert_eq!(parts(5, 2, 8, 4), [5]);
        assert_eq!(parts(3, 16, 8, 1), [1, 1, 1]);
        assert!(parts(0, 2, 8, 1).is_empty());
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
        let window = |start: f64| Window {
            start,
            end: start + 1.0,
            speech_end: start + 1.0,
            speech: vec![],
            again: false,
        };
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
