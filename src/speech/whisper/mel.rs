//! The log-mel spectrogram that Whisper was trained on, equal to openai-whisper's `log_mel_spectrogram` to 1e-4.

use tch::{Device, Kind, Tensor};

/// Mel frames of one window, 10 ms each.
pub const FRAMES: i64 = 3000;

const FFT: i64 = 400;
const HOP: i64 = 160;
const SAMPLE_RATE: f64 = 16_000.0;

/// Triangular filters on the Slaney mel scale with Slaney's area normalisation, as librosa's `mel(16000, 400, bins)`.
pub struct Mel {
    /// \[bins, 201\]
    filters: Tensor,
    hann: Tensor,
}

impl Mel {
    /// `bins` is 80, or 128 for large-v3 and its kin.
    pub fn new(bins: i64) -> Self {
        let filters = Tensor::from_slice(&slaney(bins as usize)).view([bins, FFT / 2 + 1]);
        Self { filters, hann: Tensor::hann_window(FFT, (Kind::Float, Device::Cpu)) }
    }

    /// 16 kHz samples in \[-1, 1\], cut or padded with silence to so many frames, to \[bins, frames\] in float32 on the CPU.
    pub fn of(&self, samples: &[f32], frames: i64) -> Tensor {
        let mut padded = vec![0f32; (frames * HOP) as usize];
        let n = samples.len().min(padded.len());
        padded[..n].copy_from_slice(&samples[..n]);
        let spectrum = Tensor::from_slice(&padded).view([1, -1]).reflection_pad1d([FFT / 2, FFT / 2]).stft(
            FFT,
            HOP,
            FFT,
            Some(&self.hann),
            false,
            true,
            true,
            false,
        );
        let power = spectrum.squeeze_dim(0).abs().narrow(1, 0, frames).square();
        let log = self.filters.matmul(&power).clamp_min(1e-10).log10();
        let floor = log.max() - 8.0;
        (log.maximum(&floor) + 4.0) / 4.0
    }
}

/// Row-major \[bins, 201\].
fn slaney(bins: usize) -> Vec<f32> {
    let edges: Vec<f64> = {
        let top = hz_to_mel(SAMPLE_RATE / 2.0);
        (0..bins + 2).map(|i| mel_to_hz(top * i as f64 / (bins + 1) as f64)).collect()
    };
    let mut filters = Vec::with_capacity(bins * 201);
    for triangle in edges.windows(3) {
        let (low, centre, high) = (triangle[0], triangle[1], triangle[2]);
        let area = 2.0 / (high - low);
        for bin in 0..=FFT / 2 {
            let hz = bin as f64 * SAMPLE_RATE / FFT as f64;
            let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0);
            filters.push((height * area) as f32);
        }
    }
    filters
}

/// Linear below 1 kHz, logarithmic above (Slaney's Auditory Toolbox).
const LINEAR_HZ: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / LINEAR_HZ;

fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

fn hz_to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / LINEAR_HZ } else { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() }
}

fn mel_to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * LINEAR_HZ } else { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// openai-whisper's formula by a plain f64 Fourier sum, for the frames asked for.
    fn reference(samples: &[f32], frames: &[usize], bins: usize) -> Vec<Vec<f64>> {
        let filters = slaney(bins);
        let at = |i: i64| samples.get(i.unsigned_abs() as usize).map_or(0.0, |x| f64::from(*x));
        let mel = |frame: usize| -> Vec<f64> {
            let power: Vec<f64> = (0..201)
                .map(|k| {
                    let (mut re, mut im) = (0.0, 0.0);
                    for n in 0..400 {
                        let hann = 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / 400.0).cos();
                        let x = hann * at((frame * 160) as i64 + n - 200);
                        let angle = std::f64::consts::TAU * (k as f64) * n as f64 / 400.0;
                        re += x * angle.cos();
                        im -= x * angle.sin();
                    }
                    re * re + im * im
                })
                .collect();
            (0..bins)
                .map(|b| {
                    let sum: f64 = (0..201).map(|k| f64::from(filters[b * 201 + k]) * power[k]).sum();
                    sum.max(1e-10).log10()
                })
                .collect()
        };
        let chosen: Vec<Vec<f64>> = frames.iter().map(|f| mel(*f)).collect();
        let top = chosen.iter().flatten().copied().fold(f64::MIN, f64::max);
        chosen
            .into_iter()
            .map(|row| row.into_iter().map(|x| (x.max(top - 8.0) + 4.0) / 4.0).collect())
            .collect()
    }

    #[test]
    fn equals_a_plain_fourier_sum() {
        // Loudest at the start, so that the maximum lies in a frame the reference computes.
        let samples: Vec<f32> = (0..32_000)
            .map(|i| {
                let t = i as f32 / 16_000.0;
                let tone = (t * 2764.6).sin() * 0.4 + (t * 12_000.0).sin() * 0.2;
                let noise = ((i * 7919 % 1009) as f32 / 1009.0 - 0.5) * 0.1;
                (tone + noise) * (-t * 1.5).exp()
            })
            .collect();
        let frames = [0, 1, 2, 3, 4, 5, 50, 120, 199, 201, 2999];
        for bins in [80, 128] {
            let ours = Mel::new(bins).of(&samples, FRAMES);
            assert_eq!(ours.size(), [bins, FRAMES]);
            for (frame, row) in frames.iter().zip(reference(&samples, &frames, bins as usize)) {
                for (bin, expected) in row.iter().enumerate() {
                    let got = ours.double_value(&[bin as i64, *frame as i64]);
                    assert!((got - expected).abs() < 1e-4, "frame {frame} bin {bin}: {got} for {expected}");
                }
            }
        }
    }

    #[test]
    fn the_mel_scale_turns_back() {
        for hz in [0.0, 100.0, 999.0, 1000.0, 4321.0, 8000.0] {
            assert!((mel_to_hz(hz_to_mel(hz)) - hz).abs() < 1e-6);
        }
    }
}
