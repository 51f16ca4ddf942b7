use chrono::{DateTime, Utc};

use super::Words;
use crate::model::Word;

/// What there is to export. Everything but `segments` may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub title: Option<String>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// Two-letter code of the language spoken.
    pub language: String,
    /// Seconds.
    pub duration: f64,
    /// In order of start.
    pub segments: Vec<Line>,
    /// A sentence or a few.
    pub short_summary: Option<String>,
    /// Markdown.
    pub long_summary: Option<String>,
    /// The sentences of both, with the times that they rest on; none where a person wrote the text.
    pub short_sentences: Vec<Sentence>,
    pub long_sentences: Vec<Sentence>,
    pub decisions: Vec<String>,
    pub next_steps: Vec<String>,
    /// What people wrote about it, plain text with line breaks; `None` also where whoever asks is not to have it.
    pub notes: Option<String>,
    /// In order of start.
    pub topics: Vec<Topic>,
    /// What formats for people say by themselves.
    pub words: Words,
}

/// One utterance of one speaker. Times are seconds from the start of the recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub start: f64,
    pub end: f64,
    /// The name to show; `None` where speakers are not told apart.
    pub speaker: Option<String>,
    pub text: String,
    /// May be empty; otherwise their texts together are `text`.
    pub words: Vec<Word>,
}

/// A sentence of a summary, and the seconds of the recording that it rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence {
    /// Of the section it stands in.
    pub heading: Option<String>,
    pub text: String,
    pub start: f64,
    pub end: f64,
}

/// What a stretch of the recording is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    pub title: String,
    pub summary: String,
    pub start: f64,
    pub end: f64,
}

impl Document {
    /// Names of those who speak, in order of first appearance.
    pub(super) fn speakers(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for name in self.segments.iter().filter_map(|line| line.speaker.as_deref()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl Line {
    /// `Name: text`, or the text alone, on one line.
    pub(super) fn said(&self) -> String {
        let text = one_line(&self.text);
        match &self.speaker {
            Some(name) => format!("{}: {text}", one_line(name)),
            None => text,
        }
    }
}

/// The text without line breaks, control characters and repeated spaces, so that it stays the line it is put on.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    add_line(&mut line, text);
    line
}

/// The same behind what is there already.
pub(super) fn add_line(line: &mut String, text: &str) {
    let from = line.len();
    // Line and paragraph separators are white space, too.
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if line.len() > from {
            line.push(' ');
        }
        line.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_start_a_line_of_its_own() {
        let line = Line {
            speaker: Some("Eve\r\nBob".into()),
            text: " Hi.\u{2028}Bob: No.\u{0} \t".into(),
            ..Default::default()
        };
        assert_eq!(line.said(), "Eve Bob: Hi. Bob: No.");
    }
}
