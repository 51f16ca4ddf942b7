use super::Document;
use super::document::one_line;
use super::time::millis;

/// One row an utterance: when it begins and ends in seconds, who says it, and what, as RFC 4180 has it. It begins with a byte order
/// mark, without which spreadsheets take it for another encoding than UTF-8.
pub(super) fn render(document: &Document) -> String {
    let mut csv = String::from("\u{feff}start,end,speaker,text\r\n");
    for line in &document.segments {
        let speaker = cell(line.speaker.as_deref().unwrap_or_default());
        csv.push_str(&format!(
            "{},{},{speaker},{}\r\n",
            seconds(line.start),
            seconds(line.end),
            cell(&line.text)
        ));
    }
    csv
}

fn seconds(at: f64) -> String {
    let millis = millis(at);
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// A text in quotation marks. Spreadsheets calculate what begins as a formula does: an apostrophe makes it text again.
fn cell(text: &str) -> String {
    let text = one_line(text);
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    #[test]
    fn each_utterance_is_a_row_whatever_it_says() {
        let line = |start: f64, speaker: Option<&str>, text: &str| Line {
            start,
            end: start + 1.25,
            speaker: speaker.map(Into::into),
            text: text.into(),
            words: Vec::new(),
        };
        let segments = vec![
            line(0.0, Some("Ada, Countess"), " \"Well\", she\nsaid."),
            line(3_600.5, None, "=HYPERLINK(1)"),
            line(f64::NAN, Some("@x"), ""),
        ];
        let expected = "\u{feff}start,end,speaker,text\r\n\
            0.000,1.250,\"Ada, Countess\",\"\"\"Well\"\", she said.\"\r\n\
            3600.500,3601.750,\"\",\"'=HYPERLINK(1)\"\r\n\
            0.000,0.000,\"'@x\",\"\"\r\n";
        assert_eq!(render(&Document { segments, ..Default::default() }), expected);
    }
}
