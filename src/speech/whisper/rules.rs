//! What may follow what: the rules under which Whisper writes timestamps. Source: openai-whisper, `decoding.py`.

use std::ops::Range;

use super::tokens::Tokens;

/// The first timestamp is at most 1 s into the window.
const MAX_FIRST_TIME: usize = 50;
/// Timestamps that there are: 0 to 30 s.
pub const TIMES: usize = 1501;

/// What may come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub text: bool,
    /// The end of the row.
    pub end: bool,
    /// Timestamps, counted from that of 0 s.
    pub times: Range<usize>,
}

/// What may follow the tokens that a hypothesis has written after its prompt.
pub fn allowed(history: &[i64], tokens: &Tokens) -> Allowed {
    let Some(&last) = history.last() else {
        return Allowed { text: false, end: false, times: 0..MAX_FIRST_TIME + 1 };
    };
    let after_time = tokens.is_time(last);
    let after_two = after_time && (history.len() < 2 || tokens.is_time(history[history.len() - 2]));
    if after_two {
        return Allowed { text: true, end: true, times: TIMES..TIMES };
    }
    // Time does not go back, and a segment is not empty: only the start of the next may repeat the end of the last.
    let latest = history.iter().rev().find(|id| tokens.is_time(**id));
    let latest = latest.map_or(0, |id| (id - tokens.time_begin) as usize + usize::from(!after_time));
    Allowed { text: !after_time, end: true, times: latest.min(TIMES)..TIMES }
}
