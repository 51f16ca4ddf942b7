//! Utterances cut into subtitles that a person can read: at most two lines of 42 characters and 7 seconds; at least one second, and
//! long enough to be read, where nothing else is said meanwhile.

use std::mem;

use super::Line;
use super::document::one_line;

const LINE_CHARS: usize = 42;
const CUE_CHARS: usize = 2 * LINE_CHARS;
const CUE_SECONDS: f64 = 7.0;
const SHORTEST_SECONDS: f64 = 1.0;
/// Characters that are read in a second.
const PACE: f64 = 17.0;
/// Seconds of silence that part what is said in a row.
const BREATH: f64 = 0.5;

/// One subtitle; its text is one or two lines (more only where a single word does not fit).
#[derive(Debug, PartialEq)]
pub(super) struct Cue {
    pub start: f64,
    pub end: f64,
    pub speaker: Option<String>,
    pub lines: Vec<String>,
}

/// A piece of text with its time that is not cut further.
struct Piece {
    text: String,
    start: f64,
    end: f64,
}

/// How it is told who speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Names {
    /// Beside the text, for formats that have voices.
    Apart,
    /// In the text, where another one begins to speak.
    InText,
}

/// The subtitles of all utterances, in their order; none is empty, and none ends before it starts.
pub(super) fn cues(segments: &[Line], names: Names) -> Vec<Cue> {
    let mut before: Option<String> = None;
    let mut all: Vec<Cue> = Vec::new();
    for line in segments {
        let speaker = line.speaker.as_deref().map(one_line).filter(|name| !name.is_empty());
        let changes = speaker.is_some() && speaker != before;
        let prefix = match &speaker {
            Some(name) if changes && names == Names::InText => format!("{name}: "),
            _ => String::new(),
        };
        let cues = cut(line, speaker.as_ref(), &prefix);
        // What says nothing does not count as having spoken.
        if !cues.is_empty() {
            before = speaker.or(before);
        }
        for cue in cues {
            match all.last().and_then(|last| joined(last, &cue)) {
                Some(both) => {
                    all.pop();
                    all.push(both);
                }
                None => all.push(cue),
            }
        }
    }
    linger(&mut all);
    all
}

/// Two subtitles as one, where one of them is too short to be read, one speaker says both in one breath, and both fit.
fn joined(one: &Cue, next: &Cue) -> Option<Cue> {
    let short = |cue: &Cue| cue.end - cue.start < SHORTEST_SECONDS.max(characters(cue) as f64 / PACE);
    let gap = next.start - one.end;
    let fits = one.speaker == next.speaker
        && (short(one) || next.end - next.start < SHORTEST_SECONDS)
        && (-1e-9..=BREATH).contains(&gap)
        && next.end - one.start <= CUE_SECONDS;
    let lines = wrap(&format!("{} {}", one.lines.join(" "), next.lines.join(" ")));
    (fits && lines.len() <= 2).then(|| Cue {
        start: one.start,
        end: next.end,
        speaker: one.speaker.clone(),
        lines,
    })
}

fn characters(cue: &Cue) -> usize {
    cue.lines.iter().map(|line| line.chars().count()).sum()
}

/// Lets each stay long enough to be read, as far as nothing else follows.
fn linger(cues: &mut [Cue]) {
    for at in 0..cues.len() {
        let next = cues.get(at + 1).map_or(f64::INFINITY, |next| next.start);
        let cue = &mut cues[at];
        let wanted = (characters(cue) as f64 / PACE).clamp(SHORTEST_SECONDS, CUE_SECONDS);
        cue.end = cue.end.max((cue.start + wanted).min(next));
    }
}

fn cut(line: &Line, speaker: Option<&String>, prefix: &str) -> Vec<Cue> {
    let mut pieces = if line.words.is_empty() { spread(line) } else { timed(line) };
    if let Some(first) = pieces.iter_mut().find(|piece| !one_line(&piece.text).is_empty()) {
        first.text = format!("{prefix}{}", first.text.trim_start());
    }
    let mut cues: Vec<Cue> = Vec::new();
    let mut group: Vec<&Piece> = Vec::new();
    let mut flush = |group: &mut Vec<&Piece>| {
        let text: String = group.iter().map(|piece| piece.text.as_str()).collect();
        let lines = wrap(&one_line(&text));
        if let (Some(first), Some(last)) = (group.first(), group.last())
            && !lines.is_empty()
        {
            let end = last.end.max(first.start + 0.001);
            cues.push(Cue { start: first.start, end, speaker: speaker.cloned(), lines });
        }
        group.clear();
    };
    for piece in &pieces {
        if let Some(first) = group.first() {
            let text: String = group.iter().map(|piece| piece.text.as_str()).collect();
            let together = one_line(&format!("{text}{}", piece.text));
            let too_long = together.chars().count() > CUE_CHARS || wrap(&together).len() > 2;
            // A sentence's end is a good place once half of the room is used.
            let well_ended = text.trim_end().ends_with(['.', '?', '!', '…', '。', '？', '！'])
                && text.trim().chars().count() > LINE_CHARS;
            if too_long || well_ended || piece.end - first.start > CUE_SECONDS {
                flush(&mut group);
            }
        }
        group.push(piece);
    }
    flush(&mut group);
    cues
}

/// The words at their own times, kept inside their utterance's order.
fn timed(line: &Line) -> Vec<Piece> {
    let mut earliest = 0.0_f64;
    let pieces = line.words.iter().map(|word| {
        let start = finite(word.start).max(earliest);
        let end = finite(word.end).max(start);
        earliest = start;
        Piece { text: word.text.clone(), start, end }
    });
    pieces.collect()
}

/// Without word times, the time is shared out by characters.
fn spread(line: &Line) -> Vec<Piece> {
    let text = one_line(&line.text);
    let (start, end) = (finite(line.start), finite(line.end).max(finite(line.start)));
    let total = text.chars().count().max(1) as f64;
    let at = |chars: usize| start + (end - start) * chars as f64 / total;
    let mut done = 0;
    // A language without spaces is cut between any two characters.
    let units: Vec<String> = match text.contains(' ') || text.chars().count() <= LINE_CHARS {
        true => text.split_inclusive(' ').map(Into::into).collect(),
        false => text.chars().map(String::from).collect(),
    };
    let pieces = units.into_iter().map(|unit| {
        let (from, to) = (done, done + unit.chars().count());
        done = to;
        Piece { text: unit, start: at(from), end: at(to) }
    });
    pieces.collect()
}

fn finite(seconds: f64) -> f64 {
    if seconds.is_finite() { seconds.max(0.0) } else { 0.0 }
}

/// Breaks at spaces into lines of at most [`LINE_CHARS`], two lines about equally long; where there is no space, anywhere.
fn wrap(text: &str) -> Vec<String> {
    let count = text.chars().count();
    if count == 0 {
        return Vec::new();
    }
    if count <= LINE_CHARS {
        return vec![text.into()];
    }
    let middle = count / 2;
    let spaces = text.char_indices().enumerate().filter(|(_, (_, c))| *c == ' ');
    let fits = |chars: usize| chars <= LINE_CHARS && count - chars - 1 <= LINE_CHARS;
    let best = spaces.filter(|(chars, _)| fits(*chars)).min_by_key(|(chars, _)| chars.abs_diff(middle));
    if let Some((_, (at, _))) = best {
        return vec![text[..at].into(), text[at + 1..].into()];
    }
    // Too much for two lines, or no space where one is needed.
    let (mut lines, mut line) = (Vec::new(), String::new());
    let mut used = 0;
    for unit in text.split_inclusive(' ') {
        let chars = unit.trim_end().chars().count();
        if used > 0 && used + chars > LINE_CHARS {
            lines.push(mem::take(&mut line));
            used = 0;
        }
        for c in unit.chars() {
            if used >= LINE_CHARS && c != ' ' {
                lines.push(mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += 1;
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Word;

    fn spoken(words: usize, seconds: f64) -> Line {
        let word = |n: usize| {
            let start = n as f64 * seconds;
            Word { text: format!(" word{n}"), start, end: start + seconds * 0.9, probability: 1.0 }
        };
        let words: Vec<Word> = (0..words).map(word).collect();
        Line {
            start: 0.0,
            end: words.last().map_or(0.0, |word| word.end),
            speaker: None,
            text: words.iter().map(|word| word.text.as_str()).collect(),
            words,
        }
    }

    fn assert_readable(cues: &[Cue]) {
        for cue in cues {
            assert!(
                cue.lines.len() <= 2 && cue.lines.iter().all(|line| line.chars().count() <= LINE_CHARS),
                "{cue:?}"
            );
            assert!(cue.end > cue.start && cue.end - cue.start <= CUE_SECONDS + 1e-9, "{cue:?}");
        }
        assert!(cues.windows(2).all(|pair| pair[0].end <= pair[1].start + 1e-9), "{cues:?}");
    }

    #[test]
    fn a_short_utterance_stays_whole() {
        let cues = cues(&[spoken(3, 0.5)], Names::Apart);
        assert_eq!(cues.len(), 1);
        assert_eq!(cues[0].lines, ["word0 word1 word2"]);
    }

    #[test]
    fn a_long_one_is_cut_between_words_at_their_times() {
        let line = spoken(200, 0.3);
        let cues = cues(std::slice::from_ref(&line), Names::Apart);
        assert_readable(&cues);
        let text: Vec<&str> = cues.iter().flat_map(|cue| cue.lines.iter().map(String::as_str)).collect();
        assert_eq!(text.join(" "), line.text.trim());
        for cue in &cues {
            let first = cue.lines[0].split(' ').next().unwrap();
            let word = line.words.iter().find(|word| word.text.trim() == first).unwrap();
            assert_eq!(cue.start, word.start);
        }
    }

    #[test]
    fn slow_speech_is_cut_by_time() {
        let cues = cues(&[spoken(12, 1.5)], Names::Apart);
        assert!(cues.len() > 1);
        assert_readable(&cues);
    }

    #[test]
    fn text_without_word_times_is_shared_out() {
        let text = "Some words of an utterance that goes on for quite a while. ".repeat(5);
        let cues = cues(&[Line { start: 10.0, end: 30.0, text, ..Default::default() }], Names::Apart);
        assert_readable(&cues);
        assert_eq!(cues[0].start, 10.0);
        assert!((cues.last().unwrap().end - 30.0).abs() < 0.2);
    }

    #[test]
    fn a_language_without_spaces_is_cut_too() {
        let line = Line { start: 0.0, end: 30.0, text: "会".repeat(200), ..Default::default() };
        let cues = cues(&[line], Names::Apart);
        assert_readable(&cues);
        assert_eq!(
            cues.iter().flat_map(|cue| &cue.lines).map(|line| line.chars().count()).sum::<usize>(),
            200
        );
    }

    #[test]
    fn bad_times_and_empty_texts_do_no_harm() {
        let word = |text: &str, start, end| Word { text: text.into(), start, end, probability: 0.0 };
        let line = Line {
            start: 2.0,
            end: 1.0,
            speaker: Some("\n".into()),
            text: "a b c".into(),
            words: vec![word(" a", 2.0, 1.0), word(" b", f64::NAN, 3.0), word(" c", 1.0, 0.0)],
        };
        let cues = cues(&[line, Line { text: " \n".into(), ..Default::default() }], Names::Apart);
        assert_eq!(cues.len(), 1);
        assert!(cues[0].end > cues[0].start && cues[0].speaker.is_none());
    }

    #[test]
    fn short_ones_are_joined_or_stay_until_they_can_be_read() {
        let said = |start: f64, end: f64, who: &str, text: &str| Line {
            start,
            end,
            speaker: Some(who.into()),
            text: text.into(),
            words: Vec::new(),
        };
        let lines = [
            said(0.0, 0.3, "Ada", "Yes."),
            said(0.4, 1.4, "Ada", "I think so."),
            said(1.5, 1.7, "Bob", "No."),
            said(2.1, 2.4, "Ada", "Why?"),
            said(9.0, 9.2, "Ada", "Go on."),
            said(20.0, 21.0, "Bob", "This is said much faster than anybody can read it."),
            said(30.0, 31.0, "Bob", "So is this, but somebody speaks"),
            said(31.0, 32.0, "Ada", "right after it."),
        ];
        let cues = cues(&lines, Names::Apart);
        let shape: Vec<_> = cues.iter().map(|cue| (cue.lines.join(" "), cue.start, cue.end)).collect();
        let wanted = [
            ("Yes. I think so.", 0.0, 1.4),
            ("No.", 1.5, 2.1),
            ("Why?", 2.1, 3.1),
            ("Go on.", 9.0, 10.0),
            ("This is said much faster than anybody can read it.", 20.0, 20.0 + 49.0 / PACE),
            ("So is this, but somebody speaks", 30.0, 31.0),
            ("right after it.", 31.0, 32.0),
        ];
        assert_eq!(shape.len(), wanted.len(), "{shape:?}");
        for ((text, start, end), (wanted, from, to)) in shape.iter().zip(wanted) {
            assert!(text == wanted && (start - from).abs() + (end - to).abs() < 1e-9, "{text} {start} {end}");
        }
    }

    #[test]
    fn a_name_in_the_text_takes_its_room_from_the_lines() {
        let name = "Maximiliane Wagner-Lindenthal";
        let line = Line { speaker: Some(name.into()), ..spoken(40, 0.3) };
        let cues =
            cues(&[line.clone(), Line { start: 20.0, end: 22.0, words: Vec::new(), ..line }], Names::InText);
        assert_readable(&cues);
        assert!(cues[0].lines[0].starts_with(&format!("{name}: word0")), "{:?}", cues[0]);
        assert_eq!(cues.iter().filter(|cue| cue.lines.join(" ").contains(name)).count(), 1);
    }
}
