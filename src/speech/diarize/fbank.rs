//! Kaldi's log-mel filter bank as CAM++ expects it: 80 bins, 25 ms every 10 ms, Povey window, no dither, no energy.
//!
//! Source: `compute-fbank-feats` of Kaldi with its defaults; the waveform stays in [-1, 1].

use tch::{Device, IndexOp, Kind, Tensor};

use crate::speech::SpeechError;

pub const BINS: i64 = 80;
/// Samples of a frame.
pub const FRAME: usize = 400;
/// Samples from one frame to the next.
pub const STEP: usize = 160;

const FFT: i64 = 512;
const PREEMPHASIS: f64 = 0.97;

pub struct Fbank {
    window: Tensor,
    /// [257, 80]
    mel: Tensor,
    device: Device,
}

impl Fbank {
    pub fn new(device: Device) -> Result<Self, SpeechError> {
        let window = Tensor::f_hann_window_periodic(FRAME as i64, false, (Kind::Float, device))?;
        let window = window.f_pow_tensor_scalar(0.85)?;
        let mel = Tensor::f_from_slice(&mel_filters())?.f_view([BINS, FFT / 2 + 1])?;
        let mel = mel.f_transpose(0, 1)?.f_contiguous()?.f_to_device(device)?;
        Ok(Self { window, mel, device })
    }

    /// Samples at 16 kHz in [-1, 1] -> `[frames, 80]` log energies; frames = 1 + (samples - 400) / 160, none if shorter.
    pub fn compute(&self, samples: &[f32]) -> Result<Tensor, SpeechError> {
        let _guard = tch::no_grad_guard();
        if samples.len() < FRAME {
            return Ok(Tensor::f_zeros([0, BINS], (Kind::Float, self.device))?);
        }
        let wave = Tensor::f_from_slice(samples)?.f_to_device(self.device)?;
        let frames = wave.f_unfold(0, FRAME as i64, STEP as i64)?;
        let frames = frames.f_sub(&frames.f_mean_dim([1_i64].as_slice(), true, Kind::Float)?)?;
        // The first sample of a frame counts as its own predecessor.
        let before = Tensor::f_cat(&[frames.i((.., ..1)), frames.i((.., ..FRAME as i64 - 1))], 1)?;
        let frames = frames.f_sub(&before.f_mul_scalar(PREEMPHASIS)?)?.f_mul(&self.window)?;
        let power = frames.f_fft_rfft(FFT, -1, "backward")?.f_abs()?.f_square()?;
        Ok(power.f_matmul(&self.mel)?.f_clamp_min(f64::from(f32::EPSILON))?.f_log()?)
    }
}

/// Triangles that are even on the mel scale from 20 Hz to 8 kHz: 80 rows of 257, the last column zero as in Kaldi.
fn mel_filters() -> Vec<f32> {
    let mel = |hertz: f64| 1127.0 * (1.0 + hertz / 700.0).ln();
    let (low, high) = (mel(20.0), mel(8000.0));
    let width = (high - low) / (BINS + 1) as f64;
    let mut filters = Vec::with_capacity((BINS * (FFT / 2 + 1)) as usize);
    for bin in 0..BINS {
        let centre = low + (bin + 1) as f64 * width;
        for line in 0..FFT / 2 {
            let distance = (mel(line as f64 * 16_000.0 / FFT as f64) - centre).abs() / width;
            filters.push((1.0 - distance).max(0.0) as f32);
        }
        filters.push(0.0);
    }
    filters
}
