use super::{Document, Line};

/// Pauses up to this length, in seconds, do not end a turn.
const PAUSE: f64 = 0.5;

/// One `SPEAKER` line a turn. Names lose their spaces, as the format separates by them; who is not known has no turn.
pub(super) fn render(document: &Document) -> String {
    let file = document.title.as_deref().map(token).filter(|title| !title.is_empty());
    let file = file.as_deref().unwrap_or("recording");
    let mut turns: Vec<(f64, f64, &str)> = Vec::new();
    for (line, name) in document.segments.iter().filter_map(|line| Some((line, line.speaker.as_deref()?))) {
        let (start, end) = bounds(line);
        match turns.last_mut() {
            Some((_, until, who)) if *who == name && start - *until <= PAUSE => *until = until.max(end),
            _ => turns.push((start, end, name)),
        }
    }
    let lines = turns.into_iter().filter(|(start, end, _)| end > start).map(|(start, end, name)| {
        format!("SPEAKER {file} 1 {start:.3} {:.3} <NA> <NA> {} <NA> <NA>\n", end - start, named(name))
    });
    lines.collect()
}

/// From the first word to the last where there are words: the sound, not the subtitle.
fn bounds(line: &Line) -> (f64, f64) {
    let first = line.words.first().map_or(line.start, |word| word.start);
    (first, line.words.last().map_or(line.end, |word| word.end))
}

fn named(name: &str) -> String {
    match token(name) {
        name if name.is_empty() => "unknown".into(),
        name => name,
    }
}

/// The text as one field.
fn token(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(start: f64, end: f64, speaker: Option<&str>) -> Line {
        Line { start, end, speaker: speaker.map(Into::into), text: "x".into(), words: Vec::new() }
    }

    #[test]
    fn turns_have_start_and_length() {
        let segments = vec![
            line(0.5, 1.0, Some("Speaker 1")),
            line(1.25, 2.0, Some("Speaker 1")),
            line(2.0, 2.5, None),
            line(2.5, 4.0, Some("Speaker 2")),
            line(8.0, 9.0, Some("Speaker 2")),
        ];
        let expected = "SPEAKER recording 1 0.500 1.500 <NA> <NA> Speaker_1 <NA> <NA>\n\
            SPEAKER recording 1 2.500 1.500 <NA> <NA> Speaker_2 <NA> <NA>\n\
            SPEAKER recording 1 8.000 1.000 <NA> <NA> Speaker_2 <NA> <NA>\n";
        assert_eq!(render(&Document { segments, ..Default::default() }), expected);
    }

    #[test]
    fn names_stay_one_field_of_one_line() {
        let title = Some("My \n talk".into());
        let segments = vec![line(0.0, 1.0, Some("A\nSPEAKER b")), line(2.0, 3.0, Some(" \t"))];
        let text = render(&Document { title, segments, ..Default::default() });
        assert!(
            text.lines().all(|line| line.split(' ').count() == 10 && line.starts_with("SPEAKER My_talk ")),
            "{text}"
        );
        assert!(text.contains(" A_SPEAKER_b ") && text.contains(" unknown "), "{text}");
    }
}
