//! The few numbers of a step's logits from which the next tokens are chosen.
//!
//! The device reduces each row of the vocabulary to its best texts and the logarithm of their sum; only those and the timestamps,
//! on which the rules decide row by row, come to the host.

use tch::{Kind, Tensor};

use super::model::Whisper;
use super::rules::{Allowed, TIMES};
use crate::speech::{SpeechError, native};

/// Values of one block when the best of a row are looked for: first the best blocks, then the best inside them. Going over
/// all values with `topk` takes several times as long.
const BLOCK: i64 = 256;

/// A token that may come next, with its logit.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub id: i64,
    pub value: f32,
}

/// One step of many rows.
pub struct Survey {
    eot: i64,
    time_begin: i64,
    /// \[rows, width\]: the best texts of each row, or the one that was drawn.
    texts: Vec<Candidate>,
    width: usize,
    /// The largest logit of any text, and the logarithm of the sum of all.
    most: Vec<f32>,
    norms: Vec<f32>,
    /// That logarithm at each row's temperature; empty where nothing is drawn.
    warm_norms: Vec<f32>,
    /// \[rows, 1 + TIMES\]: the end, then the timestamps.
    values: Vec<f32>,
}

/// A step's logits by kind, as far as the rules allow them.
struct Open<'a> {
    text: bool,
    end: Option<f32>,
    times: &'a [f32],
    /// The logarithm by which all are normalised.
    norm: f32,
}

impl Survey {
    /// `logits`: \[rows, vocabulary\] float32, changed in place. The `width` best of each row can be asked for.
    pub fn best(whisper: &Whisper, logits: &mut Tensor, width: usize) -> Result<Self, SpeechError> {
        let text = Self::texts(whisper, logits);
        let (values, ids) = best(&text, width as i64);
        let most = values.select(1, 0);
        Self::of(whisper, logits, (&values, &ids), most, Vec::new())
    }

    /// The same, to draw one token of each row with [`Self::draw`]. `temperatures` and `chances`, from 0 to 1: \[rows, 1\].
    pub fn drawn(
        whisper: &Whisper,
        logits: &mut Tensor,
        temperatures: &Tensor,
        chances: &Tensor,
    ) -> Result<Self, SpeechError> {
        let text = Self::texts(whisper, logits);
        let (ids, warm) = drawn(&text, temperatures, chances);
        let most = text.amax([1], false);
        Self::of(whisper, logits, (&text.gather(1, &ids, false), &ids), most, numbers(&warm)?)
    }

    /// The logits of texts, without those that are never written.
    fn texts(whisper: &Whisper, logits: &mut Tensor) -> Tensor {
        let _ = logits.index_fill_(1, &whisper.suppressed, f64::NEG_INFINITY);
        logits.narrow(1, 0, whisper.tokens.eot)
    }

    fn of(
        whisper: &Whisper,
        logits: &Tensor,
        (values, ids): (&Tensor, &Tensor),
        most: Tensor,
        warm_norms: Vec<f32>,
    ) -> Result<Self, SpeechError> {
        let (eot, time_begin) = (whisper.tokens.eot, whisper.tokens.time_begin);
        let tail = [logits.narrow(1, eot, 1), logits.narrow(1, time_begin, TIMES as i64)];
        let tail = numbers(&Tensor::cat(&tail, 1))?;
        let (values, ids) = (numbers(values)?, Vec::<i64>::try_from(ids.contiguous().flatten(0, -1))?);
        let mut text = logits.narrow(1, 0, eot);
        let sums = native::sums_of_powers(&text, &most).unwrap_or_else(|| {
            // In place: the logits are not needed any more.
            text -= most.unsqueeze(1);
            text.exp_().sum_dim_intlist([1i64].as_slice(), false, Kind::Float)
        });
        let norms = sums.log() + &most;
        let most = numbers(&most)?;
        Ok(Self {
            eot,
            time_begin,
            width: ids.len() / most.len().max(1),
            texts: ids.into_iter().zip(values).map(|(id, value)| Candidate { id, value }).collect(),
            most,
            norms: numbers(&norms)?,
            warm_norms,
            values: tail,
        })
    }

    fn open(&self, row: usize, allowed: &Allowed) -> Open<'_> {
        let (end, times) = self.values[row * (1 + TIMES)..][..1 + TIMES].split_at(1);
        let times = &times[allowed.times.clone()];
        let text = if allowed.text { self.most[row] } else { f32::NEG_INFINITY };
        let end = allowed.end.then_some(end[0]);
        // If timestamps together are likelier than the likeliest text, it is a timestamp. The normaliser cancels in this.
        let time_norm = log_sum(times.iter().copied());
        if time_norm > text.max(end.unwrap_or(f32::NEG_INFINITY)) {
            return Open { text: false, end: None, times, norm: time_norm };
        }
        let parts = [Some(time_norm), allowed.text.then(|| self.norms[row]), end];
        let norm = log_sum(parts.into_iter().flatten());
        Open { text: allowed.text, end, times, norm }
    }

    /// The number of a timestamp that is allowed, as a token.
    fn time(&self, index: usize, allowed: &Allowed) -> i64 {
        self.time_begin + (allowed.times.start + index) as i64
    }

    /// The best tokens of a row that may come next, best first, and the logarithm by which their logits are normalised.
    pub fn candidates(&self, row: usize, allowed: &Allowed) -> (Vec<Candidate>, f32) {
        let open = self.open(row, allowed);
        let mut found: Vec<Candidate> = Vec::with_capacity(2 * self.width + 1);
        if open.text {
            found.extend_from_slice(&self.texts[row * self.width..][..self.width]);
        }
        found.extend(open.end.map(|value| Candidate { id: self.eot, value }));
        let mut best_times: Vec<usize> = Vec::with_capacity(self.width + 1);
        for (time, value) in open.times.iter().enumerate() {
            let place = best_times.partition_point(|&other| open.times[other] >= *value);
            if place < self.width {
                best_times.insert(place, time);
                best_times.truncate(self.width);
            }
        }
        found.extend(
            best_times
                .into_iter()
                .map(|time| Candidate { id: self.time(time, allowed), value: open.times[time] }),
        );
        found.retain(|candidate| candidate.value.is_finite());
        found.sort_by(|a, b| b.value.total_cmp(&a.value));
        found.truncate(self.width);
        (found, open.norm)
    }

    /// A token of a row drawn at its temperature, if any is allowed, and the logarithm by which its logit is normalised. `chance`: from 0 to 1.
    pub fn draw(
        &self,
        row: usize,
        allowed: &Allowed,
        temperature: f32,
        chance: f32,
    ) -> (Option<Candidate>, f32) {
        let open = self.open(row, allowed);
        let text = open.text.then(|| (self.texts[row], self.warm_norms[row]));
        let end = open.end.map(|value| (Candidate { id: self.eot, value }, value / temperature));
        let times =
            open.times.iter().enumerate().map(|(time, &value)| {
                (Candidate { id: self.time(time, allowed), value }, value / temperature)
            });
        let all: Vec<(Candidate, f32)> =
            text.into_iter().chain(end).chain(times).filter(|(_, weight)| weight.is_finite()).collect();
        let norm = log_sum(all.iter().map(|&(_, weight)| weight));
        let mut left = chance;
        let drawn = all.iter().find(|&&(_, weight)| {
            left -= (weight - norm).exp();
            left < 0.0
        });
        // Rounding may leave a little.
        (drawn.or(all.last()).map(|&(candidate, _)| candidate), open.norm)
    }
}

fn numbers(x: &Tensor) -> Result<Vec<f32>, SpeechError> {
    Ok(x.contiguous().flatten(0, -1).try_into()?)
}

/// Where in each row \[rows, n\] of logits the one is that is drawn at its temperature, \[rows, 1\], and the logarithm of the sum of all at that
/// temperature. `chances`: \[rows, 1\], from 0 to 1.
fn drawn(x: &Tensor, temperatures: &Tensor, chances: &Tensor) -> (Tensor, Tensor) {
    let most = x.amax([1], true);
    let sums = ((x - &most) / temperatures).exp_().cumsum(1, Kind::Float);
    let total = sums.narrow(1, -1, 1);
    // The first whose sum is greater than the share: never one without a chance.
    let ids = (chances * &total).searchsorted(&sums, false, true, "right", None::<&Tensor>);
    (ids.clamp_max(x.size()[1] - 1), total.log() + most / temperatures)
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
    fn what_is_drawn_has_its_chance_at_the_temperature() {
        let logits = [1.0f32, 3.0, f32::NEG_INFINITY, 2.0];
        let draws = 1000;
        let row = Tensor::from_slice(&logits).unsqueeze(0);
        let chances: Vec<f32> = (0..draws).map(|draw| (draw as f32 + 0.5) / draws as f32).collect();
        let chances = Tensor::from_slice(&chances).unsqueeze(1);
        for temperature in [0.5f32, 1.0] {
            let warmth = Tensor::from_slice(&[temperature]).expand([draws, 1], false);
            let (ids, norms) = drawn(&row.expand([draws, 4], false), &warmth, &chances);
            let ids = Vec::<i64>::try_from(ids.flatten(0, -1)).unwrap();
            let norm = logits.iter().map(|logit| (logit / temperature).exp()).sum::<f32>().ln();
            assert!((norms.double_value(&[0, 0]) as f32 - norm).abs() < 1e-5);
            for (id, logit) in (0..).zip(logits) {
                let share = ids.iter().filter(|drawn| **drawn == id).count() as f32 / draws as f32;
                let expected = (logit / temperature - norm).exp();
                assert!((share - expected).abs() < 2e-3, "{id} at {temperature}: {share}, not {expected}");
            }
        }
    }

    #[test]
    fn the_logarithm_of_a_sum() {
        let values = [1.0f32, 2.0, 3.0, f32::NEG_INFINITY];
        let plain = values.iter().map(|value| value.exp()).sum::<f32>().ln();
        assert!((log_sum(values.into_iter()) - plain).abs() < 1e-6);
        assert_eq!(log_sum(std::iter::empty()), f32::NEG_INFINITY);
    }
}
