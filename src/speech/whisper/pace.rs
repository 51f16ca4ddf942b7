//! In which numbers this processor computes fastest: an encoder's layer is tried in each of them.

use std::time::Instant;

use tch::{Device, Kind, Tensor};

use super::encoder::Encoder;
use super::layers::Loader;
use super::model::packing;
use crate::speech::threads::StepThreads;
use crate::speech::{Precision, SpeechError};
use crate::weights::TensorMap;

/// A layer of whisper-tiny on 15 s of sound: the same products as at work.
const WIDTH: i64 = 384;
const BINS: i64 = 80;
const FEATURES: i64 = 750;
/// Each is tried so many times, in turns, and counts by its best time: what else the machine does meanwhile makes all of them slower.
const ROUNDS: usize = 3;
/// A less exact one must take at most this share of the time of a more exact one. So a machine decides in the same way at
/// every start, unless two are just so far apart: other numbers may give other words.
const WORTH_IT: f64 = 0.8;

/// The one to compute with, of some that are ordered from the most exact to the least. The first, if none can be tried.
pub fn fastest(ordered: &[Precision]) -> Precision {
    let first = ordered.first().copied().unwrap_or(Precision::Float32);
    if ordered.len() < 2 {
        return first;
    }
    match seconds(ordered) {
        Ok(times) => {
            tracing::info!(?ordered, ?times, "tried what an encoder computes with fastest");
            chosen(ordered, &times).unwrap_or(first)
        }
        Err(error) => {
            tracing::warn!(%error, "can't try what an encoder computes with fastest");
            first
        }
    }
}

/// The most exact one, unless a less exact one is worth it.
fn chosen(ordered: &[Precision], times: &[f64]) -> Option<Precision> {
    let mut best: Option<(Precision, f64)> = None;
    for (&precision, &time) in ordered.iter().zip(times) {
        if best.is_none_or(|(_, before)| time < before * WORTH_IT) {
            best = Some((precision, time));
        }
    }
    best.map(|(precision, _)| precision)
}

/// The best time of each.
fn seconds(ordered: &[Precision]) -> Result<Vec<f64>, SpeechError> {
    let _no_gradients = tch::no_grad_guard();
    let _one = StepThreads::limit(1);
    let tried = ordered
        .iter()
        .map(|&precision| Ok((encoder(precision)?, precision.kind())))
        .collect::<Result<Vec<(Encoder, Kind)>, SpeechError>>()?;
    let mut times = vec![f64::INFINITY; tried.len()];
    // The first round is for what is done once.
    for round in 0..=ROUNDS {
        for ((encoder, kind), best) in tried.iter().zip(&mut times) {
            let mel = Tensor::zeros([1, BINS, 2 * FEATURES], (*kind, Device::Cpu));
            let begun = Instant::now();
            let _ = encoder.forward(&mel);
            if round > 0 {
                *best = best.min(begun.elapsed().as_secs_f64());
            }
        }
    }
    Ok(times)
}

/// One layer with weights of no meaning, between 0 and 1/100.
fn encoder(precision: Precision) -> Result<Encoder, SpeechError> {
    let e = "model.encoder";
    let mut map = TensorMap::new();
    let mut put = |name: &str, shape: &[i64]| {
        let count: i64 = shape.iter().product();
        let rising = Tensor::arange(count, (Kind::Float, Device::Cpu)).remainder(97.0) / 9700.0;
        map.insert(format!("{e}.{name}"), rising.reshape(shape));
    };
    put("conv1.weight", &[WIDTH, BINS, 3]);
    put("conv1.bias", &[WIDTH]);
    put("conv2.weight", &[WIDTH, WIDTH, 3]);
    put("conv2.bias", &[WIDTH]);
    put("embed_positions.weight", &[FEATURES, WIDTH]);
    for norm in ["layer_norm", "layers.0.self_attn_layer_norm", "layers.0.final_layer_norm"] {
        put(&format!("{norm}.weight"), &[WIDTH]);
        put(&format!("{norm}.bias"), &[WIDTH]);
    }
    for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        put(&format!("layers.0.self_attn.{part}.weight"), &[WIDTH, WIDTH]);
    }
    put("layers.0.fc1.weight", &[4 * WIDTH, WIDTH]);
    put("layers.0.fc2.weight", &[WIDTH, 4 * WIDTH]);
    let packing = packing(Device::Cpu, precision).encoder;
    let mut loader = Loader { map: &mut map, device: Device::Cpu, kind: precision.kind(), packing };
    Encoder::load(&mut loader, WIDTH / 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::native;

    #[test]
    fn a_less_exact_one_must_be_worth_it() {
        let ordered = [Precision::Int16, Precision::Bfloat16, Precision::Int8];
        for (times, expected) in [
            ([1.0, 0.9, 0.85], Precision::Int16),
            ([1.0, 0.7, 0.6], Precision::Bfloat16),
            ([1.0, 0.9, 0.7], Precision::Int8),
            ([1.0, 0.7, 0.5], Precision::Int8),
            ([1.0, 2.0, 3.0], Precision::Int16),
        ] {
            assert_eq!(chosen(&ordered, &times), Some(expected), "{times:?}");
        }
        assert_eq!(chosen(&[], &[]), None);
    }

    #[test]
    fn every_number_that_a_processor_has_is_tried() {
        let mut ordered = vec![Precision::Float32, Precision::Bfloat16];
        if native::available() {
            ordered.extend([Precision::Int16, Precision::Int8]);
        }
        let times = seconds(&ordered).unwrap();
        assert_eq!(times.len(), ordered.len());
        assert!(times.iter().all(|time| *time > 0.0 && time.is_finite()), "{times:?}");
        assert_eq!(fastest(&[Precision::Float32]), Precision::Float32);
    }
}
