//! Finding tokens for a batch of windows: beam search (1 is greedy) and sampling at a temperature.

use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross};
use super::model::Whisper;
use super::rules::Rules;
use crate::speech::{Cancel, SpeechError};

/// What a window's tokens turned out to be.
#[derive(Clone, Debug)]
pub struct Found {
    /// Text and timestamps, without prompt and end.
    pub tokens: Vec<i64>,
    /// Sum of log-probabilities, the end's too.
    pub sum: f64,
    /// Probability that the window holds no speech.
    pub no_speech: f64,
}

impl Found {
    pub fn average(&self) -> f64 {
        self.sum / (self.tokens.len() + 1) as f64
    }
}

#[derive(Clone, Debug, Default)]
struct Hypothesis {
    tokens: Vec<i64>,
    sum: f64,
}

impl Hypothesis {
    fn score(&self) -> f64 {
        self.sum / self.tokens.len().max(1) as f64
    }
}

/// One window being decoded.
struct Slot {
    /// Its place in the result.
    window: usize,
    /// Always as many as the beam is wide; unused ones have a sum of -inf.
    beams: Vec<Hypothesis>,
    finished: Vec<Hypothesis>,
    done: bool,
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// The likeliest hypotheses, so many at once.
    Beam(usize),
    /// By chance at this temperature, so many times independently; the likeliest outcome is kept.
    Sample { temperature: f64, times: usize },
}

impl Choice {
    fn rows(self) -> usize {
        match self {
            Self::Beam(rows) | Self::Sample { times: rows, .. } => rows.max(1),
        }
    }
}

impl Whisper {
    /// Decodes every window of `cross` from `prompt` on, which starts with the token for "start of transcript".
    pub(super) fn search(
        &self,
        mut cross: Cross,
        windows: usize,
        prompt: &[i64],
        choice: Choice,
        cancel: &Cancel,
    ) -> Result<Vec<Found>, SpeechError> {
        let rows = choice.rows();
        let rules = Rules::new(&self.tokens, self.decoder.vocabulary(), self.device);
        let mut cache = Cache::default();
        let ids = Tensor::from_slice(prompt).to_device(self.device).unsqueeze(0).repeat([windows as i64, 1]);
        let hidden = self.decoder.forward(&ids, &mut cache, &cross, None);
        let at_start = self.decoder.logits(&hidden.select(1, 0)).softmax(-1, Kind::Float);
        let no_speech: Vec<f32> = at_start.select(1, self.tokens.no_speech).try_into()?;
        // Every hypothesis starts from the same prompt; in a beam only one of them may, or all would be the same.
        let mut logits = self.decoder.logits(&hidden.select(1, prompt.len() as i64 - 1));
        logits = logits.repeat_interleave_self_int(rows as i64, 0, None);
        let copies: Vec<i64> = (0..windows * rows).map(|row| (row / rows) as i64).collect();
        cache.reorder(&Tensor::from_slice(&copies).to_device(self.device));
        let mut slots: Vec<Slot> = (0..windows)
            .map(|window| {
                let start = |i: usize| match choice {
                    Choice::Beam(_) if i > 0 => f64::NEG_INFINITY,
                    _ => 0.0,
                };
                let beams = (0..rows).map(|i| Hypothesis { tokens: vec![], sum: start(i) }).collect();
                Slot { window, beams, finished: vec![], done: false }
            })
            .collect();
        let mut result: Vec<Option<Found>> = vec![None; windows];
        // Half of the context is for the text before, as in training.
        let limit = (self.decoder.context() / 2) as usize;
        for step in 0.. {
            if cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            let origins = match choice {
                Choice::Beam(width) => self.step_beams(&mut slots, &mut logits, &rules, width)?,
                Choice::Sample { temperature, .. } => {
                    self.step_samples(&mut slots, &mut logits, &rules, temperature)?
                }
            };
            let last = step + 1 >= limit;
            for slot in slots.iter_mut().filter(|slot| slot.done || last) {
                slot.done = true;
                if result[slot.window].is_none() {
                    result[slot.window] = Some(best(slot, rows, f64::from(no_speech[slot.window])));
                }
            }
            if slots.iter().all(|slot| slot.done) {
                break;
            }
            self.regroup(&mut slots, origins, rows, &mut cache, &mut cross);
            let next: Vec<i64> = slots
                .iter()
                .flat_map(|slot| {
                    slot.beams.iter().map(|beam| beam.tokens.last().copied().unwrap_or(self.tokens.eot))
                })
                .collect();
            let next = Tensor::from_slice(&next).to_device(self.device).unsqueeze(1);
            let hidden = self.decoder.forward(&next, &mut cache, &cross, None);
            logits = self.decoder.logits(&hidden.squeeze_dim(1));
        }
        result
            .into_iter()
            .map(|found| found.ok_or_else(|| SpeechError::Internal("a window was lost".into())))
            .collect()
    }

    /// Makes the caches follow the hypotheses, and leaves finished windows out once there are enough of them to be worth the copy.
    fn regroup(
        &self,
        slots: &mut Vec<Slot>,
        origins: Vec<i64>,
        rows: usize,
        cache: &mut Cache,
        cross: &mut Cross,
    ) {
        let live = slots.iter().filter(|slot| !slot.done).count();
        let mut origins = origins;
        if live * 4 <= slots.len() * 3 {
            let kept: Vec<i64> = (0..slots.len()).filter(|i| !slots[*i].done).map(|i| i as i64).collect();
            cross.select(&Tensor::from_slice(&kept).to_device(self.device));
            origins = kept.iter().flat_map(|i| origins[*i as usize * rows..][..rows].to_vec()).collect();
            slots.retain(|slot| !slot.done);
        } else if origins.iter().enumerate().all(|(row, origin)| row as i64 == *origin) {
            return;
        }
        cache.reorder(&Tensor::from_slice(&origins).to_device(self.device));
    }

    /// One step of every beam; returns the row that each row now continues.
    fn step_beams(
        &self,
        slots: &mut [Slot],
        logits: &mut Tensor,
        rules: &Rules,
        width: usize,
    ) -> Result<Vec<i64>, SpeechError> {
        let norms = {
            let histories: Vec<&[i64]> =
                slots.iter().flat_map(|slot| slot.beams.iter().map(|beam| beam.tokens.as_slice())).collect();
            rules.apply(logits, &histories)
        };
        let (values, ids) = logits.topk(width as i64 + 1, 1, true, true);
        let values: Vec<f32> = values.flatten(0, -1).try_into()?;
        let ids: Vec<i64> = ids.flatten(0, -1).try_into()?;
        let mut origins = Vec::with_capacity(norms.len());
        for (index, slot) in slots.iter_mut().enumerate() {
            let first = index * width;
            if slot.done {
                origins.extend((first..first + width).map(|row| row as i64));
                continue;
            }
            let mut candidates: Vec<(f64, usize, i64)> = (0..width * (width + 1))
                .map(|i| (first + i / (width + 1), first * (width + 1) + i))
                .map(|(row, i)| {
                    (slot.beams[row - first].sum + f64::from(values[i]) - norms[row], row, ids[i])
                })
                .filter(|candidate| candidate.0.is_finite())
                .collect();
            candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut beams = Vec::with_capacity(width);
            for (sum, row, id) in candidates {
                let mut tokens = slot.beams[row - first].tokens.clone();
                if id == self.tokens.eot {
                    slot.finished.push(Hypothesis { tokens, sum });
                } else {
                    tokens.push(id);
                    beams.push(Hypothesis { tokens, sum });
                    origins.push(row as i64);
                }
                if beams.len() == width {
                    break;
                }
            }
            slot.done = slot.finished.len() >= width || beams.is_empty();
            while beams.len() < width {
                let tokens =
                    beams.first().map_or_else(|| slot.beams[0].tokens.clone(), |beam| beam.tokens.clone());
                beams.push(Hypothesis { tokens, sum: f64::NEG_INFINITY });
                origins.push(first as i64);
            }
            slot.beams = beams;
        }
        Ok(origins)
    }

    /// One token by chance for every row that has not ended.
    fn step_samples(
        &self,
        slots: &mut [Slot],
        logits: &mut Tensor,
        rules: &Rules,
        temperature: f64,
    ) -> Result<Vec<i64>, SpeechError> {
        let rows = slots.iter().map(|slot| slot.beams.len()).sum::<usize>();
        let norms = {
            let histories: Vec<&[i64]> =
                slots.iter().flat_map(|slot| slot.beams.iter().map(|beam| beam.tokens.as_slice())).collect();
            rules.apply(logits, &histories)
        };
        // The Gumbel trick: the largest of logits plus this noise is distributed as the softmax.
        let noise = logits.empty_like().exponential_(1.0).log();
        let ids = (&*logits / temperature - noise).argmax(1, false);
        let chosen: Vec<f32> = logits.gather(1, &ids.unsqueeze(1), false).flatten(0, -1).try_into()?;
        let ids: Vec<i64> = ids.try_into()?;
        let mut row = 0;
        for slot in slots.iter_mut() {
            for beam in &mut slot.beams {
                // A row that has ended holds the end as its last token and is fed along without effect.
                if beam.tokens.last() != Some(&self.tokens.eot) {
                    beam.sum += f64::from(chosen[row]) - norms[row];
                    beam.tokens.push(ids[row]);
                }
                row += 1;
            }
            if !slot.done && slot.beams.iter().all(|beam| beam.tokens.last() == Some(&self.tokens.eot)) {
                slot.finished = slot.beams.clone();
                slot.finished.iter_mut().for_each(|beam| beam.tokens.retain(|id| *id != self.tokens.eot));
                slot.done = true;
            }
        }
        Ok((0..rows as i64).collect())
    }
}

/// The hypothesis of the highest average, finished ones first.
fn best(slot: &Slot, rows: usize, no_speech: f64) -> Found {
    let mut all = slot.finished.clone();
    if all.len() < rows {
        let mut rest: Vec<_> = slot.beams.iter().filter(|beam| beam.sum.is_finite()).cloned().collect();
        rest.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        all.extend(rest.into_iter().take(rows - slot.finished.len()));
    }
    let chosen = all.into_iter().max_by(|a, b| a.score().total_cmp(&b.score())).unwrap_or_default();
    Found { tokens: chosen.tokens, sum: chosen.sum, no_speech }
}
