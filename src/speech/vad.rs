//! Where speech is: silero VAD, computed for many frames at once.
//!
//! The network's tensors come from the TorchScript file. Run as that file runs it, frame by frame, it would take longer than the
//! rest of a small Whisper; here all frames of a chunk go through the convolutions as one batch and through the LSTM as one
//! sequence, whose state is carried on, so the result is the same. Source: silero-vad 6 (MIT), and its own iterator for the thresholds.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{CModule, Device, Kind, Tensor};

use crate::speech::SpeechError;

/// Samples of one frame: 32 ms.
const FRAME: usize = 512;
/// Samples before a frame that the network sees too.
const CONTEXT: usize = 64;
const SECONDS: f64 = FRAME as f64 / 16_000.0;
/// Samples to feed at once: a minute. Memory is bounded by this, whatever the length of the recording.
pub const CHUNK: usize = 1875 * FRAME;

/// Probability from which speech begins, and below which it has ended.
const BEGIN: f32 = 0.5;
const END: f32 = 0.35;
/// Seconds.
const LEAST_SPEECH: f64 = 0.25;
const LEAST_SILENCE: f64 = 0.3;
/// A span is cut before it grows longer than this, where speech is least likely.
const LONGEST: f64 = 28.0;

/// Speech without a pause; seconds from the start of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub start: f64,
    pub end: f64,
}

// SAFETY: nothing is changed after it is loaded, and libtorch's operations may read the same tensors from many threads at once; what tch
// forbids by leaving its tensors without `Sync` are those that change a tensor in place.
unsafe impl Sync for Vad {}

/// The network.
pub struct Vad {
    basis: Tensor,
    convolutions: Vec<(Tensor, Tensor, i64)>,
    lstm: Vec<Tensor>,
    out: (Tensor, Tensor),
}

impl Vad {
    /// `path`: `silero_vad.jit`. Always on the CPU: it is small, and its LSTM is a long sequence of tiny steps.
    pub fn load(path: &Path) -> Result<Self, SpeechError> {
        let module = CModule::load_on_device(path, Device::Cpu)?;
        let mut map: BTreeMap<String, Tensor> = module.named_parameters()?.into_iter().collect();
        let mut take = |name: &str, shape: &[i64]| {
            let name = format!("_model.{name}");
            let found =
                map.remove(&name).ok_or_else(|| SpeechError::Model(format!("the VAD lacks {name}")))?;
            if found.size() != shape {
                return Err(SpeechError::Model(format!(
                    "{name} has shape {:?}, not {shape:?}",
                    found.size()
                )));
            }
            Ok(found.detach().to_kind(Kind::Float))
        };
        let mut convolutions = Vec::new();
        for (i, (from, to, stride)) in
            [(129, 128, 1), (128, 64, 2), (64, 64, 2), (64, 128, 1)].into_iter().enumerate()
        {
            let name = format!("encoder.{i}.reparam_conv");
            let weight = take(&format!("{name}.weight"), &[to, from, 3])?;
            convolutions.push((weight, take(&format!("{name}.bias"), &[to])?, stride));
        }
        let lstm = [
            ("weight_ih", [512, 128].as_slice()),
            ("weight_hh", &[512, 128]),
            ("bias_ih", &[512]),
            ("bias_hh", &[512]),
        ]
        .into_iter()
        .map(|(name, shape)| take(&format!("decoder.rnn.{name}"), shape))
        .collect::<Result<_, _>>()?;
        let out = (take("decoder.decoder.2.weight", &[1, 128, 1])?, take("decoder.decoder.2.bias", &[1])?);
        Ok(Self { basis: fourier_basis(), convolutions, lstm, out })
    }

    /// A new recording.
    pub fn start(&self) -> Listening<'_> {
        Listening {
            vad: self,
            state: [
                Tensor::zeros([1, 1, 128], (Kind::Float, Device::Cpu)),
                Tensor::zeros([1, 1, 128], (Kind::Float, Device::Cpu)),
            ],
            context: vec![0.0; CONTEXT],
            rest: Vec::new(),
            spans: Spans::default(),
        }
    }

    /// Probabilities of speech of consecutive frames; `frames`: \[n, 576\].
    fn probabilities(&self, frames: &Tensor, state: &mut [Tensor; 2]) -> Result<Vec<f32>, SpeechError> {
        let x = frames.reflection_pad1d([0, CONTEXT as i64]).unsqueeze(1);
        let spectrum = x.conv1d(&self.basis, None::<&Tensor>, [128], [0], [1], 1);
        let (re, im) = (spectrum.narrow(1, 0, 129), spectrum.narrow(1, 129, 129));
        let mut x = (re.square() + im.square()).sqrt();
        for (weight, bias, stride) in &self.convolutions {
            x = x.conv1d(weight, Some(bias), [*stride], [1], [1], 1).relu();
        }
        let x = x.squeeze_dim(2).unsqueeze(0);
        let params: Vec<&Tensor> = self.lstm.iter().collect();
        let hx: Vec<&Tensor> = state.iter().collect();
        let (y, h, c) = x.lstm(&hx, &params, true, 1, 0.0, false, false, true);
        *state = [h, c];
        let y = y.squeeze_dim(0).relu().linear(&self.out.0.squeeze_dim(2), Some(&self.out.1)).sigmoid();
        Ok(y.flatten(0, -1).try_into()?)
    }
}

/// \[258, 1, 256\]: cosines, then sines, of 129 frequencies under a Hann window.
fn fourier_basis() -> Tensor {
    let mut rows = Vec::with_capacity(258 * 256);
    for row in 0..258u32 {
        let (frequency, real) = (f64::from(row % 129), row < 129);
        for n in 0..256u32 {
            let turn = std::f64::consts::TAU * f64::from(n) / 256.0;
            let hann = 0.5 - 0.5 * turn.cos();
            let angle = frequency * turn;
            rows.push((hann * if real { angle.cos() } else { -angle.sin() }) as f32);
        }
    }
    Tensor::from_slice(&rows).view([258, 1, 256])
}

/// One recording going by.
pub struct Listening<'a> {
    vad: &'a Vad,
    state: [Tensor; 2],
    context: Vec<f32>,
    rest: Vec<f32>,
    spans: Spans,
}

impl Listening<'_> {
    /// Takes the next samples and returns the spans that ended in them.
    pub fn push(&mut self, samples: &[f32]) -> Result<Vec<Span>, SpeechError> {
        let probabilities = self.probabilities(samples)?;
        Ok(self.spans.push(&probabilities))
    }

    /// The end of the recording: what is left of the last frame counts with silence after it.
    pub fn finish(&mut self) -> Result<Option<Span>, SpeechError> {
        let seconds = self.rest.len() as f64 / 16_000.0;
        let mut done = Vec::new();
        if !self.rest.is_empty() {
            let silence = vec![0.0; FRAME - self.rest.len()];
            done = self.push(&silence)?;
        }
        let total = self.spans.time() - if seconds > 0.0 { SECONDS - seconds } else { 0.0 };
        Ok(done.pop().or_else(|| self.spans.finish()).map(|span| Span { end: span.end.min(total), ..span }))
    }

    /// One probability a whole frame; samples of an incomplete one are kept for the next call.
    pub fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, SpeechError> {
        self.rest.extend_from_slice(samples);
        let count = self.rest.len() / FRAME;
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut all = std::mem::take(&mut self.context);
        all.extend(self.rest.drain(..count * FRAME));
        let frames = Tensor::from_slice(&all).unfold(0, (CONTEXT + FRAME) as i64, FRAME as i64).contiguous();
        self.context = all[all.len() - CONTEXT..].to_vec();
        self.vad.probabilities(&frames, &mut self.state)
    }
}

/// Probabilities into spans: hysteresis, least lengths, and a cut in what is too long.
#[derive(Default)]
struct Spans {
    frame: usize,
    /// First frame of the speech going on, and the probabilities since.
    open: Option<(usize, Vec<f32>)>,
    /// First frame of the silence going on inside it.
    quiet: Option<usize>,
}

impl Spans {
    fn time(&self) -> f64 {
        self.frame as f64 * SECONDS
    }

    fn push(&mut self, probabilities: &[f32]) -> Vec<Span> {
        let mut done = Vec::new();
        for &p in probabilities {
            let frame = self.frame;
            self.frame += 1;
            let Some((start, seen)) = &mut self.open else {
                if p >= BEGIN {
                    self.open = Some((frame, vec![p]));
                }
                continue;
            };
            seen.push(p);
            if p >= BEGIN {
                self.quiet = None;
            } else if p < END && self.quiet.is_none() {
                self.quiet = Some(frame);
            }
            if let Some(quiet) = self.quiet
                && (frame + 1 - quiet) as f64 * SECONDS >= LEAST_SILENCE
            {
                done.extend(long_enough(*start, quiet));
                (self.open, self.quiet) = (None, None);
            } else if seen.len() as f64 * SECONDS >= LONGEST {
                // The least likely frame of the later half.
                let half = seen.len() / 2;
                let least = (half..seen.len()).min_by(|a, b| seen[*a].total_cmp(&seen[*b])).unwrap_or(half);
                let cut = *start + least;
                done.extend(long_enough(*start, cut));
                self.open = Some((cut, seen.split_off(least)));
                self.quiet = None;
            }
        }
        done
    }

    fn finish(&mut self) -> Option<Span> {
        let (start, _) = self.open.take()?;
        let end = self.quiet.take().unwrap_or(self.frame);
        long_enough(start, end)
    }
}

fn long_enough(start: usize, end: usize) -> Option<Span> {
    let span = Span { start: start as f64 * SECONDS, end: end as f64 * SECONDS };
    (span.end - span.start >= LEAST_SPEECH).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(parts: &[(f32, usize)]) -> Vec<Span> {
        let mut spans = Spans::default();
        let all: Vec<f32> = parts.iter().flat_map(|(p, n)| std::iter::repeat_n(*p, *n)).collect();
        let mut done = Vec::new();
        for chunk in all.chunks(7) {
            done.extend(spans.push(chunk));
        }
        done.extend(spans.finish());
        done
    }

    #[test]
    fn short_pauses_do_not_end_speech_and_short_noises_do_not_begin_it() {
        let found = spans(&[(0.1, 20), (0.9, 20), (0.1, 5), (0.9, 20), (0.1, 30), (0.9, 3), (0.1, 30)]);
        assert_eq!(found, [Span { start: 20.0 * SECONDS, end: 65.0 * SECONDS }]);
    }

    #[test]
    fn between_the_thresholds_nothing_changes() {
        assert_eq!(spans(&[(0.4, 50)]), []);
        assert_eq!(spans(&[(0.6, 10), (0.4, 50), (0.1, 20)]).len(), 1);
    }

    #[test]
    fn long_speech_is_cut_where_it_is_least_likely() {
        let found = spans(&[(0.9, 700), (0.4, 1), (0.9, 900), (0.0, 40)]);
        assert_eq!(found[0].end, 700.0 * SECONDS);
        assert!(found.iter().all(|span| span.end - span.start <= LONGEST));
        assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
    }
}
