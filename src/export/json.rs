use serde::Serialize;
use utoipa::ToSchema;

use super::Document;

/// The `json` format. Times in seconds.
#[derive(Serialize, ToSchema)]
#[schema(as = FileTranscript)]
pub struct Transcript<'a> {
    text: String,
    language: &'a str,
    duration: f64,
    /// What people wrote about it, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    segments: Vec<Segment<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FileSegment)]
struct Segment<'a> {
    start: f64,
    end: f64,
    speaker: Option<&'a str>,
    text: &'a str,
    words: Vec<Word<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FileWord)]
struct Word<'a> {
    text: &'a str,
    start: f64,
    end: f64,
    speaker: Option<&'a str>,
    probability: f64,
}

pub(super) fn render(document: &Document) -> String {
    let texts: Vec<&str> =
        document.segments.iter().map(|line| line.text.trim()).filter(|text| !text.is_empty()).collect();
    let segments = document.segments.iter().map(|line| {
        let speaker = line.speaker.as_deref();
        let words = line.words.iter().map(|word| Word {
            text: &word.text,
            start: thousandths(word.start),
            end: thousandths(word.end),
            speaker,
            probability: thousandths(word.probability.into()),
        });
        Segment {
            start: thousandths(line.start),
            end: thousandths(line.end),
            speaker,
            text: line.text.trim(),
            words: words.collect(),
        }
    });
    let transcript = Transcript {
        text: texts.join(" "),
        language: &document.language,
        duration: thousandths(document.duration),
        notes: document.notes.as_deref(),
        segments: segments.collect(),
    };
    let mut json = serde_json::to_string_pretty(&transcript).unwrap_or_else(|_| "{}".into());
    json.push('\n');
    json
}

/// Finer than any clock here; keeps binary fractions out of the file.
fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::export::Line;
    use crate::model::Word;

    #[test]
    fn segments_and_words_carry_times_and_speaker() {
        let word = |text: &str, start, end| Word { text: text.into(), start, end, probability: 0.9 };
        let line = Line {
            start: 0.1 + 0.2,
            end: 1.0,
            speaker: Some("Ann \"A\"\n".into()),
            text: " Hi there.".into(),
            words: vec![word(" Hi", 0.3, 0.5), word(" there.", 0.5, 1.0)],
        };
        let bare = Line { start: 1.0, end: 2.0, text: "So.".into(), ..Default::default() };
        let document = Document {
            language: "en".into(),
            duration: 2.0,
            segments: vec![line, bare],
            ..Default::default()
        };
        let value: serde_json::Value = serde_json::from_str(&render(&document)).unwrap();
        let name = "Ann \"A\"\n";
        assert_eq!(
            value,
            json!({"text": "Hi there. So.", "language": "en", "duration": 2.0, "segments": [
                {"start": 0.3, "end": 1.0, "speaker": name, "text": "Hi there.", "words": [
                    {"text": " Hi", "start": 0.3, "end": 0.5, "speaker": name, "probability": 0.9},
                    {"text": " there.", "start": 0.5, "end": 1.0, "speaker": name, "probability": 0.9}]},
                {"start": 1.0, "end": 2.0, "speaker": null, "text": "So.", "words": []}]})
        );
        let noted = Document { notes: Some("Ask Ann.\n- twice".into()), ..document };
        let value: serde_json::Value = serde_json::from_str(&render(&noted)).unwrap();
        assert_eq!(value["notes"], "Ask Ann.\n- twice");
    }
}
