//! Sending transcripts: letters and messages that people ask for, that rooms wish, and what an operator is told of a failure.
//!
//! What is to be sent is a row, written in the transaction that it follows from, and a job. The text is made from the transcript when it
//! goes out, so it holds corrections made meanwhile, and nothing of what was deleted meanwhile.

mod failure;
mod letter;
mod message;
mod outbox;

use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::AsyncPgConnection;

use super::context::write;
use super::environment::Environment;
use super::error::JobError;
use crate::clock;
use crate::ids::{SendingId, TranscriptId};
use crate::model::delivery::DeliveryStatus;
use crate::model::sending::{self, Channel, Claim, Place, Purpose, Sending, Wish};
use crate::model::stage::{Stage, Why};
use crate::model::{Room, TranscriptView, room, transcript};
use crate::notify::{Trouble, Zulip, address};
use crate::policy;
use crate::queue::{self, Retry};

pub use outbox::Outbox;

/// How long the operator's address may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// For how long a place in Zulip is held: longer than two of Zulip's answers may take.
const HELD: TimeDelta = TimeDelta::seconds(90);

/// Addresses of a room's or a request's text: separated by commas, semicolons, spaces or lines, each once.
///
/// # Errors
/// Says in words which of them is none, or that there are more than `most`.
pub fn addresses(text: &str, most: usize) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    for part in parts.filter(|part| !part.is_empty()) {
        let one = address(part).map_err(|why| {
            let shown: String = part.chars().filter(|c| !c.is_control()).take(80).collect();
            format!("“{shown}” {why}")
        })?;
        if !found.contains(&one) {
            found.push(one);
        }
        if found.len() > most {
            return Err(format!("names more than {most} addresses"));
        }
    }
    Ok(found)
}

/// Notes what the room of a finished transcript wishes to be sent, and has it sent; in the caller's transaction.
///
/// # Errors
/// Those of the database.
pub(super) async fn plan(
    conn: &mut AsyncPgConnection,
    outbox: &Outbox,
    transcript: TranscriptId,
    run: i32,
) -> diesel::QueryResult<()> {
    let Some(row) = transcript::get(conn, transcript).await? else { return Ok(()) };
    let Some(room) = row.room_id else { return Ok(()) };
    let Some(room) = room::get(conn, room).await? else { return Ok(()) };
    if room.deleted_at.is_some() || !policy::tells((&room).into(), (&row).into()) {
        return Ok(());
    }
    let mut wanted = Vec::new();
    if outbox.mailer().is_some()
        && let Some(text) = &room.email_transcript_to
    {
        // What is none is told at the room, when it is typed; one of before does not keep the others from being sent.
        let all = addresses(text, outbox.recipients()).unwrap_or_else(|why| {
            tracing::warn!(room.id = %room.id, why, "a room's addresses can't be written to");
            Vec::new()
        });
        wanted.extend(all.into_iter().map(|address| (Channel::Email, address, None)));
    }
    if outbox.zulip().is_some() && room.zulip_auto_post {
        let stream = room.zulip_stream.as_deref().map(str::trim).filter(|stream| !stream.is_empty());
        let topic = topic_of(&room);
        wanted.extend(stream.map(|stream| (Channel::Zulip, stream.to_owned(), Some(topic))));
    }
    for (channel, target, topic) in wanted {
        let one = Wish {
            transcript_id: transcript,
            purpose: Purpose::Room,
            channel,
            target,
            topic,
            include_topics: true,
            room_id: Some(room.id),
            user_id: None,
            run,
            reason: None,
        };
        noted(conn, &one).await?;
    }
    Ok(())
}

/// The topic in which a room's transcripts are posted: its own, or what it is called.
fn topic_of(room: &Room) -> String {
    let own = room.zulip_topic.as_deref().map(str::trim).filter(|topic| !topic.is_empty());
    own.unwrap_or(&room.name).chars().take(crate::notify::LONGEST_TOPIC).collect()
}

/// Notes that the operator wants to know of a failure, once for a run; in the caller's transaction.
///
/// # Errors
/// Those of the database.
pub(super) async fn plan_failure(
    conn: &mut AsyncPgConnection,
    outbox: &Outbox,
    (transcript, run, stage): (TranscriptId, i32, Stage),
    why: &Why,
) -> diesel::QueryResult<()> {
    for (channel, target, topic) in failure::told(outbox) {
        // People read the installation's language, programs English.
        let error = match channel {
            Channel::Webhook => why.text.clone(),
            Channel::Email | Channel::Zulip => failure::said(why, outbox.language()),
        };
        let one = Wish {
            transcript_id: transcript,
            purpose: Purpose::Failure,
            channel,
            target,
            topic,
            include_topics: false,
            room_id: None,
            user_id: None,
            run,
            reason: Some(failure::reason(stage, &error)),
        };
        noted(conn, &one).await?;
    }
    Ok(())
}

async fn noted(conn: &mut AsyncPgConnection, one: &Wish) -> diesel::QueryResult<()> {
    match sending::plan(conn, one, clock::now()).await? {
        Some(id) => queue::enqueue_sending(conn, id).await,
        None => Ok(()),
    }
}

/// Tries once to send something; `last`: no further attempt follows by itself.
///
/// # Errors
/// It is to be tried again.
pub(super) async fn send(env: &Environment, id: SendingId, last: bool) -> Result<(), Retry> {
    let again = |error: JobError| Retry(error.to_string());
    let begun = write!(env, async |conn| sending::begin(conn, id, clock::now()).await).map_err(again)?;
    let Some(row) = begun else { return Ok(()) };
    let outcome = match row.wish.purpose {
        Purpose::Failure => failure::tell(env, &row).await,
        Purpose::Asked | Purpose::Room => one(env, &row).await.map_err(again)?,
    };
    let (channel, attempt) = (row.wish.channel, row.attempts);
    let (status, error) = match &outcome {
        Ok(()) => (DeliveryStatus::Delivered, None),
        Err(trouble) if last || trouble.hopeless => (DeliveryStatus::Failed, Some(trouble.why.as_str())),
        Err(trouble) => (DeliveryStatus::Waiting, Some(trouble.why.as_str())),
    };
    // Never the address: whose it is, is nobody's business who reads logs.
    match error {
        None => tracing::info!(sending.id = %id, %channel, attempt, "sent"),
        Some(error) => tracing::warn!(sending.id = %id, %channel, attempt, error, "not sent"),
    }
    write!(env, async |conn| sending::conclude(conn, id, status, error).await).map_err(again)?;
    match (status, outcome) {
        (DeliveryStatus::Waiting, Err(trouble)) => Err(Retry(trouble.why)),
        _ => Ok(()),
    }
}

/// Sends a transcript.
async fn one(env: &Environment, row: &Sending) -> Result<Result<(), Trouble>, JobError> {
    let hopeless = |why: &str| Ok(Err(Trouble { why: why.into(), hopeless: true }));
    let mut conn = env.pool.get().await?;
    let Some(view) = TranscriptView::load(&mut conn, row.wish.transcript_id).await? else {
        return hopeless("the transcript is gone");
    };
    if view.transcript.deleted_at.is_some() {
        return hopeless("the transcript was deleted");
    }
    if let Some(id) = row.wish.room_id {
        let room = room::get(&mut conn, id).await?.filter(|room| room.deleted_at.is_none());
        let Some(room) = room else { return hopeless("the room was deleted") };
        if view.transcript.room_id != Some(room.id) {
            return hopeless("the transcript is in this room no longer");
        }
        if !policy::tells((&room).into(), (&view.transcript).into()) {
            return hopeless("the transcript is private to somebody else now");
        }
    }
    match row.wish.channel {
        Channel::Email => {
            let Some(mailer) = env.outbox.mailer() else {
                return hopeless("e-mail is switched off, or no mail server is set (mail.host)");
            };
            let letter = letter::compose(env, &mut conn, row, &view).await?;
            drop(conn);
            Ok(mailer.send(&letter).await)
        }
        Channel::Zulip => {
            let Some(zulip) = env.outbox.zulip() else {
                return hopeless("Zulip is switched off, or not set (zulip.realm)");
            };
            drop(conn);
            let url = env.webhooks.page(&format!("/transcripts/{}", view.transcript.id));
            let content = message::compose(env.outbox.language(), &view, &url, row.wish.include_topics);
            post(env, zulip, row, &content).await
        }
        Channel::Webhook => hopeless("transcripts are not sent like that"),
    }
}

/// Posts what stands for a transcript in a topic, or changes what stands there.
async fn post(
    env: &Environment,
    zulip: &Zulip,
    row: &Sending,
    content: &str,
) -> Result<Result<(), Trouble>, JobError> {
    let topic = row.wish.topic.as_deref().unwrap_or_default();
    let place =
        Place { transcript: row.wish.transcript_id, realm: zulip.realm(), stream: &row.wish.target, topic };
    let now = clock::now();
    let claim = {
        let mut conn = env.pool.get().await?;
        sending::claim(&mut conn, &place, (now, now + HELD)).await?
    };
    let Claim::Ours(before) = claim else {
        return Ok(Err(Trouble { why: "another message is being posted there".into(), hopeless: false }));
    };
    let (message, outcome) = match message::place(zulip, (&row.wish.target, topic), before, content).await {
        Ok(message) => (Some(message), Ok(())),
        Err(trouble) => (before, Err(trouble)),
    };
    write!(env, async |conn| sending::release(conn, &place, message).await)?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_once_and_named_when_they_are_none() {
        let two = vec!["ada@example.org".to_owned(), "bob@example.org".to_owned()];
        assert_eq!(addresses(" ada@example.org,bob@example.org; ada@example.org\n", 2).unwrap(), two);
        assert_eq!(addresses("", 2).unwrap(), Vec::<String>::new());
        assert!(addresses("ada@example.org bob", 5).unwrap_err().contains("“bob” is no e-mail address"));
        assert!(addresses("a@x.org b@x.org c@x.org", 2).unwrap_err().contains("more than 2"));
    }
}
