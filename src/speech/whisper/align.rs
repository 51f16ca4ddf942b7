//! When each word was spoken: dynamic time warping over cross-attention. Source: openai-whisper, `timing.py`.

use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross};
use super::model::Whisper;
use super::segments::Piece;
use crate::speech::{SpeechError, Word};

/// Seconds of one frame of the encoder.
const FRAME: f64 = 0.02;
const MEDIAN: usize = 7;
const OPENING: &str = "\"'“¿([{-";
const CLOSING: &str = "\"'.。,，!！?？:：”)]}、";
const SENTENCE_END: &str = ".。!！?？";

/// One window's text to align.
pub struct Text<'a> {
    pub pieces: &'a [Piece],
    /// Seconds of audio in the window.
    pub length: f64,
}

impl Whisper {
    /// The words of every piece of every window of `cross`, with times from the start of the window.
    pub(super) fn align(
        &self,
        cross: &Cross,
        texts: &[Text],
        prompt: &[i64],
        language: &str,
    ) -> Result<Vec<Vec<Vec<Word>>>, SpeechError> {
        let mut rows: Vec<Vec<i64>> = Vec::new();
        for text in texts {
            let mut row = prompt.to_vec();
            row.push(self.tokens.no_timestamps);
            row.extend(text.pieces.iter().flat_map(|piece| &piece.tokens));
            row.truncate(self.decoder.context() as usize - 1);
            row.push(self.tokens.eot);
            rows.push(row);
        }
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let padded: Vec<i64> = rows
            .iter()
            .flat_map(|row| row.iter().copied().chain(std::iter::repeat(self.tokens.eot)).take(longest))
            .collect();
        let ids = Tensor::from_slice(&padded).view([rows.len() as i64, -1]).to_device(self.device);
        let mut scores = Vec::new();
        let watch = Some((self.alignment.as_slice(), &mut scores));
        let hidden = self.decoder.forward(&ids, &mut Cache::default(), cross, watch);
        let mut all = Vec::with_capacity(rows.len());
        for (index, (text, row)) in texts.iter().zip(&rows).enumerate() {
            let spoken = &row[prompt.len() + 1..row.len() - 1];
            let frames = ((text.length / FRAME).ceil() as i64).clamp(1, 1500);
            if spoken.is_empty() {
                all.push(vec![Vec::new(); text.pieces.len()]);
                continue;
            }
            let picked = |x: &Tensor| x.get(index as i64).narrow(0, 0, row.len() as i64).narrow(1, 0, frames);
            let picked: Vec<Tensor> = scores.iter().map(picked).collect();
            let begin = prompt.len() as i64;
            let matrix = attention_matrix(&picked, begin, spoken.len() as i64 + 1)?;
            let jumps = first_frames(&matrix, spoken.len() + 1, frames as usize);
            let hidden = hidden.get(index as i64).narrow(0, begin, spoken.len() as i64);
            let targets = Tensor::from_slice(spoken).to_device(self.device).unsqueeze(1);
            let chances = self.decoder.logits(&hidden).softmax(-1, Kind::Float).gather(1, &targets, false);
            let chances: Vec<f32> = chances.flatten(0, -1).try_into()?;
            all.push(self.words(text, spoken.len(), language, &jumps, &chances));
        }
        Ok(all)
    }

    fn words(
        &self,
        text: &Text,
        limit: usize,
        language: &str,
        jumps: &[usize],
        chances: &[f32],
    ) -> Vec<Vec<Word>> {
        let mut position = 0;
        let mut pieces: Vec<Vec<Word>> = Vec::new();
        for piece in text.pieces {
            let mut words = Vec::new();
            for (text, ids) in self.tokens.words(&piece.tokens, language) {
                let (from, to) = (position.min(limit), (position + ids.len()).min(limit));
                position += ids.len();
                let known = &chances[from..to];
                let probability = known.iter().sum::<f32>() / known.len().max(1) as f32;
                let time = |index: usize| jumps[index] as f64 * FRAME;
                words.push(Word { text, start: time(from), end: time(to), probability });
            }
            pieces.push(words);
        }
        tidy(&mut pieces, text);
        pieces
    }
}

/// Normalised, smoothed and averaged attention: row-major \[tokens, frames\] of the `count` tokens from `begin` on.
fn attention_matrix(scores: &[Tensor], begin: i64, count: i64) -> Result<Vec<f32>, SpeechError> {
    let all = Tensor::stack(scores, 0).to_kind(Kind::Float).softmax(-1, Kind::Float);
    let (std, mean) = all.std_mean_dim([1i64].as_slice(), false, true);
    let normal = ((all - mean) / std.clamp_min(1e-8)).narrow(1, begin, count).contiguous();
    let (heads, frames) = (normal.size()[0] as usize, normal.size()[2] as usize);
    let values: Vec<f32> = normal.flatten(0, -1).try_into()?;
    let mut mean = vec![0f32; count as usize * frames];
    for (index, row) in values.chunks_exact(frames).enumerate() {
        let to = (index % count as usize) * frames;
        for (frame, value) in median(row).into_iter().enumerate() {
            mean[to + frame] += value / heads as f32;
        }
    }
    Ok(mean)
}

/// Running median with the row mirrored at its ends; rows too short to mirror stay as they are.
fn median(row: &[f32]) -> Vec<f32> {
    let half = MEDIAN / 2;
    if row.len() <= half {
        return row.to_vec();
    }
    let at = |i: isize| {
        let last = row.len() as isize - 1;
        let i = i.abs();
        row[if i > last { 2 * last - i } else { i } as usize]
    };
    let mut window = [0f32; MEDIAN];
    (0..row.len() as isize)
        .map(|centre| {
            for (offset, value) in window.iter_mut().enumerate() {
                *value = at(centre + offset as isize - half as isize);
            }
            window.sort_unstable_by(f32::total_cmp);
            window[half]
        })
        .collect()
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
        let mut row = vec![1.0; 20];
        row[9] = 50.0;
        assert_eq!(median(&row), vec![1.0; 20]);
        assert_eq!(median(&[3.0, 1.0]), [3.0, 1.0]);
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
        let piece = Piece { start: 0.0, end: 9.0, tokens: vec![] };
        let pieces = [piece];
        let text = Text { pieces: &pieces, length: 10.0 };
        let mut words = vec![vec![word(" a", 0.0, 4.0), word(" b", 3.9, 4.2), word(" c.", 4.2, 11.0)]];
        tidy(&mut words, &text);
        let words = &words[0];
        assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(words.iter().all(|word| word.start <= word.end && word.end <= 10.0));
        assert!(words[0].end - words[0].start < 2.0 && words[2].end - words[2].start < 2.0);
    }
}
