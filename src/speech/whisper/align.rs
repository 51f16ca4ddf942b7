//! When each word was spoken: dynamic time warping over cross-attention. Source: openai-whisper, `timing.py`.

use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross, Sight};
use super::model::Whisper;
use super::segments::Piece;
use crate::speech::{SpeechError, Word};

/// Seconds of one frame of the encoder.
const FRAME: f64 = 0.02;
const OPENING: &str = "\"'“¿([{-";
const CLOSING: &str = "\"'.。,，!！?？:：”)]}、";
const SENTENCE_END: &str = ".。!！?？";

/// One window's text to align.
pub struct Text<'a> {
    pub pieces: &'a [Piece],
    /// What the window was decoded from: as long for all of them.
    pub prompt: &'a [i64],
    pub language: &'a str,
    /// Seconds of audio in the window.
    pub length: f64,
}

impl Whisper {
    /// The words of every piece of every window of `cross`, with times from the start of the window.
    ///
    /// The decoder goes over the text once more, all tokens at once and without timestamps, as far as the last layer whose attention
    /// follows the speech.
    pub(super) fn align(&self, cross: &Cross, texts: &[Text]) -> Result<Vec<Vec<Vec<Word>>>, SpeechError> {
        let mut all = Vec::with_capacity(texts.len());
        for some in texts.chunks(self.at_once()) {
            let windows: Vec<i64> = (all.len()..all.len() + some.len()).map(|window| window as i64).collect();
            all.extend(self.align_some(&cross.selected(&windows), some)?);
        }
        Ok(all)
    }

    fn align_some(&self, cross: &Cross, texts: &[Text]) -> Result<Vec<Vec<Vec<Word>>>, SpeechError> {
        let rows: Vec<Vec<i64>> = texts.iter().map(|text| self.row(text)).collect();
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let padded: Vec<i64> = rows
            .iter()
            .flat_map(|row| row.iter().copied().chain(std::iter::repeat(self.tokens.eot)).take(longest))
            .collect();
        let ids = Tensor::from_slice(&padded).view([rows.len() as i64, -1]).to_device(self.device);
        let mut scores = Vec::new();
        let watch = Some((self.alignment.as_slice(), &mut scores));
        let _ = self.decoder.forward(&ids, &mut Cache::new(1), cross, Sight::Causal, watch);
        let mut all = Vec::with_capacity(rows.len());
        for (index, (text, row)) in texts.iter().zip(&rows).enumerate() {
            let begin = text.prompt.len();
            let spoken = row.len() - begin - 2;
            let known = scores.first().map_or(1, |scores| scores.size()[2]);
            let frames = ((text.length / FRAME).ceil() as i64).clamp(1, known);
            if spoken == 0 {
                all.push(vec![Vec::new(); text.pieces.len()]);
                continue;
            }
            let picked = |x: &Tensor| x.get(index as i64).narrow(0, 0, row.len() as i64).narrow(1, 0, frames);
            let picked: Vec<Tensor> = scores.iter().map(picked).collect();
            let matrix = attention_matrix(&picked, begin as i64, spoken as i64 + 1)?;
            let jumps = first_frames(&matrix, spoken + 1, frames as usize);
            all.push(self.words(text, spoken, &jumps));
        }
        Ok(all)
    }

    /// Prompt, "no timestamps", text, end.
    fn row(&self, text: &Text) -> Vec<i64> {
        let mut row = text.prompt.to_vec();
        row.push(self.tokens.no_timestamps);
        row.extend(text.pieces.iter().flat_map(|piece| &piece.tokens));
        row.truncate(self.decoder.context() as usize - 1);
        row.push(self.tokens.eot);
        row
    }

    fn words(&self, text: &Text, limit: usize, jumps: &[usize]) -> Vec<Vec<Word>> {
        let mut position = 0;
        let mut pieces: Vec<Vec<Word>> = Vec::new();
        for piece in text.pieces {
            let mut words = Vec::new();
            let mut chances = piece.chances.iter();
            for (text, ids) in self.tokens.words(&piece.tokens, text.language) {
                let (from, to) = (position.min(limit), (position + ids.len()).min(limit));
                position += ids.len();
                let sum: f32 = chances.by_ref().take(ids.len()).map(|chance| chance.exp()).sum();
                let time = |index: usize| jumps[index] as f64 * FRAME;
                let probability = sum / ids.len().max(1) as f32;
                words.push(Word { text, start: time(from), end: time(to), probability });
            }
            pieces.push(words);
        }
        tidy(&mut pieces, text);
        pieces
    }
}

/// Normalised, smoothed and averaged attention: row-major \[tokens, frames\] of the `count` tokens from `begin` on. `scores`: of each head; what
/// is made of one fits into a core's cache, and that of all would be the most memory that transcribing needs.
fn attention_matrix(scores: &[Tensor], begin: i64, count: i64) -> Result<Vec<f32>, SpeechError> {
    let smooth = |scores: &Tensor| {
        let all = scores.softmax(-1, Kind::Float);
        let (std, mean) = all.std_mean_dim([0i64].as_slice(), false, true);
        median(&((all.narrow(0, begin, count) - mean) / std.clamp_min(1e-8)))
    };
    let sum: Option<Tensor> = scores.iter().map(smooth).reduce(|mut sum, one| {
        sum += one;
        sum
    });
    let mean =
        sum.ok_or_else(|| SpeechError::Model("no head follows the speech".into()))? / scores.len() as f64;
    Ok(mean.flatten(0, -1).try_into()?)
}

/// Median of every seven neighbours in the last dimension, mirrored at the ends; rows too short to mirror stay as they are.
///
/// A network of minima and maxima over seven shifted views: the same few vector instructions for all values at once.
/// Source of the network: Devillard, "Fast median search: an ANSI C implementation" (1998), `opt_med7`.
fn median(rows: &Tensor) -> Tensor {
    let n = rows.size().last().copied().unwrap_or(0);
    if n <= 3 {
        return rows.shallow_clone();
    }
    let wide = rows.reflection_pad1d([3, 3]);
    let mut p: [Tensor; 7] = std::array::from_fn(|shift| wide.narrow(-1, shift as i64, n));
    for (low, high) in [
        (0, 5),
        (0, 3),
        (1, 6),
        (2, 4),
        (0, 1),
        (3, 5),
        (2, 6),
        (2, 3),
        (3, 6),
        (4, 5),
        (1, 4),
        (1, 3),
        (3, 4),
    ] {
        let (least, most) = (p[low].minimum(&p[high]), p[low].maximum(&p[high]));
        (p[low], p[high]) = (least, most);
    }
    let [_, _, _, middle, ..] = p;
    middle
}

/// The frame at which the cheapest monotone path enters each token.
fn first_frames(matrix: &[f32], tokens: usize, frames: usize) -> Vec<usize> {
    let width = frames + 1;
    let mut cost = vec![f32::INFINITY; (tokens + 1) * width];
    let mut trace = vec![0u8; (tokens + 1) * width];
    cost[0] = 0.0;
    for i in 1..=tokens {
        for j in 1..=frames {
            let (diagonal, up, left) =
                (cost[(i - 1) * width + j - 1], cost[(i - 1) * width + j], cost[i * width + j - 1]);
            let (least, step) = if diagonal < up && diagonal < left {
                (diagonal, 0)
            } else if up < diagonal && up < left {
                (up, 1)
            } else {
                (left, 2)
            };
            cost[i * width + j] = least - matrix[(i - 1) * frames + j - 1];
            trace[i * width + j] = step;
        }
    }
    let mut first = vec![0; tokens];
    let (mut i, mut j) = (tokens, frames);
    while i > 0 {
        first[i - 1] = j.saturating_sub(1);
        match if j == 0 { 1 } else { trace[i * width + j] } {
            0 => (i, j) = (i - 1, j - 1),
            1 => i -= 1,
            _ => j -= 1,
        }
    }
    first
}

/// Punctuation joins its word, absurdly long words shrink towards their sentence, and words lie in order inside their window.
fn tidy(pieces: &mut [Vec<Word>], text: &Text) {
    for words in pieces.iter_mut() {
        join_punctuation(words);
    }
    let mut lengths: Vec<f64> =
        pieces.iter().flatten().map(|word| word.end - word.start).filter(|length| *length > 0.0).collect();
    lengths.sort_by(f64::total_cmp);
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0).min(0.7);
    let longest = (median * 2.0).max(0.2);
    for (words, piece) in pieces.iter_mut().zip(text.pieces) {
        let count = words.len();
        for i in 0..count {
            if words[i].end - words[i].start <= longest {
                continue;
            }
            // A word stretched over a pause: at the start of a sentence its end is right, at the end its start.
            let opens = i == 0 || words[i - 1].text.ends_with(|c| SENTENCE_END.contains(c));
            let closes = i + 1 == count || words[i].text.ends_with(|c| SENTENCE_END.contains(c));
            if closes && !(opens && i == 0) {
                words[i].end = words[i].start + longest;
            } else if opens {
                words[i].start = words[i].end - longest;
            }
        }
        // The model's own timestamps mark utterances better than attention where the two are far apart.
        if let Some(first) = words.first_mut()
            && piece.start < first.end
            && piece.start - 0.5 > first.start
        {
            first.start = (first.end - median).min(piece.start).max(0.0);
        }
        if let Some(last) = words.last_mut()
            && piece.end > last.start
            && piece.end + 0.5 < last.end
        {
            last.end = (last.start + median).max(piece.end);
        }
    }
    let mut behind = 0.0;
    for word in pieces.iter_mut().flatten() {
        word.start = word.start.clamp(behind, text.length.max(behind));
        word.end = word.end.clamp(word.start, text.length.max(word.start));
        behind = word.end;
    }
}

/// Opening marks go to the word after them, closing marks to the word before.
fn join_punctuation(words: &mut Vec<Word>) {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    for word in words.drain(..) {
        let opening = |word: &Word| word.text.starts_with(' ') && is_mark(word, OPENING);
        match joined.last_mut() {
            Some(last) if opening(last) && !word.text.starts_with(' ') => {
                last.text += &word.text;
                (last.end, last.probability) = (word.end, word.probability);
            }
            Some(last) if !word.text.starts_with(' ') && is_mark(&word, CLOSING) => last.text += &word.text,
            _ => joined.push(word),
        }
    }
    *words = joined;
}

fn is_mark(word: &Word, marks: &str) -> bool {
    let text = word.text.trim();
    !text.is_empty() && text.chars().all(|c| marks.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start: f64, end: f64) -> Word {
        Word { text: text.into(), start, end, probability: 1.0 }
    }

    #[test]
    fn the_path_follows_a_diagonal_of_attention() {
        let (tokens, frames) = (4, 12);
        let mut matrix = vec![-1.0; tokens * frames];
        for token in 0..tokens {
            for frame in token * 3..token * 3 + 3 {
                matrix[token * frames + frame] = 2.0;
            }
        }
        assert_eq!(first_frames(&matrix, tokens, frames), [0, 3, 6, 9]);
    }

    #[test]
    fn more_tokens_than_frames_still_give_a_path() {
        let first = first_frames(&[0.5; 10], 5, 2);
        assert_eq!(first.len(), 5);
        assert!(first.is_sorted() && first.iter().all(|frame| *frame < 2));
    }

    #[test]
    fn a_running_median_removes_a_spike() {
        let mut row = vec![1.0f32; 20];
        row[9] = 50.0;
        let of = |row: &[f32]| {
            Vec::<f32>::try_from(median(&Tensor::from_slice(row).view([1, -1])).flatten(0, -1)).unwrap()
        };
        assert_eq!(of(&row), vec![1.0; 20]);
        assert_eq!(of(&[3.0, 1.0]), [3.0, 1.0]);
        // Against sorting, for every order that a linear congruence gives.
        let row: Vec<f32> = (0..200u32).map(|i| (i * 7919 % 211) as f32).collect();
        let found = of(&row);
        for centre in 3..row.len() - 3 {
            let mut window = row[centre - 3..centre + 4].to_vec();
            window.sort_by(f32::total_cmp);
            assert_eq!(found[centre], window[3], "at {centre}");
        }
    }

    #[test]
    fn marks_join_their_words() {
        let mut words =
            vec![word(" \"", 0.0, 0.1), word("Yes", 0.1, 0.4), word(",", 0.4, 0.5), word(" no", 0.5, 0.8)];
        join_punctuation(&mut words);
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, [" \"Yes,", " no"]);
    }

    #[test]
    fn words_are_in_order_inside_the_window_and_not_absurdly_long() {
        let piece = Piece { start: 0.0, end: 9.0, tokens: vec![], chances: vec![] };
        let pieces = [piece];
        let text = Text { pieces: &pieces, prompt: &[], language: "en", length: 10.0 };
        let mut words = vec![vec![word(" a", 0.0, 4.0), word(" b", 3.9, 4.2), word(" c.", 4.2, 11.0)]];
        tidy(&mut words, &text);
        let words = &words[0];
        assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(words.iter().all(|word| word.start <= word.end && word.end <= 10.0));
        assert!(words[0].end - words[0].start < 2.0 && words[2].end - words[2].start < 2.0);
    }
}
