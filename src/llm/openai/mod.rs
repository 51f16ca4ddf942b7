//! Understanding by a language model behind an OpenAI-compatible chat endpoint, whatever its context window.
//!
//! The transcript goes to the model in numbered lines ([`lines`]) and in pieces that fit ([`budget`]); answers are JSON of a given
//! shape ([`structured`]); what they cite becomes times. Neither transcript nor key is ever logged.
mod budget;
mod client;
mod dialect;
mod lines;
mod prompts;
mod repair;
mod schema;
mod structured;
mod summary;
mod topics;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::types::{LlmError, LlmSettings, Meeting, Summary, Topic};
use budget::{Budget, estimate, pieces};
use client::Client;
use structured::{Prompt, ask};

/// Under this a window is not tried: no prompt would have room for a few lines.
const SMALLEST_WINDOW: usize = 1024;
/// Tokens of material that a prompt must have room for.
const SMALLEST_ROOM: usize = 100;

/// Client of one model; cheap to clone.
#[derive(Clone, Debug)]
pub struct OpenAi {
    client: Client,
    /// As set, or smaller once the server has said that it was too much.
    window: Arc<AtomicUsize>,
}

impl OpenAi {
    /// # Errors
    /// [`LlmError::Settings`] without a model name or with an address that is none.
    pub fn new(settings: LlmSettings) -> Result<Self, LlmError> {
        let window = settings.context_window.max(SMALLEST_WINDOW);
        Ok(Self { client: Client::new(&settings)?, window: Arc::new(AtomicUsize::new(window)) })
    }

    /// The model's name at the endpoint.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.client.model
    }

    /// See [`super::Understanding::topics`].
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn topics(&self, meeting: &Meeting) -> Result<Vec<Topic>, LlmError> {
        loop {
            let budget = self.budget();
            let result = topics::topics(&self.client, budget, meeting).await;
            if !self.shrink(&result, budget) {
                return result;
            }
        }
    }

    /// See [`super::Understanding::title`].
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn title(&self, meeting: &Meeting, topics: &[Topic]) -> Result<String, LlmError> {
        loop {
            let budget = self.budget();
            let result = title(&self.client, budget, meeting, topics).await;
            if !self.shrink(&result, budget) {
                return result;
            }
        }
    }

    /// See [`super::Understanding::summarize`].
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn summarize(&self, meeting: &Meeting, topics: &[Topic]) -> Result<Summary, LlmError> {
        loop {
            let budget = self.budget();
            let result = summary::summarize(&self.client, budget, meeting, topics).await;
            if !self.shrink(&result, budget) {
                return result;
            }
        }
    }

    fn budget(&self) -> Budget {
        Budget { window: self.window.load(Ordering::Relaxed) }
    }

    /// Whether to start again with smaller pieces, because the model's context is smaller than was set.
    fn shrink<T>(&self, result: &Result<T, LlmError>, budget: Budget) -> bool {
        let Err(LlmError::ContextTooSmall(message)) = result else { return false };
        let smaller = budget.window * 3 / 5;
        if smaller < SMALLEST_WINDOW {
            return false;
        }
        tracing::warn!(window = budget.window, smaller, message, "the model's context is smaller than set");
        self.window.store(smaller, Ordering::Relaxed);
        true
    }
}

async fn title(
    client: &Client,
    budget: Budget,
    meeting: &Meeting,
    topics: &[Topic],
) -> Result<String, LlmError> {
    if topics.is_empty() {
        return Ok(String::new());
    }
    let system = prompts::system(&meeting.language);
    let room = room(budget, &system, &prompts::title(""))?;
    // With summaries if they fit, else the titles alone, else as many of them, from all over, as fit.
    let full: Vec<String> =
        topics.iter().map(|topic| format!("- {}: {}\n", topic.title, topic.summary)).collect();
    let short: Vec<String> = topics.iter().map(|topic| format!("- {}\n", topic.title)).collect();
    let size = |lines: &[String]| lines.iter().map(|line| estimate(line)).sum::<usize>();
    let material: String = if size(&full) <= room {
        full.concat()
    } else {
        let sizes: Vec<usize> = short.iter().map(|line| estimate(line)).collect();
        short.into_iter().step_by(pieces(&sizes, room * 3 / 4).len().max(1)).collect()
    };
    let user = prompts::title(&material);
    let prompt = Prompt { name: "title", system, user, schema: schema::title(), temperature: 0.3 };
    ask(client, budget, &prompt, |value| {
        let title = readable(value["title"].as_str().unwrap_or_default(), 14);
        if title.is_empty() { Err("the title is empty, too long or a file name".into()) } else { Ok(title) }
    })
    .await
}

/// Tokens that a prompt has for its material.
fn room(budget: Budget, system: &str, user: &str) -> Result<usize, LlmError> {
    let room = budget.room(Prompt::fixed(system, user));
    if room < SMALLEST_ROOM {
        return Err(LlmError::ContextTooSmall(format!(
            "{} tokens in all leave {room} for the transcript",
            budget.window
        )));
    }
    Ok(room)
}

/// A title without quotes, markup and full stop, in the model's own capitals; empty if it is none: nothing, a file name, more than
/// `most` words.
fn readable(title: &str, most: usize) -> String {
    let line = title.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.trim().trim_matches(['"', '“', '”', '„', '«', '»', '*', '#', '`']).trim();
    let line = line.strip_suffix(['.', '。']).unwrap_or(line);
    let files = [".wav", ".mp3", ".m4a", ".mp4", ".webm", ".ogg", ".opus", ".flac", ".mov", ".mkv"];
    let lower = line.to_lowercase();
    let file = files.iter().any(|ending| lower.ends_with(ending));
    if file
        || !line.contains(char::is_alphanumeric)
        || line.split_whitespace().count() > most
        || line.chars().count() > 150
    {
        return String::new();
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        assert_eq!(readable(" **\"API and NixOS\"** ", 10), "API and NixOS");
        assert_eq!(readable("Budget 2025.\nReason: none", 10), "Budget 2025");
        for bad in ["", "meeting-3.mp3", "...", "a b c d e f g h i j k"] {
            assert_eq!(readable(bad, 10), "", "{bad}");
        }
    }
}
