//! What an operator is told when a transcript has failed for good: where, why, and nothing of what was said.

use serde_json::json;

use super::super::environment::Environment;
use super::outbox::Outbox;
use super::{PATIENCE, message};
use crate::catalogue::{Remark, say_with};
use crate::clock;
use crate::config::Language;
use crate::model::sending::{Channel, Sending};
use crate::model::stage::{Stage, Why};
use crate::notify::{Letter, Message, Receiver, Trouble};

/// Characters of a reason.
const REASON: usize = 1000;

/// Everybody who is told: by what, where, in which topic.
pub(super) fn told(outbox: &Outbox) -> Vec<(Channel, String, Option<String>)> {
    let failures = outbox.failures();
    let mut told: Vec<(Channel, String, Option<String>)> =
        failures.email.iter().map(|address| (Channel::Email, address.clone(), None)).collect();
    if let Some((stream, topic)) = failures.zulip() {
        told.push((Channel::Zulip, stream.to_owned(), Some(topic.to_owned())));
    }
    if failures.webhook_url.is_some() {
        told.push((Channel::Webhook, String::new(), None));
    }
    told
}

/// A failure as it is kept until it is told.
pub(super) fn reason(stage: Stage, error: &str) -> String {
    let error: String = error.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect();
    format!("{stage}: {error}")
}

/// Why, in a language; what is no text of the catalogue stays as it is.
pub(super) fn said(why: &Why, language: Language) -> String {
    let remark = why.remark.as_ref().and_then(|kept| Remark::kept(kept, language));
    match remark.filter(|_| language != Language::En) {
        Some(remark) => match remark.detail() {
            Some(detail) => format!("{} ({detail})", remark.say(language)),
            None => remark.say(language),
        },
        None => why.text.clone(),
    }
}

/// Tells one of them.
///
/// # Errors
/// They were not told.
pub(super) async fn tell(env: &Environment, row: &Sending) -> Result<(), Trouble> {
    let reason = row.wish.reason.as_deref().unwrap_or_default();
    let (stage, why) = reason.split_once(": ").unwrap_or(("", reason));
    let url = env.webhooks.page(&format!("/transcripts/{}", row.wish.transcript_id));
    let language = env.outbox.language();
    let gone = |what: &str| Trouble { why: format!("{what} is not set any more"), hopeless: true };
    match row.wish.channel {
        Channel::Email => {
            let mailer = env.outbox.any_mailer().ok_or_else(|| gone("mail.host"))?;
            let values = [("stage", stage.into()), ("why", why.into()), ("url", url.as_str().into())];
            let text = format!("{}\n", say_with(language, "mail-failed", &values));
            mailer
                .send(&Letter {
                    id: row.id.to_string(),
                    to: row.wish.target.clone(),
                    subject: say_with(language, "mail-failed-subject", &[("stage", stage.into())]),
                    html: format!(
                        "<pre style=\"white-space: pre-wrap; font: inherit\">{}</pre>",
                        escaped(&text)
                    ),
                    plain: text,
                })
                .await
        }
        Channel::Zulip => {
            let zulip = env.outbox.any_zulip().ok_or_else(|| gone("zulip.realm"))?;
            let values = [("url", url.as_str().into()), ("stage", stage.into())];
            let said = say_with(language, "mail-failed-zulip", &values);
            let text = format!("{said}\n```quote\n{}\n```", why.replace('`', "'"));
            let topic = row.wish.topic.as_deref().unwrap_or_default();
            message::place(zulip, (&row.wish.target, topic), None, &text).await.map(|_| ())
        }
        Channel::Webhook => {
            let to =
                env.outbox.failures().webhook_url.as_deref().ok_or_else(|| gone("failures.webhook_url"))?;
            let (hooks, secret) = env.outbox.alarm();
            let body = json!({
                "event": "transcript.failed",
                "event_id": row.id.0.simple().to_string(),
                "timestamp": row.created_at,
                "transcript": { "id": row.wish.transcript_id, "run": row.wish.run, "frontend_url": url },
                "stage": stage,
                "reason": why,
            });
            let retry = u32::try_from(row.attempts - 1).unwrap_or(0);
            let message = Message { event: "transcript.failed", retry, body: body.to_string() };
            let outcome = hooks.send(Receiver { url: to, secret }, &message, clock::now(), PATIENCE).await;
            outcome.error.map_or(Ok(()), |why| Err(Trouble { why, hopeless: outcome.hopeless }))
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_and_ends_and_people_read_it_in_their_language() {
        let reason = reason(Stage::Ingest, &format!("ffmpeg\n{}", "x".repeat(5000)));
        let remark = Remark::new("why-llm-away").because("timeout");
        let why = Why { text: remark.to_string(), remark: serde_json::to_value(&remark).ok() };
        assert_eq!(
            said(&why, Language::Fr),
            "le serveur du modèle de langue est injoignable ou ne répond pas (timeout)"
        );
        assert_eq!(said(&why, Language::En), why.text);
        let older = Why { remark: Some(json!({ "id": "reason-of-before" })), ..why.clone() };
        assert_eq!(said(&older, Language::Fr), why.text, "one of another version is said in English");
        assert!(reason.starts_with("ingest: ffmpeg x") && reason.chars().count() == 1008, "{reason}");
    }
}
