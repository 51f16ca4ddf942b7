//! Finding tokens for a batch of windows: beam search (1 is greedy) and sampling at a temperature.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross, Sight};
use super::model::Whisper;
use super::rules::allowed;
use super::survey::Survey;
use crate::speech::{Cancel, SpeechError};

/// Tokens after which it shows that a hypothesis does nothing but repeat itself.
const ENOUGH_TO_TELL: usize = 64;

/// What a window's tokens turned out to be.
#[derive(Clone, Debug)]
pub struct Found {
    /// Text and timestamps, without prompt and end.
    pub tokens: Vec<i64>,
    /// Log-probability of each.
    pub chances: Vec<f32>,
    /// Sum of log-probabilities, the end's too.
    pub sum: f64,
    /// Probability that the window holds no speech.
    pub no_speech: f64,
}

impl Found {
    pub fn average(&self) -> f64 {
        self.sum / (self.tokens.len() + 1) as f64
    }

    /// Leaves no word.
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.chances.clear();
    }
}

#[derive(Clone, Debug, Default)]
struct Hypothesis {
    tokens: Vec<i64>,
    chances: Vec<f32>,
    /// For each token, the entry of the window's pool with its keys and values.
    entries: Vec<usize>,
    sum: f64,
    ended: bool,
}

impl Hypothesis {
    fn score(&self) -> f64 {
        self.sum / self.tokens.len().max(1) as f64
    }

    /// Not ended, and not only there for the shape.
    fn goes_on(&self) -> bool {
        !self.ended && self.sum.is_finite()
    }

    /// With one token more, whose keys and values will be the pool's `entry`.
    fn with(&self, id: i64, chance: f32, entry: usize) -> Self {
        let mut next = self.clone();
        next.tokens.push(id);
        next.chances.push(chance);
        next.entries.push(entry);
        next.sum += f64::from(chance);
        next
    }

    fn found(self, no_speech: f64) -> Found {
        Found { tokens: self.tokens, chances: self.chances, sum: self.sum, no_speech }
    }

    fn end(mut self, chance: f32) -> Self {
        self.sum += f64::from(chance);
        self.ended = true;
        self
    }
}

/// One window being decoded.
struct Slot {
    /// Its place in the result.
    window: usize,
    /// As many as are kept, once the first token is chosen; those that are only there for the shape have a sum of -inf.
    live: Vec<Hypothesis>,
    finished: Vec<Hypothesis>,
    done: bool,
    /// Its own, so that a window has the same text whatever it is decoded beside.
    chance: StdRng,
}

impl Slot {
    fn new(window: usize) -> Self {
        let live = vec![Hypothesis::default()];
        Self { window, live, finished: vec![], done: false, chance: StdRng::seed_from_u64(0) }
    }

    /// Ends what repeats itself: it would go on to the last token, and be thrown away then.
    fn give_up(&mut self, repeat: impl Fn(&[i64]) -> bool) {
        let hopeless = |one: &Hypothesis| one.tokens.len() >= ENOUGH_TO_TELL && repeat(&one.tokens);
        for one in self.live.iter_mut().filter(|one| !one.ended) {
            one.ended = hopeless(one);
        }
    }

    /// The entries that its hypotheses see, in order, which are numbered anew by their place in that order.
    fn seen(&mut self, prompt: usize) -> Vec<i64> {
        for one in self.live.iter_mut().filter(|one| self.done || !one.goes_on()) {
            one.entries.clear();
        }
        let mut seen: Vec<usize> = (0..prompt).collect();
        seen.extend(self.live.iter().flat_map(|one| &one.entries));
        seen.sort_unstable();
        seen.dedup();
        for entry in self.live.iter_mut().flat_map(|one| &mut one.entries) {
            *entry = seen.partition_point(|other| other < entry);
        }
        seen.into_iter().map(|entry| entry as i64).collect()
    }
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug)]
pub enum Choice<'a> {
    /// The likeliest hypotheses, so many at once; one result a window.
    Beam(usize),
    /// By chance, once at each of these temperatures; a result each, in their order.
    Sample(&'a [f64]),
}

impl Choice<'_> {
    fn hypotheses(self) -> usize {
        match self {
            Self::Beam(number) => number.max(1),
            Self::Sample(temperatures) => temperatures.len(),
        }
    }
}

impl Whisper {
    /// Decodes every window of `cross` from its prompt on. All prompts are as long and have the token for "start of transcript"
    /// at the same place.
    pub(super) fn search(
        &self,
        mut cross: Cross,
        prompts: &[Vec<i64>],
        choice: Choice<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Vec<Found>>, SpeechError> {
        let number = choice.hypotheses();
        let mut cache = Cache::new(number);
        let length = prompts[0].len();
        let hidden = self.decoder.forward(&self.rows(prompts), &mut cache, &cross, Sight::Causal, None);
        let start = prompts[0].iter().position(|id| *id == self.tokens.sot).unwrap_or(0);
        let at_start = self.decoder.logits(&hidden.select(1, start as i64)).softmax(-1, Kind::Float);
        let no_speech: Vec<f32> = at_start.select(1, self.tokens.no_speech).try_into()?;
        let mut logits = self.decoder.logits(&hidden.select(1, length as i64 - 1));
        let mut slots: Vec<Slot> = (0..prompts.len()).map(Slot::new).collect();
        if let Choice::Sample(_) = choice {
            logits = logits.repeat_interleave_self_int(number as i64, 0, None);
            slots.iter_mut().for_each(|slot| slot.live.resize(number, Hypothesis::default()));
        }
        let mut result: Vec<Option<Vec<Found>>> = vec![None; prompts.len()];
        let limit = longest(self.decoder.context() as usize, length);
        for step in 1.. {
            if cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            if cache.is_full() {
                slots.iter_mut().for_each(|slot| slot.give_up(|tokens| self.tokens.repeat(tokens)));
                condense(&mut cache, &mut slots, length);
            }
            let next = cache.filled();
            match choice {
                Choice::Beam(width) => self.step_beams(&mut slots, &mut logits, width, next)?,
                Choice::Sample(temperatures) => {
                    self.step_samples(&mut slots, &mut logits, temperatures, next)?;
                }
            }
            for slot in slots.iter_mut().filter(|slot| slot.done || step >= limit) {
                slot.done = true;
                let no_speech = f64::from(no_speech[slot.window]);
                result[slot.window].get_or_insert_with(|| match choice {
                    Choice::Beam(_) => vec![best(slot, number).found(no_speech)],
                    Choice::Sample(_) => slot.live.iter().map(|one| one.clone().found(no_speech)).collect(),
                });
            }
            if slots.iter().all(|slot| slot.done) {
                break;
            }
            self.drop_finished(&mut slots, &mut cache, &mut cross);
            let mask = (number > 1).then(|| self.mask(&slots, length, next + number));
            let next: Vec<Vec<i64>> = slots.iter().map(|slot| self.last_tokens(slot)).collect();
            let sight = mask.as_ref().map_or(Sight::All, Sight::Masked);
            let hidden = self.decoder.forward(&self.rows(&next), &mut cache, &cross, sight, None);
            logits = self.decoder.logits(&hidden.flatten(0, 1));
        }
        result
            .into_iter()
            .map(|found| found.ok_or_else(|| SpeechError::Internal("a window was lost".into())))
            .collect()
    }

    /// Rows of one length as a tensor.
    fn rows(&self, rows: &[Vec<i64>]) -> Tensor {
        let flat: Vec<i64> = rows.iter().flatten().copied().collect();
        Tensor::from_slice(&flat).view([rows.len() as i64, -1]).to_device(self.device)
    }

    fn last_tokens(&self, slot: &Slot) -> Vec<i64> {
        slot.live.iter().map(|one| one.tokens.last().copied().unwrap_or(self.tokens.eot)).collect()
    }

    /// Where each hypothesis finds its own tokens among the `entries` of its window: \[windows, 1, hypotheses, entries\].
    fn mask(&self, slots: &[Slot], prompt: usize, entries: usize) -> Tensor {
        let number = slots[0].live.len();
        let mut mask = vec![f32::NEG_INFINITY; slots.len() * number * entries];
        for (row, one) in mask.chunks_exact_mut(entries).zip(slots.iter().flat_map(|slot| &slot.live)) {
            row[..prompt].fill(0.0);
            one.entries.iter().for_each(|entry| row[*entry] = 0.0);
        }
        let mask = Tensor::from_slice(&mask).view([slots.len() as i64, 1, number as i64, entries as i64]);
        mask.to_kind(self.kind).to_device(self.device)
    }

    /// Leaves finished windows out once there are enough of them to be worth the copy.
    fn drop_finished(&self, slots: &mut Vec<Slot>, cache: &mut Cache, cross: &mut Cross) {
        let live: Vec<i64> = (0..slots.len()).filter(|i| !slots[*i].done).map(|i| i as i64).collect();
        if live.len() * 4 > slots.len() * 3 {
            return;
        }
        *cross = cross.selected(&live);
        cache.keep(&live);
        slots.retain(|slot| !slot.done);
    }

    /// One step of every beam; `entry` is where its first hypothesis will write.
    fn step_beams(
        &self,
        slots: &mut [Slot],
        logits: &mut Tensor,
        width: usize,
        entry: usize,
    ) -> Result<(), SpeechError> {
        let survey = Survey::best(self, logits, width + 1)?;
        let mut first = 0;
        for slot in slots {
            let rows = slot.live.len();
            let row = first;
            first += rows;
            slot.done = slot.done || slot.live.iter().all(|one| one.ended);
            if slot.done {
                continue;
            }
            let mut candidates: Vec<(f64, usize, i64, f32)> = Vec::with_capacity(rows * (width + 1));
            for (index, one) in slot.live.iter().enumerate().filter(|(_, one)| one.goes_on()) {
                let (found, norm) = survey.candidates(row + index, &allowed(&one.tokens, &self.tokens));
                let chance = |value: f32| value - norm;
                candidates.extend(found.into_iter().map(|candidate| {
                    let chance = chance(candidate.value);
                    (one.sum + f64::from(chance), index, candidate.id, chance)
                }));
            }
            candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut next: Vec<Hypothesis> = Vec::with_capacity(width);
            for (_, index, id, chance) in candidates {
                if id == self.tokens.eot {
                    slot.finished.push(slot.live[index].clone().end(chance));
                } else {
                    next.push(slot.live[index].with(id, chance, entry + next.len()));
                }
                if next.len() == width {
                    break;
                }
            }
            slot.done = slot.finished.len() >= width || next.is_empty();
            while next.len() < width {
                // Fed along without effect.
                let idle = slot.live[0].with(self.tokens.eot, f32::NEG_INFINITY, entry + next.len());
                next.push(idle);
            }
            slot.live = next;
        }
        Ok(())
    }

    /// One token by chance for every hypothesis that has not ended.
    fn step_samples(
        &self,
        slots: &mut [Slot],
        logits: &mut Tensor,
        temperatures: &[f64],
        entry: usize,
    ) -> Result<(), SpeechError> {
        let warmths: Vec<f32> = slots.iter().flat_map(|_| temperatures).map(|one| *one as f32).collect();
        let mut chances = Vec::with_capacity(warmths.len());
        for slot in slots.iter_mut() {
            chances.extend(slot.live.iter().map(|_| slot.chance.random::<f32>()));
        }
        let column = |numbers: &[f32]| Tensor::from_slice(numbers).unsqueeze(1).to_device(self.device);
        let survey = Survey::drawn(self, logits, &column(&warmths), &column(&chances))?;
        let mut row = 0;
        for slot in slots.iter_mut() {
            for (place, one) in slot.live.iter_mut().enumerate() {
                let chance = slot.chance.random();
                // One that has ended is fed along without effect.
                if !one.ended {
                    let allowed = allowed(&one.tokens, &self.tokens);
                    let (drawn, norm) = survey.draw(row, &allowed, warmths[row], chance);
                    *one = match drawn {
                        Some(next) if next.id != self.tokens.eot => {
                            one.with(next.id, next.value - norm, entry + place)
                        }
                        Some(end) => std::mem::take(one).end(end.value - norm),
                        None => std::mem::take(one).end(0.0),
                    };
                }
                row += 1;
            }
            slot.done = slot.live.iter().all(|one| one.ended);
        }
        Ok(())
    }
}

/// Drops from the cache what no hypothesis sees that goes on.
fn condense(cache: &mut Cache, slots: &mut [Slot], prompt: usize) {
    let entries: Vec<Vec<i64>> = slots.iter_mut().map(|slot| slot.seen(prompt)).collect();
    cache.condense(&entries);
}

/// Tokens that may follow a prompt: half of the context, as in training, and no more than there are positions for.
fn longest(context: usize, prompt: usize) -> usize {
    (context / 2).min(context.saturating_sub(prompt)).max(1)
}

/// The hypothesis of the highest average, finished ones first.
fn best(slot: &Slot, number: usize) -> Hypothesis {
    let mut all = slot.finished.clone();
    if all.len() < number {
        let mut rest: Vec<_> = slot.live.iter().filter(|one| one.sum.is_finite()).cloned().collect();
        rest.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        all.extend(rest.into_iter().take(number - slot.finished.len()));
    }
    all.into_iter().max_by(|a, b| a.score().total_cmp(&b.score())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_nobody_sees_are_dropped_and_the_others_keep_their_order() {
        // Two tokens of prompt, then steps of two hypotheses each: 2 3, 4 5, 6 7.
        let hypothesis =
            |entries: &[usize]| Hypothesis { entries: entries.to_vec(), ..Hypothesis::default() };
        let mut slot = Slot::new(0);
        slot.live = vec![hypothesis(&[3, 4, 7]), hypothesis(&[3, 4, 6])];
        assert_eq!(slot.seen(2), [0, 1, 3, 4, 6, 7]);
        assert_eq!([&slot.live[0].entries, &slot.live[1].entries], [&[2, 3, 5], &[2, 3, 4]]);
        slot.live[1].ended = true;
        assert_eq!(slot.seen(2), [0, 1, 2, 3, 5]);
        slot.done = true;
        assert_eq!(slot.seen(2), [0, 1]);
    }

    #[test]
    fn what_repeats_itself_is_ended_once_that_can_be_told() {
        let hypothesis = |tokens: Vec<i64>| Hypothesis { tokens, ..Hypothesis::default() };
        let mut slot = Slot::new(0);
        let (long, short) = (vec![7; ENOUGH_TO_TELL], vec![7; ENOUGH_TO_TELL - 1]);
        slot.live = vec![hypothesis(long), hypothesis(short), hypothesis((0..200).collect())];
        slot.give_up(|tokens| tokens.windows(2).all(|pair| pair[0] == pair[1]));
        assert!(!slot.live[0].goes_on());
        assert!(slot.live[1].goes_on() && slot.live[2].goes_on());
    }

    #[test]
    fn the_longest_prompt_leaves_a_position_for_every_token() {
        // "What was said before" takes 224 tokens at most, start, language and task three.
        for prompt in [1, 3, 224, 227] {
            assert!(prompt + longest(448, prompt) <= 448, "{prompt}");
        }
        assert_eq!(longest(448, 3), 224);
    }
}
