//! Spans of speech into windows of at most 30 s that begin and end in silence.

use crate::speech::vad::Span;

/// Seconds.
const LONGEST: f64 = 30.0;
/// A longer silence always ends a window: the model tends to invent words in it.
const LONGEST_GAP: f64 = 4.0;
/// Silence kept before and after.
const PAD: f64 = 0.4;

/// A piece of the recording to decode at once. Seconds from its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub start: f64,
    pub end: f64,
    /// When the last speech in it ends.
    pub speech_end: f64,
    /// The speech in it.
    pub speech: Vec<Span>,
    /// It is a part of another one, whose words passed over it.
    pub again: bool,
}

/// Merges spans as they come.
#[derive(Default)]
pub struct Merger {
    open: Vec<Span>,
    /// End of the last window that was given out.
    behind: f64,
}

impl Merger {
    /// Takes the next span, in order of time; returns a window once nothing more fits into it.
    pub fn push(&mut self, span: Span) -> Option<Window> {
        if let (Some(first), Some(last)) = (self.open.first(), self.open.last())
            && span.end - first.start + 2.0 * PAD <= LONGEST
            && span.start - last.end <= LONGEST_GAP
        {
            self.open.push(span);
            return None;
        }
        let done = std::mem::replace(&mut self.open, vec![span]);
        self.close(done, span.start)
    }

    /// The last window. `total`: seconds of the recording.
    pub fn finish(&mut self, total: f64) -> Option<Window> {
        let open = std::mem::take(&mut self.open);
        self.close(open, total + PAD)
    }

    /// Pads into the silence on both sides, up to the middle of it where another window follows.
    fn close(&mut self, speech: Vec<Span>, next: f64) -> Option<Window> {
        let span = Span { start: speech.first()?.start, end: speech.last()?.end };
        let start = (span.start - PAD).max(self.behind).max(0.0).min(span.start);
        let middle = f64::midpoint(span.end, next);
        let end = (span.end + PAD)
            .min(middle.max(span.end))
            .min(start + LONGEST)
            .max(span.end.min(start + LONGEST));
        self.behind = end;
        Some(Window { start, end, speech_end: span.end.min(end), speech, again: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(spans: &[(f64, f64)], total: f64) -> Vec<Window> {
        let mut merger = Merger::default();
        let mut windows: Vec<Window> =
            spans.iter().filter_map(|(start, end)| merger.push(Span { start: *start, end: *end })).collect();
        windows.extend(merger.finish(total));
        windows
    }

    #[test]
    fn near_spans_share_a_window_and_far_ones_do_not() {
        let windows = merge(&[(1.0, 3.0), (4.0, 6.0), (20.0, 22.0)], 30.0);
        assert_eq!(windows.len(), 2);
        assert!((windows[0].start - 0.6).abs() < 1e-9 && (windows[0].end - 6.4).abs() < 1e-9);
        assert_eq!(windows[1].speech_end, 22.0);
        assert_eq!(windows[0].speech, [Span { start: 1.0, end: 3.0 }, Span { start: 4.0, end: 6.0 }]);
    }

    #[test]
    fn no_window_is_too_long_and_none_overlap() {
        let spans: Vec<(f64, f64)> =
            (0..60).map(|i| (f64::from(i) * 5.1, f64::from(i) * 5.1 + 5.0)).collect();
        let windows = merge(&spans, 310.0);
        assert!(windows.iter().all(|w| w.end - w.start <= LONGEST + 1e-9 && w.speech_end <= w.end));
        assert!(windows.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-9));
        assert!(windows.len() >= 11);
        let covered = |t: f64| windows.iter().any(|w| w.start <= t && t <= w.end);
        assert!(spans.iter().all(|(start, end)| covered(*start) && covered(*end)));
        assert!(merge(&[], 10.0).is_empty());
    }
}
