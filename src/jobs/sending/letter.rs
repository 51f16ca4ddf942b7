//! A transcript as a letter: title, summary, what was decided, and the whole text with times.

use askama::Template;
use diesel_async::AsyncPgConnection;

use super::super::environment::Environment;
use super::super::error::JobError;
use crate::config::AuthMode;
use crate::export::{self, Document, clock};
use crate::model::sending::{Purpose, Sending};
use crate::model::user::{self, Viewer};
use crate::model::{Transcript, TranscriptView};
use crate::notify::Letter;
use crate::policy;

/// The HTML half.
#[derive(Template)]
#[template(path = "mail/transcript.html")]
struct Html<'l> {
    title: &'l str,
    facts: &'l str,
    short: &'l str,
    long: Vec<&'l str>,
    lists: Vec<(&'static str, &'l [String])>,
    lines: Vec<(String, &'l str, String)>,
    link: Option<&'l str>,
    why: &'l str,
}

/// Writes it to one recipient.
///
/// # Errors
/// Those of the database.
pub(super) async fn compose(
    env: &Environment,
    conn: &mut AsyncPgConnection,
    row: &Sending,
    view: &TranscriptView,
) -> Result<Letter, JobError> {
    let segments = view.segments(conn).await?;
    let document = export::of(view, &segments);
    let link = may_follow(env, conn, &row.wish.target, &view.transcript)
        .await?
        .then(|| env.webhooks.page(&format!("/transcripts/{}", view.transcript.id)));
    let why = why(env, conn, row, view).await?;
    let title = document.title.clone().unwrap_or_default();
    let facts = facts(&document, view);
    let html = html(&document, &title, &facts, link.as_deref(), &why)?;
    Ok(Letter {
        id: row.id.to_string(),
        to: row.wish.target.clone(),
        subject: format!("Reflector: {title}"),
        plain: plain(&document, &title, &facts, link.as_deref(), &why),
        html,
    })
}

/// Whether the recipient could see the transcript's page: to others an address of ours is of no use.
async fn may_follow(
    env: &Environment,
    conn: &mut AsyncPgConnection,
    address: &str,
    transcript: &Transcript,
) -> Result<bool, JobError> {
    let viewer = match env.outbox.mode() {
        AuthMode::None => Viewer::Anonymous,
        _ => {
            let known = user::by_email(conn, address).await?.filter(|user| user.disabled_at.is_none());
            known.map_or(Viewer::Visitor { public: env.outbox.public_mode() }, |user| user.viewer())
        }
    };
    Ok(policy::capabilities(viewer, transcript.into()).read)
}

/// Why somebody gets this letter.
async fn why(
    env: &Environment,
    conn: &mut AsyncPgConnection,
    row: &Sending,
    view: &TranscriptView,
) -> Result<String, JobError> {
    let site = env.webhooks.page("");
    let who = match (row.wish.purpose, row.wish.user_id) {
        (Purpose::Room, _) => {
            let room = view.room_name.as_deref().unwrap_or("a room");
            return Ok(format!(
                "Sent by Reflector at {site}, because {} sends its transcripts to this address.",
                line(room)
            ));
        }
        (_, Some(id)) => user::get(conn, id).await?.and_then(|user| user.email),
        (_, None) => None,
    };
    Ok(match who {
        Some(who) => format!("{} had Reflector at {site} send this to you.", line(&who)),
        None => format!("Somebody had Reflector at {site} send this to you."),
    })
}

fn facts(document: &Document, view: &TranscriptView) -> String {
    let mut facts = vec![view.transcript.created_at.format("%-d %B %Y, %H:%M UTC").to_string()];
    if document.duration > 0.0 {
        facts.push(clock(document.duration));
    }
    facts.join(" · ")
}

fn lists(document: &Document) -> Vec<(&'static str, &[String])> {
    let lists = [("Decisions", document.decisions.as_slice()), ("Next steps", &document.next_steps)];
    lists.into_iter().filter(|(_, items)| !items.is_empty()).collect()
}

/// Time, speaker and text of every utterance.
fn lines(document: &Document) -> impl Iterator<Item = (String, &str, String)> {
    let segments = document.segments.iter();
    segments.map(|one| (clock(one.start), one.speaker.as_deref().unwrap_or_default(), line(&one.text)))
}

fn plain(document: &Document, title: &str, facts: &str, link: Option<&str>, why: &str) -> String {
    let mut text = format!("{}\n{facts}\n", line(title));
    if let Some(link) = link {
        text.push_str(&format!("{link}\n"));
    }
    if let Some(short) = &document.short_summary {
        text.push_str(&format!("\n{}\n", line(short)));
    }
    if let Some(long) = &document.long_summary {
        text.push('\n');
        for one in long.lines() {
            text.push_str(&format!("{}\n", line(one)));
        }
    }
    for (heading, items) in lists(document) {
        text.push_str(&format!("\n{heading}\n"));
        for item in items {
            text.push_str(&format!("- {}\n", line(item)));
        }
    }
    text.push_str("\nTranscript\n");
    for (time, speaker, said) in lines(document) {
        match speaker {
            "" => text.push_str(&format!("[{time}] {said}\n")),
            name => text.push_str(&format!("[{time}] {}: {said}\n", line(name))),
        }
    }
    text.push_str(&format!("\n-- \n{why}\n"));
    text
}

fn html(
    document: &Document,
    title: &str,
    facts: &str,
    link: Option<&str>,
    why: &str,
) -> Result<String, JobError> {
    let page = Html {
        title,
        facts,
        short: document.short_summary.as_deref().unwrap_or_default(),
        long: document.long_summary.as_deref().map(|long| long.lines().collect()).unwrap_or_default(),
        lists: lists(document),
        lines: lines(document).collect(),
        link,
        why,
    };
    page.render().map_err(|error| JobError::permanent(format!("the letter can't be written: {error}")))
}

/// A text that stays on its line.
fn line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Line;

    fn document() -> Document {
        let said = |start, speaker: Option<&str>, text: &str| Line {
            start,
            end: start + 1.0,
            speaker: speaker.map(Into::into),
            text: text.into(),
            words: Vec::new(),
        };
        Document {
            title: Some("Budget".into()),
            duration: 65.0,
            segments: vec![said(0.0, Some("Ann\r\nBob"), " Good <morning>."), said(61.0, None, " Yes.")],
            short_summary: Some("They met.".into()),
            long_summary: Some("# Start\nThey & said hello.".into()),
            decisions: vec!["To begin".into()],
            ..Document::default()
        }
    }

    #[test]
    fn both_halves_have_summary_decisions_and_every_word_with_its_time() {
        let text = plain(&document(), "Budget", "today", Some("https://r.example/transcripts/1"), "Why.");
        assert_eq!(
            text,
            "Budget\ntoday\nhttps://r.example/transcripts/1\n\nThey met.\n\n# Start\nThey & said hello.\n\nDecisions\n- To begin\n\n\
             Transcript\n[0:00] Ann Bob: Good <morning>.\n[1:01] Yes.\n\n-- \nWhy.\n"
        );
        let page = html(&document(), "Budget", "today", None, "Why.").unwrap();
        for wanted in
            ["They met.", "They &#38; said hello.", "To begin", "Good &#60;morning&#62;.", "1:01", "Why."]
        {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("<a ") && !page.contains("<script") && !page.contains("<morning>"), "{page}");
    }
}
