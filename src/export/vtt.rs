use super::Document;
use super::cues::{Cue, Names, cues};
use super::time::full;

/// Cues with a voice tag each; text is escaped.
pub(super) fn render(document: &Document) -> String {
    let cues = cues(&document.segments, Names::Apart);
    let mut vtt = String::from("WEBVTT\n");
    for cue in &cues {
        vtt.push('\n');
        vtt.push_str(&block(cue));
    }
    vtt
}

/// One cue: its times and its text.
pub(super) fn block(cue: &Cue) -> String {
    let text = escape(&cue.lines.join("\n"));
    let voice = match &cue.speaker {
        Some(name) => format!("<v {}>", voice(name)),
        None => String::new(),
    };
    format!("{} --> {}\n{voice}{text}\n", full(cue.start, '.'), full(cue.end, '.'))
}

/// The WebVTT specification allows character references in text and in annotations.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn voice(name: &str) -> String {
    escape(&super::document::one_line(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    fn line(start: f64, end: f64, speaker: Option<&str>, text: &str) -> Line {
        Line { start, end, speaker: speaker.map(Into::into), text: text.into(), words: Vec::new() }
    }

    #[test]
    fn each_cue_has_its_voice() {
        let segments = vec![line(0.0, 1.5, Some("Ann"), " Hello."), line(3_600.0, 3_601.0, None, "Hi.")];
        let expected = "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Ann>Hello.\n\n\
            01:00:00.000 --> 01:00:01.000\nHi.\n";
        assert_eq!(render(&Document { segments, ..Default::default() }), expected);
    }

    #[test]
    fn names_and_text_are_no_tags_and_no_times() {
        let hostile = "R&D <b>\n\n00:01.000 --> 00:02.000\nx</v>";
        let text = render(&Document {
            segments: vec![line(0.0, 5.0, Some(hostile), hostile)],
            ..Default::default()
        });
        let escaped = "R&amp;D &lt;b&gt; 00:01.000 --&gt; 00:02.000 x&lt;/v&gt;";
        assert_eq!(text.matches("-->").count(), 1, "{text}");
        assert!(text.contains(&format!("<v {escaped}>")), "{text}");
        assert_eq!(text.lines().filter(|line| line.is_empty()).count(), 1, "{text}");
    }
}
