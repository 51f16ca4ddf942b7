//! From the transcript that is shown to what the formats are made from.

use super::{Document, Line, Sentence, Topic, Words};
use crate::model::{ActionKind, Segment, SummaryKind, Transcript, TranscriptView};

/// What to call a transcript: its title, else its name.
pub fn shown_title<'t>(title: Option<&'t str>, transcript: &'t Transcript) -> &'t str {
    given_title(title, transcript).unwrap_or("Untitled")
}

fn given_title<'t>(title: Option<&'t str>, transcript: &'t Transcript) -> Option<&'t str> {
    [title, Some(transcript.name.as_str())]
        .into_iter()
        .flatten()
        .map(str::trim)
        .find(|title| !title.is_empty())
}

/// The transcript, or those of its segments that are wanted, as exports take it, without its notes; what it says by itself is in English.
pub fn of<'s>(view: &TranscriptView, segments: impl IntoIterator<Item = &'s Segment>) -> Document {
    let names = view.speaker_names();
    with(view, segments, Words::default(), |speaker| names.name(speaker))
}

/// The same in other words; `name`: what to call a voice, by its number.
pub fn with<'s>(
    view: &TranscriptView,
    segments: impl IntoIterator<Item = &'s Segment>,
    words: Words,
    name: impl Fn(i32) -> String,
) -> Document {
    let line = |segment: &Segment| Line {
        start: segment.start,
        end: segment.end,
        speaker: segment.speaker.map(&name),
        text: segment.text.clone(),
        words: segment.words.clone(),
    };
    let topic = |topic: &crate::model::Topic| Topic {
        title: topic.title.clone(),
        summary: topic.summary.clone(),
        start: topic.start,
        end: topic.end,
    };
    let sentences = |kind| {
        let sentence = |one: &crate::model::SummarySentence| Sentence {
            heading: one.heading.clone(),
            text: one.text.clone(),
            start: one.start,
            end: one.end,
        };
        view.shown_sentences(kind).map(sentence).collect()
    };
    let items =
        |kind| view.actions.iter().filter(|item| item.kind == kind).map(|item| item.text.clone()).collect();
    Document {
        title: Some(
            given_title(view.title.as_deref(), &view.transcript).unwrap_or(&words.untitled).to_owned(),
        ),
        created_at: Some(view.transcript.created_at),
        language: view.language().to_owned(),
        duration: view.transcript.seconds(),
        segments: segments.into_iter().map(line).collect(),
        short_summary: view.short_summary.clone(),
        long_summary: view.long_summary.clone(),
        short_sentences: sentences(SummaryKind::Short),
        long_sentences: sentences(SummaryKind::Long),
        decisions: items(ActionKind::Decision),
        next_steps: items(ActionKind::NextStep),
        notes: None,
        topics: view.topics.iter().map(topic).collect(),
        words,
    }
}
