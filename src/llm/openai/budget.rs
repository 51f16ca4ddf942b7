//! What fits into a model's context: a careful estimate of tokens, and the transcript in pieces that keep to it.
use std::ops::Range;

use super::lines::Line;

/// Tokens of `text`, estimated high for every common tokenizer: a token for each digit, and for every three bytes of the rest
/// (English has about four, other alphabets' letters have two bytes each, an ideograph has three).
pub fn estimate(text: &str) -> usize {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits + (text.len() - digits).div_ceil(3)
}

/// Tokens that a chat template adds to a message.
pub const PER_MESSAGE: usize = 8;

/// How one request's tokens are shared out.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Prompt and answer together.
    pub window: usize,
}

impl Budget {
    /// The answer's share at first.
    pub fn answer(self) -> usize {
        (self.window / 4).clamp(200, 4096)
    }

    /// Kept free for showing the model a bad answer and what was wrong with it.
    pub fn repair(self) -> usize {
        (self.window / 10).clamp(60, 600)
    }

    /// What is left for the material of a prompt whose other text has `fixed` tokens.
    pub fn room(self, fixed: usize) -> usize {
        self.window.saturating_sub(self.answer() + self.repair() + fixed + 2 * PER_MESSAGE)
    }
}

/// Runs of items of about equal size that keep to `room`, given each one's size; a single larger item is a run of its own.
pub fn pieces(sizes: &[usize], room: usize) -> Vec<Range<usize>> {
    let total: usize = sizes.iter().sum();
    let count = total.div_ceil(room.max(1)).max(1);
    let even = total.div_ceil(count);
    let (mut runs, mut from, mut sum) = (Vec::new(), 0, 0);
    for (i, &size) in sizes.iter().enumerate() {
        // End the run when the next item would overflow it, or when its even share is reached.
        if i > from && (sum + size > room || sum + size / 2 > even) {
            runs.push(from..i);
            (from, sum) = (i, 0);
        }
        sum += size;
    }
    if from < sizes.len() {
        runs.push(from..sizes.len());
    }
    runs
}

/// [`pieces`] of a transcript as prompts show it.
pub fn transcript_pieces(lines: &[Line], room: usize) -> Vec<Range<usize>> {
    let sizes: Vec<usize> = lines.iter().map(|line| estimate(&line.shown(lines.len()))).collect();
    pieces(&sizes, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_and_keep_to_the_room() {
        let sizes = [5, 9, 3, 3, 8, 2, 7, 7, 1, 30, 2];
        let runs = pieces(&sizes, 12);
        assert_eq!(runs[0].start, 0);
        assert_eq!(runs.last().map(|run| run.end), Some(sizes.len()));
        for pair in runs.windows(2) {
            assert_eq!(pair[0].end, pair[1].start);
        }
        for run in runs {
            assert!(run.len() == 1 || sizes[run].iter().sum::<usize>() <= 12);
        }
        assert_eq!(pieces(&sizes, 1000).len(), 1);
        assert!(pieces(&[], 10).is_empty());
    }

    #[test]
    fn estimates_are_high() {
        // 9 tokens with the tokenizer of GPT-4.
        assert!(estimate("The quick brown fox jumps over the lazy dog") >= 9);
        assert!(estimate("会議の予算を決めます") >= 8);
    }
}
