//! Diarization error rate: no collar, overlap scored, speakers mapped one to one as well as possible.
//!
//! Source: NIST's Rich Transcription evaluation plan (2009), without its forgiveness collar.

use std::collections::BTreeMap;
use std::path::Path;

/// Who talks from when to when, in seconds.
#[derive(Clone, Debug)]
pub struct Span {
    pub start: f64,
    pub end: f64,
    pub speaker: String,
}

/// Seconds of speech that went wrong, and of reference speech. Add them up to pool over recordings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors {
    pub missed: f64,
    pub false_alarm: f64,
    pub confused: f64,
    pub speech: f64,
}

impl Errors {
    pub fn rate(&self) -> f64 {
        (self.missed + self.false_alarm + self.confused) / self.speech
    }
}

impl std::ops::AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.missed += other.missed;
        self.false_alarm += other.false_alarm;
        self.confused += other.confused;
        self.speech += other.speech;
    }
}

/// The spans of an RTTM file about one recording.
pub fn read_rttm(path: &Path) -> Vec<Span> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let spans = text.lines().filter(|line| line.starts_with("SPEAKER")).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (start, length) = (fields[3].parse::<f64>().ok()?, fields[4].parse::<f64>().ok()?);
        Some(Span { start, end: start + length, speaker: fields[7].to_owned() })
    });
    spans.collect()
}

/// Compares a hypothesis with the reference over the whole recording.
pub fn score(reference: &[Span], hypothesis: &[Span]) -> Errors {
    let (ours, theirs) = (speakers(reference), speakers(hypothesis));
    let mut times: Vec<f64> =
        reference.iter().chain(hypothesis).flat_map(|span| [span.start, span.end]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut errors = Errors::default();
    let mut shared = vec![vec![0.0; theirs.len()]; ours.len()];
    let mut together = 0.0;
    for pair in times.windows(2) {
        let (length, middle) = (pair[1] - pair[0], (pair[0] + pair[1]) / 2.0);
        let (said, heard) = (talking(reference, middle, &ours), talking(hypothesis, middle, &theirs));
        for &speaker in &said {
            heard.iter().for_each(|&other| shared[speaker][other] += length);
        }
        let (said, heard) = (said.len() as f64, heard.len() as f64);
        errors.speech += said * length;
        errors.missed += (said - heard).max(0.0) * length;
        errors.false_alarm += (heard - said).max(0.0) * length;
        together += said.min(heard) * length;
    }
    errors.confused = together - best_mapping(&shared, theirs.len());
    errors
}

fn speakers(spans: &[Span]) -> BTreeMap<&str, usize> {
    let mut names: BTreeMap<&str, usize> = spans.iter().map(|span| (span.speaker.as_str(), 0)).collect();
    names.values_mut().enumerate().for_each(|(index, value)| *value = index);
    names
}

fn talking(spans: &[Span], at: f64, names: &BTreeMap<&str, usize>) -> Vec<usize> {
    let inside = spans.iter().filter(|span| span.start <= at && at < span.end);
    let mut found: Vec<usize> = inside.map(|span| names[span.speaker.as_str()]).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The most seconds that a one-to-one mapping can share: over each set of used columns, row by row.
fn best_mapping(shared: &[Vec<f64>], columns: usize) -> f64 {
    assert!(columns <= 16, "{columns} speakers are too many to map exactly");
    let mut best = vec![0.0_f64; 1 << columns];
    for row in shared {
        let before = best.clone();
        for used in 0..best.len() {
            for (column, seconds) in row.iter().enumerate().filter(|(column, _)| used & 1 << column != 0) {
                best[used] = best[used].max(before[used & !(1 << column)] + seconds);
            }
        }
    }
    best.last().copied().unwrap_or(0.0)
}

#[test]
fn known_cases() {
    let span = |start, end, speaker: &str| Span { start, end, speaker: speaker.into() };
    let reference = [span(0.0, 10.0, "a"), span(8.0, 12.0, "b")];
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    close(score(&reference, &reference).rate(), 0.0);
    close(score(&reference, &[]).rate(), 1.0);
    // Names do not matter; overlap missed for 2 s, false alarm of 1 s.
    let found = score(&reference, &[span(0.0, 10.0, "x"), span(10.0, 13.0, "y")]);
    close(found.missed, 2.0);
    close(found.false_alarm, 1.0);
    close(found.confused, 0.0);
    // One speaker cut in two: the larger part counts.
    let split = score(&reference[..1], &[span(0.0, 6.0, "x"), span(6.0, 10.0, "y")]);
    close(split.confused, 4.0);
    close(score(&reference, &[span(0.0, 12.0, "x")]).rate(), 4.0 / 14.0);
}
