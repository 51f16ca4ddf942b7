//! segmentation-3.0: who of at most three local speakers talks in each frame of a 10-second window.
//!
//! The network is PyanNet: learned band-pass filters (SincNet), four bidirectional LSTM layers, and a classifier
//! over the powerset of three speakers of whom at most two talk at once.
//! Sources: Ravanelli & Bengio, "Speaker recognition from raw waveform with SincNet" (2018); Plaquet & Bredin, "Powerset
//! multi-class cross entropy loss for neural speaker diarization" (2023).

use tch::{Device, IndexOp, Kind, Tensor};

use super::network::Checkpoint;
use crate::speech::SpeechError;
use crate::weights::TensorMap;

pub const SAMPLE_RATE: i64 = 16_000;
/// Samples of a window: 10 seconds.
pub const WINDOW: usize = 160_000;
/// Frames the network gives for a window.
pub const FRAMES: usize = 589;
/// Samples from one frame to the next.
pub const FRAME_STEP: usize = 270;
/// Samples one frame looks at; a frame's time is the middle of them.
pub const FRAME_FIELD: usize = 991;
/// Taps of a filter of the first layer, and samples from one of its results to the next.
const FILTER: usize = 251;
const FILTER_STEP: usize = 10;
/// What keeps a norm from dividing by 0.
const EPSILON: f64 = 1e-5;
/// Local speakers of a window.
pub const SPEAKERS: usize = 3;

/// The classes of the powerset, as bits of the local speakers that talk.
const CLASSES: [u8; 7] = [0b000, 0b001, 0b010, 0b100, 0b011, 0b101, 0b110];

/// Who talks in each frame of one window: a bit a local speaker.
pub type Activity = Vec<u8>;

pub struct Segmentation {
    wave_norm: (Tensor, Tensor),
    /// [80, 1, 251], computed once from the learned cut-off frequencies.
    filters: Tensor,
    /// [80, 1]: what each filter makes of a constant 1.
    filter_sums: Tensor,
    norms: Vec<(Tensor, Tensor)>,
    convs: Vec<(Tensor, Tensor)>,
    /// Four layers, two directions, each w_ih, w_hh, b_ih, b_hh.
    lstm: Vec<Tensor>,
    linears: Vec<(Tensor, Tensor)>,
    device: Device,
}

impl Segmentation {
    /// Builds the network from the 54 tensors of the official checkpoint, or of one trained further in the same shape.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape, or the classes are no powerset of three speakers.
    pub fn new(tensors: &TensorMap, device: Device) -> Result<Self, SpeechError> {
        let _guard = tch::no_grad_guard();
        let weights = Checkpoint { tensors, device };
        let classes = weights.get("classifier.bias")?.size();
        if classes != [CLASSES.len() as i64] {
            return Err(SpeechError::Model(format!(
                "a segmentation model with {classes:?} classes: only the powerset of three speakers of whom two talk at once, which has {}, \
                 can be used",
                CLASSES.len()
            )));
        }
        let pair = |name: &str| -> Result<(Tensor, Tensor), SpeechError> {
            Ok((weights.get(&format!("{name}.weight"))?, weights.get(&format!("{name}.bias"))?))
        };
        let mut lstm = Vec::new();
        for layer in 0..4 {
            for direction in ["", "_reverse"] {
                for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
                    lstm.push(weights.get(&format!("lstm.{part}_l{layer}{direction}"))?);
                }
            }
        }
        let filters = sinc_filters(&weights)?;
        Ok(Self {
            wave_norm: pair("sincnet.wav_norm1d")?,
            filter_sums: filters.f_sum_dim_intlist([2_i64].as_slice(), false, Kind::Float)?,
            filters,
            norms: (0..3).map(|i| pair(&format!("sincnet.norm1d.{i}"))).collect::<Result<_, _>>()?,
            convs: (1..3).map(|i| pair(&format!("sincnet.conv1d.{i}"))).collect::<Result<_, _>>()?,
            lstm,
            linears: ["linear.0", "linear.1", "classifier"]
                .into_iter()
                .map(pair)
                .collect::<Result<_, _>>()?,
            device,
        })
    }

    /// Log-probabilities of the seven classes: samples at 16 kHz `[1, 1, samples]` and where in them windows of so many samples begin ->
    /// `[windows, frames, 7]`. What windows that overlap have in common goes through the filters once: these are linear, so
    /// each window's norm can be applied to what they give. `starts` are multiples of [`FILTER_STEP`].
    pub fn forward(&self, wave: &Tensor, starts: &[usize], samples: usize) -> Result<Tensor, SpeechError> {
        let _guard = tch::no_grad_guard();
        let filtered = wave.f_conv1d(&self.filters, None::<Tensor>, [FILTER_STEP as i64], [0], [1], 1)?;
        let outputs = ((samples - FILTER) / FILTER_STEP + 1) as i64;
        let windows = starts.iter().map(|&start| {
            let own = wave.f_narrow(2, start as i64, samples as i64)?;
            let (variance, mean) = own.f_var_mean(false)?;
            let scale = variance.f_add_scalar(EPSILON)?.f_rsqrt()?.f_mul(&self.wave_norm.0)?;
            let shift = self.wave_norm.1.f_sub(&mean.f_mul(&scale)?)?.f_mul(&self.filter_sums)?;
            let mut x =
                shift.f_addcmul(&filtered.f_narrow(2, (start / FILTER_STEP) as i64, outputs)?, &scale)?;
            let _ = x.f_abs_()?;
            Ok(x.f_max_pool1d([3], [3], [0], [1], false)?)
        });
        let x = Tensor::f_cat(&windows.collect::<Result<Vec<_>, SpeechError>>()?, 0)?;
        let mut x = norm(&x, &self.norms[0])?;
        for ((weight, bias), affine) in self.convs.iter().zip(&self.norms[1..]) {
            let y = x.f_conv1d(weight, Some(bias), [1], [0], [1], 1)?;
            x = norm(&y.f_max_pool1d([3], [3], [0], [1], false)?, affine)?;
        }
        let x = x.f_transpose(1, 2)?.f_contiguous()?;
        let state = Tensor::f_zeros([8, x.size()[0], 128], (Kind::Float, self.device))?;
        let (mut x, _, _) = x.f_lstm(
            &[&state, &state],
            &self.lstm.iter().collect::<Vec<_>>(),
            true,
            4,
            0.0,
            false,
            true,
            true,
        )?;
        let (classifier, hidden) = (&self.linears[2], &self.linears[..2]);
        for (weight, bias) in hidden {
            x = x.f_linear(weight, Some(bias))?.f_leaky_relu()?;
        }
        Ok(x.f_linear(&classifier.0, Some(&classifier.1))?.f_log_softmax(-1, Kind::Float)?)
    }

    /// Who talks in each frame of each window of [`WINDOW`] samples: `wave` in [-1, 1] and where in it they begin, multiples of
    /// [`FRAME_STEP`].
    pub fn activities(&self, wave: &[f32], starts: &[usize]) -> Result<Vec<Activity>, SpeechError> {
        let wave = Tensor::f_from_slice(wave)?.f_view([1, 1, -1])?.f_to_device(self.device)?;
        let best = self.forward(&wave, starts, WINDOW)?.f_argmax(-1, false)?.f_to_device(Device::Cpu)?;
        (0..starts.len() as i64)
            .map(|window| {
                let classes = Vec::<i64>::try_from(best.i(window))?;
                Ok(classes.into_iter().map(|class| CLASSES[class as usize]).collect())
            })
            .collect()
    }
}

/// The 40 cosine and 40 sine band-pass filters of 251 taps, from their learned low edges and widths in Hz.
fn sinc_filters(weights: &Checkpoint<'_>) -> Result<Tensor, SpeechError> {
    let bank = |name: &str| weights.get(&format!("sincnet.conv1d.0.filterbank.{name}"));
    let (half, window) = (bank("n_")?, bank("window_")?);
    let low = bank("low_hz_")?.f_abs()?.f_add_scalar(50.0)?;
    let high = low.f_add(&bank("band_hz_")?.f_abs()?)?.f_add_scalar(50.0)?;
    let high = high.f_clamp(50.0, SAMPLE_RATE as f64 / 2.0)?;
    let band = high.f_sub(&low)?;
    let (low, high) = (low.f_matmul(&half)?, high.f_matmul(&half)?);
    let side = |difference: Tensor| -> Result<Tensor, SpeechError> {
        let scaled = difference.f_div(&half)?.f_mul_scalar(2.0)?.f_mul(&window)?;
        Ok(scaled.f_div(&band.f_mul_scalar(2.0)?)?)
    };
    let even = side(high.f_sin()?.f_sub(&low.f_sin()?)?)?;
    let odd = side(low.f_cos()?.f_sub(&high.f_cos()?)?)?;
    let cosine = Tensor::f_cat(&[&even, &band.f_ones_like()?, &even.f_flip([1])?], 1)?;
    let sine = Tensor::f_cat(&[&odd, &band.f_zeros_like()?, &odd.f_flip([1])?.f_neg()?], 1)?;
    let filters = Tensor::f_cat(&[cosine, sine], 0)?;
    Ok(filters.f_view([80, 1, 251])?.f_contiguous()?)
}

/// Each channel of each window to mean 0 and variance 1, then the learned scale and shift, then the leaky rectifier.
fn norm(x: &Tensor, (weight, bias): &(Tensor, Tensor)) -> Result<Tensor, SpeechError> {
    let none = None::<&Tensor>;
    let mut y = x.f_instance_norm(Some(weight), Some(bias), none, none, true, 0.1, EPSILON, true)?;
    let _ = y.f_leaky_relu_()?;
    Ok(y)
}
