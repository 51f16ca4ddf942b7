//! Where words begin, from the sound itself.
//!
//! Attention follows speech, but a little late or early, each model in its own way, and across a pause it may be anywhere in the pause. So every
//! word is moved by how late the model's attention is at the middle, and one that follows a pause begins where the sound does.
//! The numbers were found on speech whose words have known times (scripts/bench): with whisper-tiny.en the median error of
//! a start fell from 97 to 41 ms, that of a start after a pause from about 120 to 11 ms.

use crate::speech::Word;

/// Seconds from one level to the next; each is that of twice as much.
const HOP: f64 = 0.01;
const HOP_SAMPLES: usize = 160;
/// Levels, 5 s, on either side of a word that tell how loud speech and background are there.
const AROUND: usize = 500;
/// Decibels that speech must stand out, or its beginning can't be told from its level.
const LEAST_CONTRAST: f32 = 15.0;
/// Up to this share of the way from background to speech, a level is silence.
const SILENCE: f32 = 0.35;
/// Levels in a row that make a pause: 0.1 s.
const PAUSE: usize = 10;
/// A pause counts if it ends at most so many seconds before or after where attention has the word begin.
const BEFORE: f64 = 0.4;
const AFTER: f64 = 0.3;

/// Seconds by which the attention of a model is late: as measured, by its width and whether it knows many languages. The heads that follow
/// the speech are other ones in every checkpoint; what was not measured is taken to be in time.
pub fn lateness(width: i64, multilingual: bool) -> f64 {
    match (width, multilingual) {
        (384, false) => 0.08,
        (512, true) => -0.05,
        _ => 0.0,
    }
}

/// Corrects the times of words, which are seconds from the start of `samples` (16 kHz) and in order; they stay in order. `late`: seconds
/// by which they are late.
pub fn settle<'a>(words: impl Iterator<Item = &'a mut Word>, samples: &[f32], late: f64) {
    let total = samples.len() as f64 / 16_000.0;
    let levels = levels(samples);
    let mut before: Option<&mut Word> = None;
    for word in words {
        word.start = (word.start - late).clamp(0.0, total.max(0.0));
        word.end = (word.end - late).clamp(word.start, total.max(word.start));
        let earliest = before.as_ref().map_or(0.0, |before| before.start + 0.05);
        if let Some((quiet, loud)) = pause(&levels, earliest, word)
            && loud >= word.start - BEFORE
        {
            word.start = loud;
            word.end = word.end.max(loud);
            if let Some(before) = &mut before
                && (before.start..before.end).contains(&quiet)
            {
                before.end = quiet;
            }
        }
        if let Some(before) = &mut before {
            word.start = word.start.max(before.start);
            word.end = word.end.max(word.start);
            before.end = before.end.min(word.start);
        }
        before = Some(word);
    }
}

/// The last pause, from when to when, that ends between `earliest` and a little after the word's start.
fn pause(levels: &[f32], earliest: f64, word: &Word) -> Option<(f64, f64)> {
    let index = |seconds: f64| ((seconds / HOP) as usize).min(levels.len());
    let centre = index(word.start);
    let near = &levels[centre.saturating_sub(AROUND)..(centre + AROUND).min(levels.len())];
    let silence = silence_below(near)?;
    let from = index(earliest).max(index(word.start - BEFORE - 0.6));
    let to = index(word.start + AFTER).min(index(word.end).max(centre + 5)).max(from);
    let mut found = None;
    let mut run = 0;
    for (place, level) in levels[from..to].iter().enumerate() {
        run = if *level < silence { run + 1 } else { 0 };
        if run >= PAUSE {
            found = Some((from + place + 1 - run, from + place + 1));
        }
    }
    let (mut quiet, loud) = found?;
    // It may have begun before the place where the search did.
    while quiet > index(earliest) && levels[quiet - 1] < silence {
        quiet -= 1;
    }
    Some((quiet as f64 * HOP, loud as f64 * HOP))
}

/// The level under which it is silent, if speech stands out.
fn silence_below(levels: &[f32]) -> Option<f32> {
    let mut sorted = levels.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied();
    let (background, speech) = (at(0.1)?, at(0.9)?);
    (speech - background >= LEAST_CONTRAST).then_some(background + SILENCE * (speech - background))
}

/// Decibels of every hop and the one after it.
fn levels(samples: &[f32]) -> Vec<f32> {
    let power = |hop: &[f32]| hop.iter().map(|x| x * x).sum::<f32>() / HOP_SAMPLES as f32;
    let powers: Vec<f32> = samples.chunks_exact(HOP_SAMPLES).map(power).collect();
    let next = powers.iter().skip(1).chain(powers.last());
    powers.iter().zip(next).map(|(one, next)| 10.0 * ((one + next) / 2.0 + 1e-9).log10()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(start: f64, end: f64) -> Word {
        Word { text: " a".into(), start, end, probability: 1.0 }
    }

    /// Noise that is loud between the given times.
    fn sound(seconds: f64, loud: &[(f64, f64)]) -> Vec<f32> {
        (0..(seconds * 16_000.0) as usize)
            .map(|i| {
                let time = i as f64 / 16_000.0;
                let strength =
                    if loud.iter().any(|(from, to)| (*from..*to).contains(&time)) { 0.3 } else { 0.001 };
                strength * ((i * 7919 % 1009) as f32 / 504.5 - 1.0)
            })
            .collect()
    }

    #[test]
    fn a_word_after_a_pause_begins_with_its_sound() {
        let samples = sound(6.0, &[(0.5, 2.0), (3.0, 4.5)]);
        // Attention lets the first word last into the pause, and the next begin late.
        let mut words = [word(0.6, 1.4), word(1.4, 2.6), word(3.25, 3.8), word(3.8, 4.4)];
        settle(words.iter_mut(), &samples, 0.08);
        assert!((words[0].start - 0.5).abs() < 0.03, "{words:?}");
        assert!((words[1].end - 2.0).abs() < 0.03, "{words:?}");
        assert!((words[2].start - 3.0).abs() < 0.03, "{words:?}");
        assert!((words[3].start - 3.72).abs() < 1e-9, "in running speech attention decides: {words:?}");
        assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-9));
    }

    #[test]
    fn sound_without_contrast_changes_little() {
        let mut words = [word(0.0, 0.5), word(0.5, 1.0)];
        settle(words.iter_mut(), &sound(3.0, &[(0.0, 3.0)]), 0.08);
        assert_eq!((words[0].start, words[1].start), (0.0, 0.42));
        settle(words.iter_mut(), &[], 0.08);
        assert!(words[1].end >= words[1].start);
    }
}
