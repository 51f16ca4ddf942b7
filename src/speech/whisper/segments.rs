//! Tokens of one window into segments, at the timestamps the model wrote.

use super::tokens::Tokens;

/// Text between two timestamps; seconds from the start of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub start: f64,
    pub end: f64,
    /// Text only.
    pub tokens: Vec<i64>,
}

/// The pieces of a window, and from when on nothing of it was written down yet.
///
/// Text after the last complete piece that has no end of its own, because the row ended early, is left out when something
/// precedes it: decoding again from there gives it its full context. `length`: seconds.
pub fn pieces(ids: &[i64], tokens: &Tokens, length: f64) -> (Vec<Piece>, f64) {
    let mut pieces = Vec::new();
    let mut start = None;
    let mut text: Vec<i64> = Vec::new();
    let mut behind = 0.0;
    for id in ids {
        if !tokens.is_time(*id) {
            text.push(*id);
            continue;
        }
        let time = tokens.seconds(*id).min(length);
        if text.is_empty() {
            start = Some(time);
        } else {
            let text = std::mem::take(&mut text);
            pieces.push(Piece { start: start.unwrap_or(behind).min(time), end: time, tokens: text });
            start = None;
        }
        behind = time;
    }
    if !text.is_empty() && pieces.is_empty() {
        pieces.push(Piece { start: start.unwrap_or(0.0), end: length, tokens: text });
        behind = length;
    }
    pieces.retain(|piece| !tokens.text(&piece.tokens).trim().is_empty());
    (pieces, behind)
}
