//! The few numbers of a step's logits from which the next tokens are chosen.
//!
//! The device reduces each row of the vocabulary to its best texts and the logarithm of their sum; only those and the timestamps,
//! on which the rules decide row by row, come to the host.

use tch::{Kind, Tensor};

use super::model::Whisper;
use super::rules::{Allowed, TIMES};
use crate::speech::SpeechError;

/// Values of one block when the best of a row are looked for: first the best blocks, then the best inside them. Going over
/// all values with `topk` takes several times as long.
const BLOCK: i64 = 256;

/// A token that may come next.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub id: i64,
    /// By which it is compared: its logit, or that with noise.
    pub key: f32,
    /// Its logit.
    pub value: f32,
}

/// One step of many rows.
pub struct Survey {
    width: usize,
    eot: i64,
    time_begin: i64,
    /// \[rows, width\]: the best texts of each row by their keys.
    texts: Vec<Candidate>,
    /// The largest logit of any text, and the logarithm of the sum of all.
    most: Vec<f32>,
    norms: Vec<f32>,
    /// \[rows, 1 + TIMES\]: the end, then the timestamps.
    values: Vec<f32>,
    /// The same as keys; empty where keys are the logits.
    keys: Vec<f32>,
}

impl Survey {
    /// `logits`: \[rows, vocabulary\] float32, changed in place. The `width` best of each row can be asked for.
    /// With `temperatures` \[rows, 1\] keys are the logits over them plus Gumbel noise, so that the best key is a sample.
    pub fn of(
        whisper: &Whisper,
        logits: &mut Tensor,
        width: usize,
        temperatures: Option<&Tensor>,
    ) -> Result<Self, SpeechError> {
        let (eot, time_begin) = (whisper.tokens.eot, whisper.tokens.time_begin);
        let _ = logits.index_fill_(1, &whisper.suppressed, f64::NEG_INFINITY);
        let noisy = temperatures.map(|temperatures| {
            let noise = logits.empty_like().exponential_(1.0).log_();
            &*logits / temperatures - noise
        });
        let keys = noisy.as_ref().unwrap_or(logits);
        let (best, ids) = best(&keys.narrow(1, 0, eot), width as i64);
        let values = if noisy.is_some() { logits.gather(1, &ids, false) } else { best.shallow_clone() };
        let tail = |of: &Tensor| -> Result<Vec<f32>, SpeechError> {
            let parts = [of.narrow(1, eot, 1), of.narrow(1, time_begin, TIMES as i64)];
            Ok(Tensor::cat(&parts, 1).flatten(0, -1).try_into()?)
        };
        let (tails, noisy_tails) = (tail(logits)?, noisy.as_ref().map(tail).transpose()?);
        let most = match noisy {
            Some(_) => logits.narrow(1, 0, eot).amax([1], false),
            None => best.select(1, 0),
        };
        // In place: the logits are not needed any more.
        let mut text = logits.narrow(1, 0, eot);
        text -= most.unsqueeze(1);
        let norms = text.exp_().sum_dim_intlist([1i64].as_slice(), false, Kind::Float).log() + &most;
        let numbers = |x: &Tensor| Vec::<f32>::try_from(x.contiguous().flatten(0, -1));
        let (best, values, ids) =
            (numbers(&best)?, numbers(&values)?, Vec::<i64>::try_from(ids.contiguous().flatten(0, -1))?);
        let texts = ids.into_iter().zip(best).zip(values);
        Ok(Self {
            width,
            eot,
            time_begin,
            texts: texts.map(|((id, key), value)| Candidate { id, key, value }).collect(),
            most: numbers(&most)?,
            norms: numbers(&norms)?,
            values: tails,
            keys: noisy_tails.unwrap_or_default(),
        })
    }

    /// The best tokens of a row that may come next, best first, and the logarithm by which their logits are normalised.
    pub fn candidates(&self, row: usize, allowed: &Allowed) -> (Vec<Candidate>, f32) {
        let width = 1 + TIMES;
        let values = &self.values[row * width..][..width];
        let keys = if self.keys.is_empty() { values } else { &self.keys[row * width..][..width] };
        let (end, times) = (values[0], &values[1..][allowed.times.clone()]);
        let (mut with_text, mut with_end) = (allowed.text, allowed.end);
        // If timestamps together are likelier than the likeliest text, it is a timestamp. The normaliser cancels in this.
        let time_norm = log_sum(times.iter().copied());
        let most = if with_text { self.most[row] } else { f32::NEG_INFINITY };
        if time_norm > most.max(if with_end { end } else { f32::NEG_INFINITY }) {
            (with_text, with_end) = (false, false);
        }
        let mut parts = vec![time_norm];
        let mut found: Vec<Candidate> = Vec::with_capacity(2 * self.width + 1);
        if with_text {
            parts.push(self.norms[row]);
            found.extend_from_slice(&self.texts[row * self.width..][..self.width]);
        }
        if with_end {
            parts.push(end);
            found.push(Candidate { id: self.eot, key: keys[0], value: end });
        }
        let mut best_times: Vec<usize> = Vec::with_capacity(self.width + 1);
        for time in allowed.times.clone() {
            let place = best_times.partition_point(|&other| keys[1 + other] >= keys[1 + time]);
            if place < self.width {
                best_times.insert(place, time);
                best_times.truncate(self.width);
            }
        }
        found.extend(best_times.into_iter().map(|time| Candidate {
            id: self.time_begin + time as i64,
            key: keys[1 + time],
            value: values[1 + time],
        }));
        found.retain(|candidate| candidate.key.is_finite());
        found.sort_by(|a, b| b.key.total_cmp(&a.key));
        found.truncate(self.width);
        (found, log_sum(parts.into_iter()))
    }
}

/// The `width` largest of each row \[rows, n\] and where they are, largest first.
fn best(x: &Tensor, width: i64) -> (Tensor, Tensor) {
    let (rows, n) = x.size2().unwrap_or_default();
    let blocks = n / BLOCK;
    if blocks <= width {
        return x.topk(width, 1, true, true);
    }
    let whole = blocks * BLOCK;
    let tail = x.narrow(1, whole, n - whole);
    let grid = x.narrow(1, 0, whole).view([rows, blocks, BLOCK]);
    let (_, chosen) = grid.amax([2], false).topk(width, 1, true, false);
    let inside =
        grid.gather(1, &chosen.unsqueeze(2).expand([rows, width, BLOCK], false), false).flatten(1, 2);
    let (values, places) = Tensor::cat(&[inside, tail], 1).topk(width, 1, true, true);
    let in_tail = places.ge(width * BLOCK);
    let block = chosen.gather(1, &places.floor_divide_scalar(BLOCK).clamp_max(width - 1), false);
    let in_grid = block * BLOCK + places.remainder(BLOCK);
    let ids = (places + (whole - width * BLOCK)).where_self(&in_tail, &in_grid);
    (values, ids)
}

fn log_sum(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let top = values.clone().fold(f32::NEG_INFINITY, f32::max);
    if top == f32::NEG_INFINITY {
        return top;
    }
    // What is e^16 times smaller does not show in an f32.
    top + values.filter(|value| *value > top - 16.0).map(|value| (value - top).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_best_of_blocks_are_the_best_of_all() {
        tch::manual_seed(7);
        let x = Tensor::randn([9, 2000], (Kind::Float, Device::Cpu));
        // Two of the largest in one block, and one in the incomplete block at the end.
        for (row, column, value) in [(0, 300, 9.0), (0, 301, 8.0), (1, 1999, 9.0), (2, 1792, 9.0)] {
            let _ = x.get(row).get(column).fill_(value);
        }
        let (values, ids) = best(&x, 6);
        let (expected, places) = x.topk(6, 1, true, true);
        let floats = |x: &Tensor| Vec::<f32>::try_from(x.flatten(0, -1)).unwrap();
        assert_eq!(floats(&values), floats(&expected));
        let whole = |x: &Tensor| Vec::<i64>::try_from(x.flatten(0, -1)).unwrap();
        assert_eq!(whole(&ids), whole(&places));
    }

    #[test]
    fn the_logarithm_of_a_sum() {
        let values = [1.0f32, 2.0, 3.0, f32::NEG_INFINITY];
        let plain = values.iter().map(|value| value.exp()).sum::<f32>().ln();
        assert!((log_sum(values.into_iter()) - plain).abs() < 1e-6);
        assert_eq!(log_sum(std::iter::empty()), f32::NEG_INFINITY);
    }
}
