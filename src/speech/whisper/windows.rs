//! Spans of speech into windows of at most 30 s that begin and end in silence.

use crate::speech::vad::Span;

/// Seconds.
const LONGEST: f64 = 30.0;
/// A longer silence always ends a window: the model tends to invent words in it.
const LONGEST_GAP: f64 = 4.0;
/// Silence kept before and after.
const PAD: f64 = 0.4;

/// A piece of the recording to decode at once. Seconds from its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub start: f64,
    pub end: f64,
    /// When the last speech in it ends.
    pub speech_end: f64,
}

/// Merges spans as they come.
#[derive(Default)]
pub struct Merger {
    open: Option<Span>,
    /// End of the last window that was given out.
    behind: f64,
}

impl Merger {
    /// Takes the next span, in order of time; returns a window once nothing more fits into it.
    pub fn push(&mut self, span: Span) -> Option<Window> {
        if let Some(open) = &mut self.open
            && span.end - open.start + 2.0 * PAD <= LONGEST
            && span.start - open.end <= LONGEST_GAP
        {
            open.end = span.end;
            return None;
        }
        let done = self.open.replace(span);
        done.map(|done| self.close(done, span.start))
    }

    /// The last window. `total`: seconds of the recording.
    pub fn finish(&mut self, total: f64) -> Option<Window> {
        let open = self.open.take()?;
        Some(self.close(open, total + PAD))
    }

    /// Pads into the silence on both sides, up to the middle of it where another window follows.
    fn close(&mut self, span: Span, next: f64) -> Window {
        let start = (span.start - PAD).max(self.behind).max(0.0).min(span.start);
        let middle = f64::midpoint(span.end, next);
        let end = (span.end + PAD)
            .min(middle.max(span.end))
            .min(start + LONGEST)
            .max(span.end.min(start + LONGEST));
        self.behind = end;
        Window { start, end, speech_end: span.end.min(end) }
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
