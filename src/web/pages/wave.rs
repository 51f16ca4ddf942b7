//! The waveform as one SVG path: works without script, and takes its colours from the style sheet.

use std::fmt::Write;

/// Width that one peak takes in the drawing, bar and gap together; 255 peaks fill the view box of 1020.
const STEP: f32 = 4.0;
const BAR: f32 = 2.6;

/// Bars mirrored about the middle of a box of height 100. Peaks are from 0 to 1; others are clamped.
pub(super) fn path(peaks: &[f32]) -> String {
    let step = if peaks.is_empty() { STEP } else { 255.0 * STEP / peaks.len() as f32 };
    let mut path = String::with_capacity(peaks.len() * 24);
    for (index, peak) in peaks.iter().enumerate() {
        let height = (if peak.is_finite() { peak.clamp(0.0, 1.0) } else { 0.0 } * 96.0).max(3.0);
        let (x, y) = (index as f32 * step, 50.0 - height / 2.0);
        // Writing into a String does not fail.
        let _ =
            write!(path, "M{x:.1} {y:.1}h{:.1}v{height:.1}h-{:.1}z", BAR * step / STEP, BAR * step / STEP);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peak_is_a_bar_inside_the_box() {
        let drawn = path(&[0.0, 0.5, 1.0, 7.0, f32::NAN]);
        assert_eq!(drawn.matches('M').count(), 5);
        assert!(drawn.contains("v96.0") && !drawn.contains("NaN") && !drawn.contains("v6"));
        assert!(path(&[]).is_empty());
    }
}
