//! Words that the turns gave to somebody else in the middle of a sentence are looked at again.
//!
//! Turns are drawn by sound alone and begin or end some tenths of a second off; a sentence is said by one person. So words are cut
//! into units at the ends of sentences and at pauses, and where nearly all of a unit is one speaker's, the rest is theirs too unless
//! the turns speak clearly against it. An interjection that another voice has alone stays, and so does a unit of its own.

use std::ops::Range;

use super::{STRONG, Speakers, ends_sentence};
use crate::speech::Word;

/// Silence (seconds) that ends a unit as the end of a sentence does.
const PAUSE: f64 = 0.5;
/// The share of a unit's words, by their length, that makes it one speaker's.
const MOSTLY: f64 = 0.7;
/// Words up to this long together (seconds) at the edge of a unit may belong to a turn that was drawn too long.
const SPILL: f64 = 0.7;
/// A silence (seconds) between them and the unit's others says that somebody else has begun.
const BREATH: f64 = 0.25;

/// Gives short pieces of a unit back to its main speaker. `named` has the speaker of each word.
pub(super) fn repair(named: &mut [u32], words: &[Word], speakers: &Speakers<'_>) {
    for index in 1..words.len() {
        // The rest of a word that the tokenizer cut: "n", "'est".
        if words[index].text.starts_with(['\'', '’', '-']) {
            named[index] = named[index - 1];
        }
    }
    for unit in units(words) {
        let Some(main) = main_speaker(&named[unit.clone()], &words[unit.clone()]) else { continue };
        let mut from = unit.start;
        while from < unit.end {
            let who = named[from];
            let length = named[from..unit.end].iter().take_while(|&&other| other == who).count();
            let run = from..from + length;
            from = run.end;
            if who != main && goes_back(&run, &unit, (who, main), named, words, speakers) {
                named[run].fill(main);
            }
        }
    }
}

/// Words from one end of a sentence, or pause, to the next.
fn units(words: &[Word]) -> Vec<Range<usize>> {
    let ends = |index: usize| {
        words
            .get(index + 1)
            .is_none_or(|next| ends_sentence(&words[index].text) || next.start - words[index].end >= PAUSE)
    };
    let borders: Vec<usize> = (0..words.len()).filter(|&index| ends(index)).map(|index| index + 1).collect();
    let starts = std::iter::once(0).chain(borders.iter().copied());
    starts.zip(borders.iter().copied()).map(|(start, end)| start..end).collect()
}

/// Whose a unit is, if it is mostly one speaker's.
fn main_speaker(named: &[u32], words: &[Word]) -> Option<u32> {
    let length = |word: &Word| (word.end - word.start).max(0.05);
    let all: f64 = words.iter().map(length).sum();
    let of = |speaker: u32| -> f64 {
        named.iter().zip(words).filter(|(who, _)| **who == speaker).map(|(_, word)| length(word)).sum()
    };
    named.iter().copied().find(|&speaker| of(speaker) >= MOSTLY * all)
}

/// Whether a run of words inside a unit, given to `who`, is rather the unit's `main` speaker's.
fn goes_back(
    run: &Range<usize>,
    unit: &Range<usize>,
    (who, main): (u32, u32),
    named: &[u32],
    words: &[Word],
    speakers: &Speakers<'_>,
) -> bool {
    let (start, end) = (words[run.start].start, words[run.end - 1].end);
    let before = run.start == unit.start && run.start > 0 && named[run.start - 1] == who;
    let after = run.end == unit.end && named.get(run.end) == Some(&who);
    if before || after {
        // Their turn goes on outside the unit: it reaches a little too far into it, unless they took a breath in between.
        let breath = if before { words[run.end].start - end } else { start - words[run.start - 1].end };
        return end - start <= SPILL && breath < BREATH;
    }
    let length = (end - start).max(0.01);
    let overlaps = speakers.overlaps(start, start + length);
    let share = |speaker: u32| {
        overlaps.iter().find(|&&(other, _)| other == speaker).map_or(0.0, |&(_, shared)| shared / length)
    };
    share(who) < STRONG || share(main) >= STRONG
}

#[cfg(test)]
mod tests {
    use super::super::tests::{segment, texts, turn};
    use crate::speech::attribute::attribute;

    /// Words begin every half second and last 0.4 s; the turns change in the middle of a word.
    #[test]
    fn a_turn_that_reaches_into_the_next_sentence_gives_its_words_back() {
        let words = [segment(0.0, "How are you today? Fine thank you very much.")];
        let late = [turn(0.0, 2.45, 0), turn(2.45, 5.0, 1)];
        assert_eq!(
            texts(&attribute(&words, &late)),
            [(0, "How are you today?"), (1, "Fine thank you very much.")]
        );
        let early = [turn(0.0, 1.45, 0), turn(1.45, 5.0, 1)];
        assert_eq!(
            texts(&attribute(&words, &early)),
            [(0, "How are you today?"), (1, "Fine thank you very much.")]
        );
    }

    #[test]
    fn more_than_a_spill_stays_with_its_turn() {
        let words = [segment(0.0, "How are you today? Fine thank you very much indeed for asking me again.")];
        let turns = [turn(0.0, 3.45, 0), turn(3.45, 9.0, 1)];
        let found = attribute(&words, &turns);
        assert_eq!(texts(&found)[0], (0, "How are you today? Fine thank you"));
    }

    #[test]
    fn an_interjection_of_another_voice_inside_a_long_turn_stays() {
        let words = [segment(0.0, "I believe that we yes indeed should do it now.")];
        let alone = [turn(0.0, 1.95, 0), turn(1.95, 2.95, 1), turn(2.95, 6.0, 0)];
        let expected = [(0, "I believe that we"), (1, "yes indeed"), (0, "should do it now.")];
        assert_eq!(texts(&attribute(&words, &alone)), expected);
        // Both talk all the time: nothing says that these words are the other's.
        let both = [turn(0.0, 1.95, 0), turn(1.95, 2.95, 1), turn(2.2, 6.0, 0)];
        assert_eq!(attribute(&words, &both).len(), 1);
    }

    #[test]
    fn a_sentence_of_its_own_stays() {
        let words = [segment(0.0, "That is what I think. Right. So we go on now.")];
        let turns = [turn(0.0, 2.45, 0), turn(2.45, 2.95, 1), turn(2.95, 6.0, 0)];
        assert_eq!(attribute(&words, &turns)[1].text, "Right.");
    }

    #[test]
    fn who_took_a_breath_has_begun() {
        let mut words = segment(0.0, "and so it goes on as ever yes");
        let last = words.words.last_mut().unwrap();
        (last.start, last.end) = (3.85, 4.2);
        let next = segment(4.8, "that is so.");
        let turns = [turn(0.0, 3.4, 0), turn(3.8, 7.0, 1)];
        let found = attribute(&[words, next], &turns);
        assert_eq!(texts(&found), [(0, "and so it goes on as ever"), (1, "yes that is so.")]);
    }

    #[test]
    fn a_word_in_two_tokens_is_not_split() {
        let mut words = segment(0.0, "ce n 'est rien du tout");
        words.words[2].text = "'est".into();
        let found = attribute(&[words], &[turn(0.0, 0.95, 0), turn(0.95, 3.0, 1)]);
        assert!(found.iter().any(|segment| segment.text.contains("n'est")), "{:?}", texts(&found));
    }
}
