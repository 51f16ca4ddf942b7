//! Speech that a window's words pass over.
//!
//! Where much the same is said again and again Whisper leaves some of it out. Nothing in its tokens tells: but somebody was heard speaking, and
//! no word lies there. Such a hole is heard once more, each of its utterances by itself.

use super::windows::Window;
use crate::speech::vad::Span;
use crate::speech::{Segment, Word};

/// Seconds of speech without a word that are heard again.
const WORTH_IT: f64 = 2.0;
/// What is shorter is the end of a word. Seconds.
const SLIVER: f64 = 0.3;
/// Silence kept before and after. Seconds.
const PAD: f64 = 0.2;

/// The holes between the words of a window's segments, before `until`; none where there is no word at all, for that was decided.
pub fn holes(window: &Window, segments: &[Segment], until: f64) -> Vec<Window> {
    let words: Vec<&Word> = segments.iter().flat_map(|segment| &segment.words).collect();
    if words.is_empty() || window.again {
        return vec![];
    }
    let begins = std::iter::once(window.start).chain(words.iter().map(|word| word.end));
    let ends = words.iter().map(|word| word.start).chain([until]);
    begins.zip(ends).flat_map(|(start, end)| hole(window, start, end)).collect()
}

fn hole(window: &Window, start: f64, end: f64) -> Vec<Window> {
    let within = |span: &Span| Span { start: span.start.max(start), end: span.end.min(end) };
    let speech: Vec<Span> =
        window.speech.iter().map(within).filter(|span| span.end - span.start > SLIVER).collect();
    if !is_worth_it(&speech) {
        return vec![];
    }
    let mut free = start;
    let window = |speech: Vec<Span>| {
        let (first, last) = (speech.first()?, speech.last()?);
        let (start, speech_end) = ((first.start - PAD).max(free), last.end);
        free = (speech_end + PAD).min(end);
        Some(Window { start, end: free, speech_end, speech, again: true })
    };
    utterances(speech).into_iter().filter_map(window).collect()
}

fn is_worth_it(speech: &[Span]) -> bool {
    speech.iter().map(|span| span.end - span.start).sum::<f64>() >= WORTH_IT
}

/// Speech between pauses, what is short together with what comes after it: all in one go, Whisper would leave out the same of it again.
fn utterances(speech: Vec<Span>) -> Vec<Vec<Span>> {
    let mut parts: Vec<Vec<Span>> = Vec::new();
    for span in speech {
        match parts.last_mut().filter(|part| !is_worth_it(part)) {
            Some(part) => part.push(span),
            None => parts.push(vec![span]),
        }
    }
    if let Some(short) = parts.pop_if(|part| !is_worth_it(part)) {
        parts.last_mut().unwrap_or(&mut vec![]).extend(short);
    }
    parts
}

/// Segments in order of time; one with another between its words is split there.
pub fn in_order(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by(|a, b| a.start.total_cmp(&b.start));
    let mut ordered: Vec<Segment> = Vec::with_capacity(segments.len());
    for next in segments {
        let inside = |before: &&mut Segment| before.words.last().is_some_and(|word| word.start >= next.end);
        let Some(before) = ordered.last_mut().filter(inside) else {
            ordered.push(next);
            continue;
        };
        let after = before.words.split_off(before.words.partition_point(|word| word.start < next.start));
        let whole = std::mem::take(&mut before.words);
        ordered.pop();
        ordered.extend([of(whole), Some(next), of(after)].into_iter().flatten());
    }
    ordered
}

fn of(words: Vec<Word>) -> Option<Segment> {
    let (start, end) = (words.first()?.start, words.last()?.end);
    let text: String = words.iter().map(|word| word.text.as_str()).collect();
    Some(Segment { start, end, text: text.trim().to_owned(), words })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(words: &[(f64, f64)]) -> Segment {
        let word = |(start, end): &(f64, f64)| Word {
            text: format!(" w{start}"),
            start: *start,
            end: *end,
            probability: 0.9,
        };
        of(words.iter().map(word).collect()).unwrap()
    }

    fn window(speech: &[(f64, f64)]) -> Window {
        let speech: Vec<Span> = speech.iter().map(|(start, end)| Span { start: *start, end: *end }).collect();
        let end = speech.last().unwrap().end;
        Window { start: 10.0, end: end + 0.4, speech_end: end, speech, again: false }
    }

    #[test]
    fn speech_without_words_is_heard_again_and_silence_is_not() {
        let window = window(&[(10.2, 14.0), (16.0, 19.0), (24.0, 26.0), (26.5, 30.0)]);
        let heard =
            [segment(&[(10.3, 10.9), (11.0, 13.8)]), segment(&[(23.9, 24.5), (25.0, 26.0), (29.0, 29.9)])];
        let [middle, late] = holes(&window, &heard, 30.0).try_into().unwrap();
        assert!((middle.start - 15.8).abs() < 1e-9 && (middle.end - 19.2).abs() < 1e-9 && middle.again);
        assert_eq!((middle.speech_end, middle.speech), (19.0, vec![Span { start: 16.0, end: 19.0 }]));
        assert!((late.start - 26.3).abs() < 1e-9 && late.end == 29.0);
        // Each utterance by itself, in silence of its own; what is short goes with another.
        let heard = [segment(&[(10.3, 15.0), (27.5, 30.0)])];
        let [first, second] = holes(&window, &heard, 30.0).try_into().unwrap();
        assert_eq!((first.speech.len(), second.speech.len()), (1, 2));
        assert!((first.end - 19.2).abs() < 1e-9 && (second.start - 23.8).abs() < 1e-9 && second.end == 27.5);
        // What follows the last word is somebody else's where it is decoded again anyway.
        let heard = [segment(&[(10.3, 12.0), (12.1, 18.0)])];
        assert_eq!(holes(&window, &heard, 20.0), []);
        assert_eq!(holes(&window, &heard, 30.0).len(), 2);
        assert_eq!(holes(&Window { again: true, ..window.clone() }, &heard, 30.0), [], "once");
        assert_eq!(holes(&window, &[], 30.0), [], "nobody was found to speak");
    }

    #[test]
    fn a_segment_is_split_where_words_were_left_out() {
        let whole = segment(&[(1.0, 1.5), (2.0, 2.5), (9.0, 9.5), (20.0, 20.5)]);
        let (first, second, next) =
            (segment(&[(3.0, 4.0), (5.0, 6.0)]), segment(&[(12.0, 13.0)]), segment(&[(21.0, 22.0)]));
        let ordered = in_order(vec![whole, next.clone(), second.clone(), first.clone()]);
        let texts: Vec<&str> = ordered.iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(texts, ["w1 w2", "w3 w5", "w9", "w12", "w20", "w21"]);
        assert_eq!((ordered[0].start, ordered[0].end), (1.0, 2.5));
        assert_eq!([&ordered[1], &ordered[3], &ordered[5]], [&first, &second, &next]);
        assert_eq!(in_order(vec![]), []);
    }
}
