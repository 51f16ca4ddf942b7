//! Topics: the transcript in pieces that fit, each divided by the model at line numbers, so that nothing is left out.
use serde_json::Value;

use super::budget::{Budget, transcript_pieces};
use super::client::Client;
use super::lines::{Line, Transcript};
use super::structured::{Prompt, ask};
use super::{prompts, readable, room, schema};
use crate::llm::extractive::topic_count;
use crate::llm::types::{LlmError, Meeting, Topic};

struct Part {
    /// Index of its first line, in the whole transcript.
    first: usize,
    title: String,
    summary: String,
}

pub async fn topics(client: &Client, budget: Budget, meeting: &Meeting) -> Result<Vec<Topic>, LlmError> {
    let transcript = Transcript::new(meeting);
    let lines = &transcript.lines;
    let end = lines.iter().map(|line| line.end).fold(meeting.duration, f64::max);
    let wanted = topic_count(end);
    let system = prompts::system(&meeting.language);
    let room = room(budget, &system, &prompts::topics("", wanted))?;
    let mut parts: Vec<Part> = Vec::new();
    for piece in transcript_pieces(lines, room) {
        let share = piece.len() as f64 / lines.len() as f64;
        let count = ((wanted as f64 * share).round() as usize).max(1);
        let slice = &lines[piece.clone()];
        let prompt = Prompt {
            name: "topics",
            user: prompts::topics(&shown(slice), count),
            system: system.clone(),
            schema: schema::topics(2 * count + 1),
            temperature: 0.3,
        };
        parts.extend(ask(client, budget, &prompt, |value| read(value, piece.start, slice.len())).await?);
    }
    // People who start to speak together would give a topic of no length.
    parts.dedup_by(|next, part| lines[next.first].start <= lines[part.first].start.max(0.0));
    Ok(parts
        .iter()
        .enumerate()
        .map(|(i, part)| Topic {
            title: part.title.clone(),
            summary: part.summary.clone(),
            start: if i == 0 { 0.0 } else { lines[part.first].start },
            end: parts.get(i + 1).map_or(end, |next| lines[next.first].start),
        })
        .collect())
}

/// Lines as a prompt shows them, numbered from 1.
pub fn shown(lines: &[Line]) -> String {
    lines.iter().enumerate().map(|(i, line)| line.shown(i + 1)).collect()
}

fn read(value: &Value, offset: usize, lines: usize) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for topic in value["topics"].as_array().into_iter().flatten() {
        let number = topic["first_line"].as_i64().unwrap_or_default();
        if number < 1 || number > lines as i64 {
            return Err(format!("first_line must be from 1 to {lines}"));
        }
        let title = readable(topic["title"].as_str().unwrap_or_default(), 12);
        if title.is_empty() {
            return Err("a title is empty or no title".into());
        }
        let summary = topic["summary"].as_str().unwrap_or_default().trim().to_owned();
        parts.push(Part { first: offset + number as usize - 1, title, summary });
    }
    parts.sort_by_key(|part| part.first);
    parts.dedup_by_key(|part| part.first);
    // What comes before the first topic belongs to it.
    if let Some(first) = parts.first_mut() {
        first.first = offset;
    }
    Ok(parts)
}
