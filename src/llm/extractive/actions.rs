//! Decisions and next steps by what people say when they decide or promise. Rather none than wrong ones.
use std::collections::HashSet;

use super::cues::{self, Cues};
use crate::llm::text::Unit;
use crate::llm::types::ActionItem;

/// Items of one kind at most.
const MOST: usize = 20;

/// Decisions and next steps in time order; `speakers` are the meeting's labels.
pub fn find(units: &[Unit], code: &str, speakers: &HashSet<&str>) -> (Vec<ActionItem>, Vec<ActionItem>) {
    let (mut decisions, mut steps) = (Vec::new(), Vec::new());
    let Some(cues) = cues::of(code) else { return (decisions, steps) };
    for unit in units {
        // A fragment tells no one what to do.
        if unit.content().len() < 2 || unit.tokens.len() < 4 || unit.tokens.len() > 40 {
            continue;
        }
        let words: Vec<&str> = unit.tokens.iter().map(|token| token.norm.as_str()).collect();
        let question = unit.text.ends_with('?');
        if !question && first(&words, cues.decided).is_some() {
            decisions.push(item(unit, None, None));
        } else if let Some(assignee) = step(unit, &words, cues, speakers, question) {
            steps.push(item(unit, assignee, deadline(unit, &words, cues)));
        }
    }
    decisions.truncate(MOST);
    steps.truncate(MOST);
    (decisions, steps)
}

fn item(unit: &Unit, assignee: Option<String>, deadline: Option<String>) -> ActionItem {
    ActionItem {
        text: unit.text.clone(),
        assignee,
        deadline,
        context: None,
        start: unit.start,
        end: unit.end,
    }
}

/// If the sentence is a next step: who is to do it, as far as that is said.
fn step(
    unit: &Unit,
    words: &[&str],
    cues: &Cues,
    speakers: &HashSet<&str>,
    question: bool,
) -> Option<Option<String>> {
    let deed = words.iter().any(|word| cues.deeds.contains(word));
    if !deed || words.iter().any(|word| cues.not.contains(word)) {
        return None;
    }
    if let Some(at) = first(words, cues.request) {
        // "Dev, can you ...": who is spoken to comes first.
        let called = (at == 1 && is_name(unit, 0)).then(|| canonical(unit, 0, speakers));
        return Some(called);
    }
    if question {
        return None;
    }
    if first(words, cues.promise).is_some() {
        return Some(Some(unit.speaker.clone()).filter(|speaker| !speaker.is_empty()));
    }
    if let Some(name) = named(unit, words, cues, speakers) {
        return Some(Some(name));
    }
    first(words, cues.duty).map(|_| None)
}

/// "Anna will": a capitalised word that is no sentence's first function word, or a speaker's name, before the cue.
fn named(unit: &Unit, words: &[&str], cues: &Cues, speakers: &HashSet<&str>) -> Option<String> {
    let at = first(words, cues.will)?;
    let before = at.checked_sub(1)?;
    if speakers.iter().any(|speaker| speaker.to_lowercase() == words[before]) {
        return Some(canonical(unit, before, speakers));
    }
    // Two words before the cue are a noun phrase ("The Installer must"), not a name.
    let alone = at == 1 || !unit.tokens[at - 2].content;
    let article = at > 1 && ["the", "a", "der", "die", "das", "le", "la", "el"].contains(&words[at - 2]);
    (alone && !article && is_name(unit, before)).then(|| canonical(unit, before, speakers))
}

/// Written like a name: a capital and small letters, and no function word.
fn is_name(unit: &Unit, at: usize) -> bool {
    let spoken = &unit.text[unit.tokens[at].range.clone()];
    unit.tokens[at].content
        && spoken.starts_with(char::is_uppercase)
        && spoken.chars().skip(1).all(|c| c.is_lowercase() || c == '-')
}

/// The speaker's label if the word is one, else the word.
fn canonical(unit: &Unit, at: usize, speakers: &HashSet<&str>) -> String {
    let spoken = &unit.text[unit.tokens[at].range.clone()];
    let speaker = speakers.iter().find(|speaker| speaker.to_lowercase() == unit.tokens[at].norm);
    speaker.map_or(spoken, |speaker| speaker).to_owned()
}

fn deadline(unit: &Unit, words: &[&str], cues: &Cues) -> Option<String> {
    for (from, _) in words.iter().enumerate().filter(|(_, word)| cues.deadline.contains(word)) {
        let to = (from + 6).min(words.len());
        let last = (from..to).rev().find(|&i| cues.dates.contains(&words[i]));
        let Some(last) = last else { continue };
        let range = unit.tokens[from].range.start..unit.tokens[last].range.end;
        let text = &unit.text[range];
        if !text.contains([',', ';', '.']) {
            return Some(text.to_owned());
        }
    }
    None
}

/// Where the first of `cues` starts in `words`.
fn first(words: &[&str], cues: &[&str]) -> Option<usize> {
    cues.iter()
        .filter_map(|cue| {
            let cue: Vec<&str> = cue.split(' ').collect();
            words.windows(cue.len()).position(|window| window == cue)
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::types::{Meeting, Utterance};

    fn found(language: &str, text: &str) -> (Vec<ActionItem>, Vec<ActionItem>) {
        let utterance =
            Utterance { speaker: "Bob".into(), start: 0.0, end: 9.0, text: text.into(), words: vec![] };
        let meeting = Meeting { language: language.into(), duration: 9.0, utterances: vec![utterance] };
        let (language, units) = crate::llm::text::units(&meeting);
        find(&units, &language.code, &HashSet::from(["Bob", "Speaker 2"]))
    }

    #[test]
    fn promises_and_duties() {
        let (decisions, steps) = found(
            "en",
            "We decided to keep the old installer. Anna will write the release notes by Friday. I'll test the API tomorrow. \
             The weather will be fine. Can you send me the budget? I will not write the notes. We need to fix the search page.",
        );
        assert_eq!(decisions.len(), 1);
        let people: Vec<Option<&str>> = steps.iter().map(|step| step.assignee.as_deref()).collect();
        assert_eq!(people, [Some("Anna"), Some("Bob"), None, None]);
        assert_eq!(steps[0].deadline.as_deref(), Some("by Friday"));
        assert_eq!(steps[1].deadline.as_deref(), Some("tomorrow"));
    }

    #[test]
    fn other_languages() {
        assert_eq!(
            found("de", "Wir müssen bis Freitag den Bericht schreiben.").1[0].deadline.as_deref(),
            Some("bis Freitag")
        );
        assert_eq!(found("fr", "Je vais envoyer le rapport demain.").1[0].assignee.as_deref(), Some("Bob"));
        assert_eq!(found("es", "Tenemos que revisar el presupuesto.").1.len(), 1);
        assert!(found("xx", "We need to fix the search page.").1.is_empty());
    }
}
