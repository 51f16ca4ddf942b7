use super::Document;

/// One line an utterance.
pub(super) fn render(document: &Document) -> String {
    document.segments.iter().map(|line| line.said() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    #[test]
    fn each_utterance_is_a_line() {
        let line = |speaker: Option<&str>, text: &str| Line {
            speaker: speaker.map(Into::into),
            text: text.into(),
            ..Default::default()
        };
        let segments =
            vec![line(Some("Speaker 1"), " Hello."), line(Some("Ann"), "Hi."), line(None, "Noise.")];
        let document = Document { segments, ..Default::default() };
        assert_eq!(render(&document), "Speaker 1: Hello.\nAnn: Hi.\nNoise.\n");
    }
}
