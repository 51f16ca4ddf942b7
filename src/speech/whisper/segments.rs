//! Tokens of one window into segments, at the timestamps the model wrote.

use super::search::Found;
use super::tokens::Tokens;

/// Text between two timestamps; seconds from the start of the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    pub start: f64,
    pub end: f64,
    /// Text only.
    pub tokens: Vec<i64>,
    /// Log-probability of each.
    pub chances: Vec<f32>,
}

/// The pieces of a window, and from when on nothing of it was written down yet.
///
/// Text after the last complete piece that has no end of its own, because the row ended early, is left out when something
/// precedes it: decoding again from there gives it its full context. `length`: seconds.
pub fn pieces(found: &Found, tokens: &Tokens, length: f64) -> (Vec<Piece>, f64) {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = None;
    let mut open = Piece::default();
    let mut behind = 0.0;
    for (id, chance) in found.tokens.iter().zip(&found.chances) {
        if !tokens.is_time(*id) {
            open.tokens.push(*id);
            open.chances.push(*chance);
            continue;
        }
        let time = tokens.seconds(*id).min(length);
        if open.tokens.is_empty() {
            start = Some(time);
        } else {
            let text = std::mem::take(&mut open);
            pieces.push(Piece { start: start.unwrap_or(behind).min(time), end: time, ..text });
            start = None;
        }
        behind = time;
    }
    if !open.tokens.is_empty() && pieces.is_empty() {
        pieces.push(Piece { start: start.unwrap_or(0.0), end: length, ..open });
        behind = length;
    }
    pieces.retain(|piece| !tokens.text(&piece.tokens).trim().is_empty());
    (pieces, behind)
}
