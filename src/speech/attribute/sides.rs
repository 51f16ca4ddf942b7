//! Sides of a talk that were heard each by itself, as one text in order of time.

use super::{SpeakerSegment, attribute, ends_sentence};
use crate::speech::{Segment, Turn, Word};

/// Silence (seconds) between two words into which another side's words may fit.
const BREATH: f64 = 0.3;

/// What was heard in one channel. Speakers of two sides have different numbers, unless they were told apart in the mix of both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    pub segments: Vec<Segment>,
    pub turns: Vec<Turn>,
}

/// Words that stay together whatever the other side says.
struct Unit {
    side: usize,
    /// Number of the segment among all of its side.
    segment: usize,
    speaker: u32,
    /// Where it stands, in seconds: never before an earlier unit of its side.
    at: f64,
    words: Vec<Word>,
}

/// Gives every word of each side a speaker of that side, as [`attribute`] does, and puts all in order of time; each segment comes with the
/// number of its side.
///
/// Where one side speaks during a segment of another, that one is cut in two at the next end of a sentence, or at a pause of 0.3 s; without
/// either it stays whole, and what the other side said follows. A side without turns is one speaker. Of one side alone nothing changes.
pub fn attribute_sides(sides: &[Heard]) -> Vec<(usize, SpeakerSegment)> {
    if let [only] = sides {
        return attribute(&only.segments, &only.turns).into_iter().map(|segment| (0, segment)).collect();
    }
    let turns = sides.iter().flat_map(|side| &side.turns);
    let mut unused = turns.map(|turn| turn.speaker).max().map_or(0, |last| last + 1);
    let mut units = Vec::new();
    for (side, heard) in sides.iter().enumerate() {
        let mut said = attribute(&heard.segments, &heard.turns);
        if heard.turns.is_empty() {
            said.iter_mut().for_each(|segment| segment.speaker = unused);
            unused += 1;
        }
        let mut at = 0.0;
        for (number, SpeakerSegment { speaker, words, .. }) in said.into_iter().enumerate() {
            for word in words {
                let open = units.last_mut().filter(|unit: &&mut Unit| {
                    unit.side == side && unit.segment == number && goes_on(&unit.words, &word)
                });
                match open {
                    Some(unit) => unit.words.push(word),
                    None => {
                        at = word.start.max(at);
                        units.push(Unit { side, segment: number, speaker, at, words: vec![word] });
                    }
                }
            }
        }
    }
    units.sort_by(|a, b| a.at.total_cmp(&b.at));
    joined(units)
}

fn goes_on(words: &[Word], next: &Word) -> bool {
    words.last().is_some_and(|last| !ends_sentence(&last.text) && next.start - last.end < BREATH)
}

/// Units of one segment that nobody came between are one again.
fn joined(units: Vec<Unit>) -> Vec<(usize, SpeakerSegment)> {
    let mut joined: Vec<(usize, SpeakerSegment)> = Vec::new();
    let mut last = None;
    for Unit { side, segment, speaker, words, .. } in units {
        match joined.last_mut().filter(|_| last == Some((side, segment))) {
            Some((_, open)) => open.words.extend(words),
            None => {
                let start = words.first().map_or(0.0, |word| word.start);
                joined
                    .push((side, SpeakerSegment { start, end: start, speaker, text: String::new(), words }));
            }
        }
        last = Some((side, segment));
    }
    for (_, segment) in &mut joined {
        segment.end = segment.words.iter().map(|word| word.end).fold(segment.start, f64::max);
        let text: String = segment.words.iter().map(|word| word.text.as_str()).collect();
        segment.text = text.trim().to_owned();
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::tests::{segment, turn};
    use super::*;

    fn side(segments: Vec<Segment>, turns: &[Turn]) -> Heard {
        Heard { segments, turns: turns.to_vec() }
    }

    fn shown(found: &[(usize, SpeakerSegment)]) -> Vec<(usize, u32, &str)> {
        found.iter().map(|(side, one)| (*side, one.speaker, one.text.as_str())).collect()
    }

    /// Words begin every half second and last 0.4 s.
    #[test]
    fn words_spoken_at_the_same_time_are_all_there_and_each_is_its_sides() {
        let left = side(vec![segment(0.0, "I will tell you. It is so.")], &[turn(0.0, 4.0, 0)]);
        let right = side(vec![segment(0.9, "No it is not. Never was.")], &[turn(0.9, 4.0, 1)]);
        let found = attribute_sides(&[left.clone(), right.clone()]);
        assert_eq!(
            shown(&found),
            [(0, 0, "I will tell you."), (1, 1, "No it is not."), (0, 0, "It is so."), (1, 1, "Never was.")]
        );
        for (number, heard) in [left, right].iter().enumerate() {
            let words = found.iter().filter(|(side, _)| *side == number).flat_map(|(_, one)| &one.words);
            assert!(words.eq(heard.segments.iter().flat_map(|one| &one.words)));
        }
    }

    #[test]
    fn an_answer_stands_where_it_was_given() {
        let mut goes_on = segment(0.0, "shall we go then good");
        goes_on.words[4].start += 0.5;
        goes_on.words[4].end += 0.5;
        let left = side(vec![goes_on], &[turn(0.0, 9.0, 0)]);
        let right = side(vec![segment(2.0, "yes")], &[turn(2.0, 2.4, 1)]);
        let found = attribute_sides(&[left, right]);
        assert_eq!(shown(&found), [(0, 0, "shall we go then"), (1, 1, "yes"), (0, 0, "good")]);
        assert_eq!((found[0].1.start, found[0].1.end, found[2].1.start), (0.0, 1.9, 2.5));
    }

    #[test]
    fn an_interjection_tears_neither_a_word_nor_a_phrase() {
        let mut phrase = segment(0.0, "ce n 'est rien du tout");
        phrase.words[2].text = "'est".into();
        let left = side(vec![phrase], &[turn(0.0, 4.0, 1)]);
        let right = side(vec![segment(0.95, "oui")], &[turn(0.9, 1.4, 0)]);
        let found = attribute_sides(&[left, right]);
        assert_eq!(shown(&found), [(0, 1, "ce n'est rien du tout"), (1, 0, "oui")]);
    }

    #[test]
    fn a_side_without_turns_is_a_speaker_of_its_own() {
        let left = side(vec![segment(0.0, "one")], &[]);
        let right = side(vec![segment(1.0, "two")], &[turn(1.0, 2.0, 0)]);
        assert_eq!(shown(&attribute_sides(&[left.clone(), right])), [(0, 1, "one"), (1, 0, "two")]);
        let silent = side(vec![segment(1.0, "two")], &[]);
        assert_eq!(shown(&attribute_sides(&[left, silent])), [(0, 0, "one"), (1, 1, "two")]);
        assert!(attribute_sides(&[Heard::default(), Heard::default()]).is_empty());
    }

    #[test]
    fn one_side_alone_is_as_attribute_has_it() {
        let segments = vec![segment(0.0, "How are you? Fine thanks."), segment(9.0, "Good.")];
        let turns = [turn(0.0, 1.4, 0), turn(1.4, 3.0, 1), turn(9.0, 10.0, 0)];
        let found = attribute_sides(&[side(segments.clone(), &turns)]);
        let found: Vec<SpeakerSegment> = found.into_iter().map(|(_, one)| one).collect();
        assert_eq!(found, attribute(&segments, &turns));
    }
}
