//! A question whose answer must have a shape: asked again with what was wrong until it has.
use serde_json::Value;

use super::budget::{Budget, PER_MESSAGE, estimate};
use super::client::{Client, Message, Question};
use super::{repair, schema};
use crate::llm::types::LlmError;

/// Times that a question is asked before giving up.
const ATTEMPTS: u32 = 4;
/// Fewer tokens than these hold no answer.
const SMALLEST_ANSWER: usize = 64;

/// What to ask, in a form that can be asked again.
pub struct Prompt<'a> {
    /// What the answer is called, for servers that want a name.
    pub name: &'a str,
    pub system: String,
    pub user: String,
    pub schema: Value,
    pub temperature: f32,
}

impl Prompt<'_> {
    /// Tokens of a prompt without the material.
    pub fn fixed(system: &str, user: &str) -> usize {
        estimate(system) + estimate(user) + 2 * PER_MESSAGE
    }
}

/// Asks until the answer has the schema's shape and `read` accepts it.
///
/// # Errors
/// Those of the client; [`LlmError::ContextTooSmall`] if prompt and answer can't fit; [`LlmError::BadAnswer`] after [`ATTEMPTS`].
pub async fn ask<T>(
    client: &Client,
    budget: Budget,
    prompt: &Prompt<'_>,
    read: impl Fn(&Value) -> Result<T, String>,
) -> Result<T, LlmError> {
    let first = [message("system", prompt.system.clone()), message("user", prompt.user.clone())];
    let asked = tokens(&first);
    let mut allowance = budget.answer();
    let (mut messages, mut reason) = (first.to_vec(), String::new());
    for attempt in 1..=ATTEMPTS {
        let max_tokens = allowance.min(budget.window.saturating_sub(tokens(&messages)));
        if max_tokens < SMALLEST_ANSWER {
            return Err(LlmError::ContextTooSmall(format!(
                "{asked} tokens of prompt leave no room for an answer in {}",
                budget.window
            )));
        }
        let question = Question {
            messages: &messages,
            max_tokens,
            // The same words again would bring the same answer.
            temperature: prompt.temperature + 0.2 * (attempt - 1) as f32,
            name: prompt.name,
            schema: &prompt.schema,
        };
        let answer = client.ask(&question).await?;
        reason = match judge(&answer.text, &prompt.schema, &read) {
            Ok(value) => return Ok(value),
            Err(reason) if answer.cut_short => format!("the answer was too long and was cut ({reason})"),
            Err(reason) => reason,
        };
        tracing::debug!(question = prompt.name, attempt, reason, "unusable answer from the language model");
        if answer.cut_short {
            allowance *= 2;
        }
        messages.truncate(first.len());
        messages.extend(correction(&answer.text, &reason, budget));
    }
    Err(LlmError::BadAnswer { attempts: ATTEMPTS, reason })
}

fn judge<T>(text: &str, shape: &Value, read: impl Fn(&Value) -> Result<T, String>) -> Result<T, String> {
    let mut value = match repair::json(text) {
        Some(value) => value,
        None if text.trim().is_empty() => return Err("the answer was empty".into()),
        None => return Err("the answer held no JSON".into()),
    };
    let problems = schema::conform(&mut value, shape);
    if problems.is_empty() { read(&value) } else { Err(problems.join("; ")) }
}

/// The bad answer and what is wrong with it, within the budget's share for repairs.
fn correction(answer: &str, reason: &str, budget: Budget) -> [Message; 2] {
    let reason: String = reason.chars().take(150).collect();
    let demand = format!("This answer can't be used: {reason}. Answer again, with the JSON alone.");
    let room = budget.repair().saturating_sub(estimate(&demand) + 2 * PER_MESSAGE) * 3 / 2;
    let answer = repair::without_reasoning(answer);
    let shown = &answer[..answer.floor_char_boundary(room)];
    // Some chat templates refuse an empty message.
    let shown = if shown.trim().is_empty() { "…" } else { shown };
    [message("assistant", shown.to_owned()), message("user", demand)]
}

fn message(role: &'static str, content: String) -> Message {
    Message { role, content }
}

fn tokens(messages: &[Message]) -> usize {
    messages.iter().map(|message| estimate(&message.content) + PER_MESSAGE).sum()
}
