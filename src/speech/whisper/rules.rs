//! What may follow what: the rules under which Whisper writes timestamps. Source: openai-whisper, `decoding.py`.

use tch::{Device, Kind, Tensor};

use super::tokens::Tokens;

/// The first timestamp is at most 1 s into the window.
const MAX_FIRST_TIME: i64 = 50;

/// Half-open ranges of ids that may not come next.
fn forbidden(history: &[i64], tokens: &Tokens, vocabulary: i64) -> Vec<(i64, i64)> {
    let begin = tokens.time_begin;
    if history.is_empty() {
        return vec![(0, begin), (begin + MAX_FIRST_TIME + 1, vocabulary)];
    }
    let last = history[history.len() - 1];
    let mut ranges = Vec::new();
    let after_time = tokens.is_time(last);
    let after_two = after_time && (history.len() < 2 || tokens.is_time(history[history.len() - 2]));
    if after_two {
        ranges.push((begin, vocabulary));
    } else if after_time {
        ranges.push((0, tokens.eot));
    }
    // Time does not go back, and a segment is not empty: only the start of the next may repeat the end of the last.
    if let Some(&time) = history.iter().rev().find(|id| tokens.is_time(**id)) {
        let least = if after_time && !after_two { time } else { time + 1 };
        ranges.push((begin, least.min(vocabulary)));
    }
    ranges
}

/// Applies the rules to float32 logits of many rows.
pub struct Rules<'a> {
    tokens: &'a Tokens,
    /// 0 or -inf for every id.
    always: Tensor,
    vocabulary: i64,
}

impl<'a> Rules<'a> {
    pub fn new(tokens: &'a Tokens, vocabulary: i64, device: Device) -> Self {
        let mut always = vec![0f32; vocabulary as usize];
        for id in &tokens.suppressed {
            always[*id as usize] = f32::NEG_INFINITY;
        }
        always[tokens.no_timestamps as usize] = f32::NEG_INFINITY;
        Self { tokens, always: Tensor::from_slice(&always).to_device(device), vocabulary }
    }

    /// Sets what may not come next to -inf, in place, and returns the logarithm of each row's normaliser.
    ///
    /// `logits`: \[rows, vocabulary\]; `histories`: what each row has written after its prompt.
    pub fn apply(&self, logits: &mut Tensor, histories: &[&[i64]]) -> Vec<f64> {
        let _ = logits.g_add_(&self.always);
        let ban = |row: usize, (from, to): (i64, i64)| {
            if to > from {
                let _ = logits.get(row as i64).narrow(0, from, to - from).fill_(f64::NEG_INFINITY);
            }
        };
        for (row, history) in histories.iter().enumerate() {
            for range in forbidden(history, self.tokens, self.vocabulary) {
                ban(row, range);
            }
            if history.is_empty() {
                self.tokens.blank.iter().for_each(|id| ban(row, (*id, id + 1)));
            }
        }
        // If any timestamp is likelier than the likeliest text, it is a timestamp. The normaliser cancels in this.
        let begin = self.tokens.time_begin;
        let (text, time) = (logits.narrow(1, 0, begin), logits.narrow(1, begin, self.vocabulary - begin));
        let lists = [text.amax([1], false), text.logsumexp([1], false), time.logsumexp([1], false)];
        let lists = Tensor::stack(&lists, 0).to_device(Device::Cpu).to_kind(Kind::Double);
        (0..histories.len())
            .map(|row| {
                let value = |list: i64| lists.double_value(&[list, row as i64]);
                let (most, text, time) = (value(0), value(1), value(2));
                if time > most {
                    ban(row, (0, begin));
                    time
                } else {
                    let top = text.max(time);
                    top + ((text - top).exp() + (time - top).exp()).ln()
                }
            })
            .collect()
    }
}
