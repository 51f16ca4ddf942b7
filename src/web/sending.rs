//! Sending transcripts, as API and pages share it.

use chrono::TimeDelta;
use diesel_async::AsyncConnection;

use crate::app::App;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{SendingId, TranscriptId};
use crate::jobs;
use crate::model::TranscriptView;
use crate::model::sending::{self, Channel, Purpose, Sending, Wish};
use crate::notify::LONGEST_TOPIC;
use crate::policy::{self, Viewer};
use crate::queue;
use crate::web::read;

/// Messages that one person may have posted within an hour.
const MESSAGES_PER_HOUR: u32 = 60;
/// Longest name of a stream, in characters.
const LONGEST_STREAM: usize = 60;
/// What a list shows.
const LISTED: i64 = 200;

/// The transcript, if the viewer may have it sent.
///
/// # Errors
/// As [`read::view`]; [`Error::Forbidden`] to whoever may read it and no more.
pub(super) async fn view(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<TranscriptView, Error> {
    let (view, _) = read::view(conn, viewer, id).await?;
    if policy::may_send(viewer) { Ok(view) } else { Err(Error::Forbidden) }
}

/// Has a transcript sent by e-mail to everybody whom `text` names; how many that are.
///
/// # Errors
/// [`Error::BadRequest`] without a mail server, [`Error::Invalid`] of `email`, [`Error::Conflict`] while there is no text,
/// [`Error::TooManySent`].
pub(super) async fn email(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    text: &str,
) -> Result<usize, Error> {
    let view = view(conn, viewer, id).await?;
    if app.mailer().is_none() {
        return Err(Error::BadRequest("E-mail is not set up here (mail.host)".into()));
    }
    let invalid = |message: String| Error::Invalid { field: "email", message };
    let addresses = jobs::addresses(text, app.outbox().recipients()).map_err(invalid)?;
    if addresses.is_empty() {
        return Err(invalid("is missing: an address, or several with commas between".into()));
    }
    let wanted: Vec<Wish> = addresses
        .into_iter()
        .map(|address| Wish { channel: Channel::Email, target: address, ..asked(viewer, &view) })
        .collect();
    ask(conn, viewer, &view, &wanted, ("letters", app.outbox().per_hour())).await?;
    Ok(wanted.len())
}

/// Has a transcript posted in a topic of a stream, or what was posted there before changed.
///
/// # Errors
/// As [`email`], of `stream` and `topic`.
pub(super) async fn zulip(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    (stream, topic, include_topics): (&str, &str, bool),
) -> Result<(), Error> {
    let view = view(conn, viewer, id).await?;
    if app.zulip().is_none() {
        return Err(Error::BadRequest("Zulip is not set up here (zulip.realm)".into()));
    }
    let wanted = Wish {
        channel: Channel::Zulip,
        target: name("stream", stream, LONGEST_STREAM)?,
        topic: Some(name("topic", topic, LONGEST_TOPIC)?),
        include_topics,
        ..asked(viewer, &view)
    };
    ask(conn, viewer, &view, &[wanted], ("messages", MESSAGES_PER_HOUR)).await
}

fn asked(viewer: Viewer, view: &TranscriptView) -> Wish {
    Wish {
        transcript_id: view.transcript.id,
        purpose: Purpose::Asked,
        channel: Channel::Email,
        target: String::new(),
        topic: None,
        include_topics: false,
        room_id: None,
        user_id: viewer.user(),
        run: view.transcript.run,
        reason: None,
    }
}

/// A name in Zulip, on one line.
fn name(field: &'static str, text: &str, most: usize) -> Result<String, Error> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    match clean.chars().count() {
        0 => Err(Error::Invalid { field, message: "is missing".into() }),
        count if count > most => {
            Err(Error::Invalid { field, message: format!("has more than {most} characters") })
        }
        _ => Ok(clean.to_owned()),
    }
}

async fn ask(
    conn: &mut Connection,
    viewer: Viewer,
    view: &TranscriptView,
    wanted: &[Wish],
    (what, limit): (&'static str, u32),
) -> Result<(), Error> {
    if view.text.is_none() {
        return Err(Error::Conflict("there is no text to send yet".into()));
    }
    let now = clock::now();
    let hour = TimeDelta::hours(1);
    conn.transaction(async |conn| {
        read::held(conn, viewer, view.transcript.id, |may| may.read).await?;
        match sending::ask(conn, wanted, (now - hour, now), i64::from(limit)).await? {
            Ok(ids) => {
                for id in ids {
                    queue::enqueue_sending(conn, id).await?;
                }
                Ok(())
            }
            Err(many) => {
                let seconds = u64::try_from((many.oldest + hour - now).num_seconds()).unwrap_or(0).max(1);
                Err(Error::TooManySent { what, limit, seconds })
            }
        }
    })
    .await
}

/// What was sent of a transcript as far as the viewer may know, and who asked.
///
/// # Errors
/// As [`read::view`].
pub(super) async fn list(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
) -> Result<Vec<(Sending, Option<String>)>, Error> {
    let transcript = read::allowed(conn, viewer, id, |may| may.read).await?;
    let may = policy::capabilities(viewer, (&transcript).into());
    match policy::sendings(viewer, may) {
        Some(whose) => Ok(sending::list(conn, id, whose, LISTED).await?),
        None => Ok(Vec::new()),
    }
}

/// Has what failed tried again, now.
///
/// # Errors
/// As [`view`]; [`Error::NotFound`] when there is no such thing, or it has not failed.
pub(super) async fn again(
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    one: SendingId,
) -> Result<(), Error> {
    conn.transaction(async |conn| {
        let row = read::held(conn, viewer, id, |may| may.read).await?;
        if !policy::may_send(viewer) {
            return Err(Error::Forbidden);
        }
        let may = policy::capabilities(viewer, (&row).into());
        let whose = policy::sendings(viewer, may).ok_or(Error::NotFound("Sending"))?;
        if !sending::again(conn, id, one, whose).await? {
            return Err(Error::NotFound("Sending"));
        }
        queue::enqueue_sending(conn, one).await?;
        Ok(())
    })
    .await
}
