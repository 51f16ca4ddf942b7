//! Understanding without a language model: what is said most tellingly is picked out, nothing is rephrased.
//!
//! Works on sentences and their content words (`super::text`), so any language will do; the cues of decisions and next
//! steps are known in a few. Every result rests on words that were said, at the time when they were said.
mod actions;
mod cues;
mod phrases;
mod rank;
mod segment;

pub use segment::topic_count;

use std::collections::HashSet;

use super::text::{Language, Unit, units};
use super::types::{Meeting, Section, Sentence, Summary, Topic};
use rank::Weights;

/// The label of results made here.
pub const METHOD: &str = "extractive";

/// Topics by lexical change; they cover `[0, duration]` without gaps or overlap. None if nothing was said.
#[must_use]
pub fn topics(meeting: &Meeting) -> Vec<Topic> {
    let (language, units) = units(meeting);
    let end = units.iter().map(|unit| unit.end).fold(meeting.duration, f64::max);
    let parts = segment::segment(&units, end);
    let mut titles: Vec<String> = Vec::new();
    let mut topics = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let scope = &units[part.clone()];
        let weights = Weights::new(scope, &units);
        let title = phrases::telling(scope, &language, &weights, 1, &titles);
        titles.push(title.clone());
        let summary = rank::best(scope, &weights, 1).first().map(|&best| scope[best].text.clone());
        topics.push(Topic {
            title,
            summary: summary.unwrap_or_default(),
            start: if i == 0 { 0.0 } else { scope[0].start },
            end: parts.get(i + 1).map_or(end, |next| units[next.start].start),
        });
    }
    topics
}

/// The most telling phrase of the whole meeting, or two; empty if nothing was said.
#[must_use]
pub fn title(meeting: &Meeting, _topics: &[Topic]) -> String {
    let (language, units) = units(meeting);
    let weights = Weights::new(&units, &units);
    phrases::telling(&units, &language, &weights, 2, &[])
}

/// The best sentences of the whole and of each topic, and what was plainly decided or promised.
#[must_use]
pub fn summarize(meeting: &Meeting, topics: &[Topic]) -> Summary {
    let (language, units) = units(meeting);
    let weights = Weights::new(&units, &units);
    let count = match meeting.duration / 60.0 {
        minutes if minutes < 5.0 || units.len() < 12 => 2,
        minutes if minutes < 30.0 => 3,
        _ => 4,
    };
    let short = rank::best(&units, &weights, count).into_iter().map(|i| sentence(&units[i])).collect();
    let long = topics.iter().filter_map(|topic| section(topic, &units)).collect();
    let (decisions, next_steps) = items(meeting, &language, &units);
    Summary { short, long, decisions, next_steps }
}

fn section(topic: &Topic, units: &[Unit]) -> Option<Section> {
    let from = units.partition_point(|unit| unit.start < topic.start - 0.005);
    let to = units.partition_point(|unit| unit.start < topic.end - 0.005).max(from);
    let scope = &units[from..to];
    let weights = Weights::new(scope, units);
    let count = (((topic.end - topic.start) / 120.0).ceil() as usize + 1).clamp(2, 4);
    let sentences: Vec<Sentence> =
        rank::best(scope, &weights, count).into_iter().map(|i| sentence(&scope[i])).collect();
    (!sentences.is_empty()).then(|| Section { heading: topic.title.clone(), sentences })
}

fn sentence(unit: &Unit) -> Sentence {
    Sentence { text: unit.text.clone(), start: unit.start, end: unit.end }
}

fn items(
    meeting: &Meeting,
    language: &Language,
    units: &[Unit],
) -> (Vec<super::ActionItem>, Vec<super::ActionItem>) {
    let speakers: HashSet<&str> =
        meeting.utterances.iter().map(|utterance| utterance.speaker.as_str()).collect();
    actions::find(units, &language.code, &speakers)
}

#[cfg(test)]
mod tests;
