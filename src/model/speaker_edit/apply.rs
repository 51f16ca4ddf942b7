//! Corrections over segments: pure.

use std::collections::{HashMap, HashSet};

use super::{EditKind, SpeakerEdit};
use crate::model::segment::Segment;

/// Seconds that a word may have moved in a later run and still be the same one: far more than two decodings of one recording
/// differ by, less than it takes to say a sentence again.
const NEAR: f64 = 0.75;

/// A word and who says it. A segment without words counts as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub text: String,
    /// Seconds.
    pub start: f64,
    pub speaker: Option<i32>,
}

/// All words in order.
pub fn said(segments: &[Segment]) -> Vec<Said> {
    let mut all = Vec::new();
    for segment in segments {
        let speaker = segment.speaker;
        if segment.words.is_empty() {
            all.push(Said { text: segment.text.clone(), start: segment.start, speaker });
        }
        all.extend(segment.words.iter().map(|word| Said {
            text: word.text.clone(),
            start: word.start,
            speaker,
        }));
    }
    all
}

/// Segments as corrected: one whose words now belong to several people becomes several, and they are numbered anew.
///
/// A word of a correction is found again by its letters, within [`NEAR`] of its time. What was merged were voices: one most
/// of whose words are among those follows whole, so that words which a later run hears differently do too.
pub fn apply(segments: Vec<Segment>, edits: &[SpeakerEdit]) -> Vec<Segment> {
    if edits.is_empty() {
        return segments;
    }
    let mut words = said(&segments);
    let index = Index::new(&words);
    for edit in edits {
        let found = index.find(edit);
        if edit.kind == EditKind::Merge {
            let follows = mostly(&words, &found);
            for word in words.iter_mut().filter(|word| follows.contains(&word.speaker)) {
                word.speaker = Some(edit.speaker);
            }
        }
        for at in found {
            words[at].speaker = Some(edit.speaker);
        }
    }
    let mut speakers = words.into_iter().map(|word| word.speaker);
    let mut corrected: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments {
        let mine: Vec<Option<i32>> = speakers.by_ref().take(segment.words.len().max(1)).collect();
        split(segment, &mine, &mut corrected);
    }
    for (idx, segment) in (0..).zip(&mut corrected) {
        segment.idx = idx;
    }
    corrected
}

/// The voices most of whose words are among those that were found.
fn mostly(words: &[Said], found: &[usize]) -> HashSet<Option<i32>> {
    let mut counts: HashMap<i32, (usize, usize)> = HashMap::new();
    for voice in words.iter().filter_map(|word| word.speaker) {
        counts.entry(voice).or_default().0 += 1;
    }
    for voice in found.iter().filter_map(|at| words[*at].speaker) {
        counts.entry(voice).or_default().1 += 1;
    }
    let most = counts.into_iter().filter(|(_, (all, found))| 2 * found > *all);
    most.map(|(voice, _)| Some(voice)).collect()
}

/// Cuts a segment where the speaker changes.
fn split(segment: Segment, speakers: &[Option<i32>], into: &mut Vec<Segment>) {
    let first = speakers.first().copied().flatten();
    if speakers.iter().all(|speaker| *speaker == first) {
        into.push(Segment { speaker: first, ..segment });
        return;
    }
    let mut from = 0;
    while from < speakers.len() {
        let same = speakers[from..].iter().take_while(|speaker| **speaker == speakers[from]).count();
        let words = segment.words[from..from + same].to_vec();
        let start = if from == 0 { segment.start } else { words[0].start };
        let last = from + same == speakers.len();
        let end = if last { segment.end } else { words[same - 1].end };
        let mut piece = segment.clone();
        (piece.start, piece.end, piece.speaker) = (start, end.max(start), speakers[from]);
        piece.text = words.iter().map(|word| word.text.as_str()).collect();
        piece.words = words;
        into.push(piece);
        from += same;
    }
}

/// Words by time.
struct Index {
    /// Start, letters, and which word it is.
    words: Vec<(f64, String, usize)>,
}

impl Index {
    fn new(said: &[Said]) -> Self {
        let mut words: Vec<_> =
            said.iter().enumerate().map(|(at, word)| (word.start, letters(&word.text), at)).collect();
        words.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { words }
    }

    /// The words that a correction means; each of its words means at most one.
    fn find(&self, edit: &SpeakerEdit) -> Vec<usize> {
        let mut taken = vec![false; self.words.len()];
        let mut found = Vec::new();
        for (text, start) in edit.word_text.iter().zip(&edit.word_start) {
            let text = letters(text);
            let from = self.words.partition_point(|word| word.0 < start - NEAR);
            let nearest = (from..self.words.len())
                .take_while(|at| self.words[*at].0 <= start + NEAR)
                .filter(|at| !taken[*at] && self.words[*at].1 == text)
                .min_by(|a, b| (self.words[*a].0 - start).abs().total_cmp(&(self.words[*b].0 - start).abs()));
            if let Some(at) = nearest {
                taken[at] = true;
                found.push(self.words[at].2);
            }
        }
        found
    }
}

/// What makes two words the same: neither case nor punctuation.
fn letters(text: &str) -> String {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if plain.is_empty() { text.trim().to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::segment::Word;

    /// One word a second.
    fn segment(idx: i32, start: f64, speaker: i32, text: &str) -> Segment {
        let words: Vec<Word> = text
            .split(' ')
            .enumerate()
            .map(|(n, word)| Word {
                text: format!(" {word}"),
                start: start + n as f64,
                end: start + n as f64 + 0.9,
                probability: 0.9,
            })
            .collect();
        let end = start + words.len() as f64;
        Segment { idx, start, end, speaker: Some(speaker), text: format!(" {text}"), words, channel: 0 }
    }

    fn edit(kind: EditKind, speaker: i32, words: &[(&str, f64)]) -> SpeakerEdit {
        SpeakerEdit {
            kind,
            speaker,
            word_text: words.iter().map(|(text, _)| (*text).to_owned()).collect(),
            word_start: words.iter().map(|(_, start)| *start).collect(),
        }
    }

    fn shown(segments: &[Segment]) -> Vec<(i32, Option<i32>, &str)> {
        segments.iter().map(|one| (one.idx, one.speaker, one.text.as_str())).collect()
    }

    #[test]
    fn a_segment_is_cut_where_the_speaker_changes() {
        let talk = vec![segment(0, 0.0, 0, "yes we do no"), segment(1, 10.0, 1, "fine")];
        let fixed = apply(talk, &[edit(EditKind::Assign, 1, &[(" no", 3.0)])]);
        assert_eq!(shown(&fixed), [(0, Some(0), " yes we do"), (1, Some(1), " no"), (2, Some(1), " fine")]);
        assert_eq!((fixed[0].start, fixed[0].end, fixed[1].start, fixed[1].end), (0.0, 2.9, 3.0, 4.0));
    }

    #[test]
    fn words_are_found_again_when_times_and_punctuation_moved_and_only_then() {
        let later = vec![segment(0, 0.4, 0, "Yes, we do. Oh no!")];
        let edits = [edit(EditKind::Assign, 1, &[(" we", 1.0), (" do", 2.0), (" no", 9.0), (" gone", 3.0)])];
        let fixed = apply(later, &edits);
        assert_eq!(shown(&fixed), [(0, Some(0), " Yes,"), (1, Some(1), " we do."), (2, Some(0), " Oh no!")]);
    }

    #[test]
    fn a_word_that_is_said_twice_is_one_word() {
        let talk = vec![segment(0, 0.0, 0, "no no no")];
        let fixed = apply(talk, &[edit(EditKind::Assign, 2, &[(" no", 1.0)])]);
        assert_eq!(shown(&fixed), [(0, Some(0), " no"), (1, Some(2), " no"), (2, Some(0), " no")]);
    }

    #[test]
    fn a_merged_voice_stays_merged_under_another_number_and_with_other_words() {
        let merge = edit(EditKind::Merge, 0, &[(" we", 10.0), (" cut", 11.0), (" it", 12.0)]);
        let talk = || vec![segment(0, 0.0, 0, "morning"), segment(1, 10.0, 2, "we cut it")];
        assert!(apply(talk(), std::slice::from_ref(&merge)).iter().all(|one| one.speaker == Some(0)));
        let again = vec![
            segment(0, 0.0, 0, "morning"),
            segment(1, 5.0, 3, "hello"),
            segment(2, 10.0, 1, "we cut grass"),
        ];
        let voices: Vec<_> = apply(again, &[merge]).iter().map(|one| one.speaker).collect();
        assert_eq!(voices, [Some(0), Some(3), Some(0)]);
    }

    #[test]
    fn later_corrections_win_and_a_segment_without_words_is_one() {
        let mut bare = segment(0, 0.0, 0, "all of it");
        bare.words.clear();
        let edits = [
            edit(EditKind::Assign, 1, &[(" all of it", 0.0)]),
            edit(EditKind::Assign, 4, &[(" all of it", 0.0)]),
        ];
        assert_eq!(shown(&apply(vec![bare], &edits)), [(0, Some(4), " all of it")]);
    }
}
