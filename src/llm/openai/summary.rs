//! Long summary and action items topic by topic, then the short summary from the long one; every sentence leads back to lines.
use serde_json::Value;

use super::budget::{Budget, estimate, pieces, transcript_pieces};
use super::client::Client;
use super::lines::Transcript;
use super::structured::{Prompt, ask};
use super::topics::shown;
use super::{prompts, room, schema};
use crate::llm::types::{ActionItem, LlmError, Meeting, Section, Sentence, Summary, Topic};

/// A sentence with the lines (indices) that it rests on.
#[derive(Clone)]
struct Cited {
    text: String,
    lines: Vec<usize>,
}

/// What the model made of one piece of a topic.
#[derive(Default)]
struct Notes {
    sentences: Vec<Cited>,
    decisions: Vec<(Cited, Value)>,
    steps: Vec<(Cited, Value)>,
}

/// What every step of the summary needs.
struct Minutes<'a> {
    client: &'a Client,
    budget: Budget,
    system: String,
    transcript: Transcript,
}

pub async fn summarize(
    client: &Client,
    budget: Budget,
    meeting: &Meeting,
    topics: &[Topic],
) -> Result<Summary, LlmError> {
    let minutes = Minutes {
        client,
        budget,
        system: prompts::system(&meeting.language),
        transcript: Transcript::new(meeting),
    };
    let mut summary = Summary::default();
    if minutes.transcript.lines.is_empty() {
        return Ok(summary);
    }
    let mut everything: Vec<Cited> = Vec::new();
    for topic in topics {
        let count = (((topic.end - topic.start) / 90.0).ceil() as usize + 1).clamp(2, 6);
        let mut notes = minutes.notes(topic, count).await?;
        if notes.sentences.len() > count + 2 {
            notes.sentences = minutes.condense(notes.sentences, count).await?;
        }
        let sentences = minutes.timed(&notes.sentences);
        if !sentences.is_empty() {
            summary.long.push(Section { heading: topic.title.clone(), sentences });
        }
        summary
            .decisions
            .extend(notes.decisions.iter().filter_map(|(item, fields)| minutes.decision(item, fields)));
        summary.next_steps.extend(notes.steps.iter().filter_map(|(item, fields)| minutes.step(item, fields)));
        everything.extend(notes.sentences);
    }
    let count = if meeting.duration < 600.0 { 2 } else { 4 };
    let short =
        if everything.len() > count { minutes.condense(everything, count).await? } else { everything };
    summary.short = minutes.timed(&short);
    summary.decisions.sort_by(|a, b| a.start.total_cmp(&b.start));
    summary.next_steps.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(summary)
}

impl Minutes<'_> {
    /// The minutes of one topic, in as many questions as its length needs.
    async fn notes(&self, topic: &Topic, count: usize) -> Result<Notes, LlmError> {
        let part = self.transcript.between(topic.start, topic.end);
        let lines = &self.transcript.lines[part.clone()];
        let room = room(self.budget, &self.system, &prompts::notes("", &topic.title, count))?;
        let mut all = Notes::default();
        for piece in transcript_pieces(lines, room) {
            let slice = &lines[piece.clone()];
            let prompt = Prompt {
                name: "minutes",
                system: self.system.clone(),
                user: prompts::notes(&shown(slice), &topic.title, count),
                schema: schema::notes(count + 4),
                temperature: 0.3,
            };
            let offset = part.start + piece.start;
            let found = ask(self.client, self.budget, &prompt, |value| {
                let cited = |item: &Value| cited(item, slice.len(), |i| vec![offset + i]);
                let sentences = list(value, "sentences").filter_map(cited).collect::<Vec<_>>();
                if sentences.is_empty() {
                    return Err("all sentences are empty".into());
                }
                let items = |key: &str| {
                    list(value, key).filter_map(|item| Some((cited(item)?, item.clone()))).collect::<Vec<_>>()
                };
                Ok(Notes { sentences, decisions: items("decisions"), steps: items("next_steps") })
            })
            .await?;
            all.sentences.extend(found.sentences);
            all.decisions.extend(found.decisions);
            all.steps.extend(found.steps);
        }
        Ok(all)
    }

    /// The most important of many sentences in `count`; in several rounds if they don't fit one question.
    async fn condense(&self, mut sentences: Vec<Cited>, count: usize) -> Result<Vec<Cited>, LlmError> {
        let room = room(self.budget, &self.system, &prompts::condense("", count))?;
        loop {
            let shown = |i: usize, sentence: &Cited| format!("[{i}] {}\n", sentence.text);
            let sizes: Vec<usize> =
                sentences.iter().map(|sentence| estimate(&shown(sentences.len(), sentence))).collect();
            let runs = pieces(&sizes, room);
            let last = runs.len() == 1;
            let before = sentences.len();
            let mut shorter = Vec::new();
            for run in runs {
                let slice = &sentences[run];
                if slice.len() <= count.min(2) && !last {
                    shorter.extend_from_slice(slice);
                    continue;
                }
                let material: String =
                    slice.iter().enumerate().map(|(i, sentence)| shown(i + 1, sentence)).collect();
                // In a round that is not the last, every piece must shrink.
                let count = if last { count } else { count.min(slice.len() / 2) };
                let prompt = Prompt {
                    name: "summary",
                    system: self.system.clone(),
                    user: prompts::condense(&material, count),
                    schema: schema::sentences(count + 2),
                    temperature: 0.3,
                };
                let found = ask(self.client, self.budget, &prompt, |value| {
                    let cited = |item: &Value| cited(item, slice.len(), |i| slice[i].lines.clone());
                    let found: Vec<Cited> = list(value, "sentences").filter_map(cited).collect();
                    if found.is_empty() { Err("all sentences are empty".into()) } else { Ok(found) }
                });
                shorter.extend(found.await?);
            }
            if last {
                return Ok(shorter);
            }
            if shorter.len() >= before {
                // Can't shrink further: what is left is short enough for no one, so take from all over.
                return Ok(shorter
                    .iter()
                    .step_by(shorter.len().div_ceil(count.max(1)).max(1))
                    .cloned()
                    .collect());
            }
            sentences = shorter;
        }
    }

    /// Sentences with their times, in time order; those that rest on nothing are dropped.
    fn timed(&self, sentences: &[Cited]) -> Vec<Sentence> {
        let timed = sentences.iter().filter_map(|sentence| {
            let (start, end) = self.transcript.moment(&sentence.text, &sentence.lines)?;
            Some(Sentence { text: sentence.text.clone(), start, end })
        });
        let mut timed: Vec<Sentence> = timed.collect();
        timed.sort_by(|a, b| a.start.total_cmp(&b.start));
        timed
    }

    fn decision(&self, item: &Cited, fields: &Value) -> Option<ActionItem> {
        self.item(item, &fields["by"], None, filled(&fields["reason"]))
    }

    fn step(&self, item: &Cited, fields: &Value) -> Option<ActionItem> {
        self.item(item, &fields["who"], filled(&fields["deadline"]), None)
    }

    fn item(
        &self,
        item: &Cited,
        person: &Value,
        deadline: Option<String>,
        context: Option<String>,
    ) -> Option<ActionItem> {
        let (start, end) = self.transcript.moment(&item.text, &item.lines)?;
        let assignee = filled(person).and_then(|name| self.transcript.person(&name));
        Some(ActionItem { text: item.text.clone(), assignee, deadline, context, start, end })
    }
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// A sentence and the valid ones of its citations (numbered from 1 to `count`), each as the lines behind it.
fn cited(item: &Value, count: usize, behind: impl Fn(usize) -> Vec<usize>) -> Option<Cited> {
    let text = filled(&item["text"])?;
    let numbers = list(item, "lines").filter_map(Value::as_i64).filter(|&n| n >= 1 && n <= count as i64);
    let lines = numbers.flat_map(|n| behind(n as usize - 1)).collect();
    Some(Cited { text, lines })
}

/// Text that says something; models fill in "none" where nothing is to be said.
fn filled(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    let empty =
        ["", "...", "…", "-", "none", "n/a", "null", "unknown", "not specified", "not said", "not stated"];
    (!empty.contains(&text.to_lowercase().as_str())).then(|| text.to_owned())
}
