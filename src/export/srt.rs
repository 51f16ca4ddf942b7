use super::Document;
use super::cues::{Names, cues};
use super::time::full;

/// Numbered from 1. A change of speaker is marked with the name, as SubRip has no voices.
pub(super) fn render(document: &Document) -> String {
    let cues = cues(&document.segments, Names::InText).into_iter().enumerate().map(|(index, cue)| {
        let (start, end) = (full(cue.start, ','), full(cue.end, ','));
        format!("{}\n{start} --> {end}\n{}\n", index + 1, plain(&cue.lines.join("\n")))
    });
    cues.collect::<Vec<_>>().join("\n")
}

/// Without what a player takes for a tag or a new time; a subtitle has no way to escape them.
fn plain(text: &str) -> String {
    text.replace("-->", "→").replace('<', "‹").replace('>', "›")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    fn line(start: f64, end: f64, speaker: Option<&str>, text: &str) -> Line {
        Line { start, end, speaker: speaker.map(Into::into), text: text.into(), words: Vec::new() }
    }

    #[test]
    fn a_name_is_shown_where_the_speaker_changes() {
        let segments = vec![
            line(0.0, 1.5, Some("Ann"), " Hello."),
            line(1.5, 2.0, Some("Ann"), "Well?"),
            line(2.0, 3.25, Some("Bob"), "Hi."),
        ];
        let expected = "1\n00:00:00,000 --> 00:00:02,000\nAnn: Hello. Well?\n\n\
            2\n00:00:02,000 --> 00:00:03,250\nBob: Hi.\n";
        assert_eq!(render(&Document { segments, ..Default::default() }), expected);
    }

    #[test]
    fn a_text_can_not_forge_a_subtitle() {
        let text = "Hi.\n\n2\n00:00:09,000 --> 00:00:10,000\n<b>No</b>";
        let shown = render(&Document { segments: vec![line(0.0, 1.0, None, text)], ..Default::default() });
        assert_eq!(shown.matches("-->").count(), 1, "{shown}");
        assert!(!shown.contains('<') && !shown.trim_end().contains("\n\n"), "{shown}");
    }
}
