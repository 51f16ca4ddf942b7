//! A transcript as a letter: title, summary, what was decided, and the whole text with times.

use askama::Template;
use diesel_async::AsyncPgConnection;

use super::super::environment::Environment;
use super::super::error::JobError;
use crate::catalogue::{self, Remark, say, say_with};
use crate::config::{AuthMode, Language};
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
    words: Words,
    title: &'l str,
    facts: &'l str,
    short: &'l str,
    long: Vec<&'l str>,
    lists: Vec<(String, &'l [String])>,
    lines: Vec<(String, &'l str, String)>,
    link: Option<&'l str>,
    why: &'l str,
}

/// What the letter itself says, and in which language.
struct Words {
    language: &'static str,
    open: String,
    transcript: String,
}

/// What both halves are made from.
#[derive(Clone, Copy)]
struct Text<'l> {
    language: Language,
    title: &'l str,
    /// When it was made, and how long it is.
    facts: &'l str,
    document: &'l Document,
    /// To its page, for those who may see it.
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
    let language = env.outbox.language();
    let text = Text {
        language,
        title: document.title.as_deref().unwrap_or_default(),
        facts: &facts(language, &document, view),
        document: &document,
        link: link.as_deref(),
        why: &why,
    };
    Ok(Letter {
        id: row.id.to_string(),
        to: row.wish.target.clone(),
        subject: say_with(language, "mail-subject", &[("title", text.title.into())]),
        plain: text.plain(),
        html: text.html()?,
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
        AuthMode::None if env.outbox.public_mode() => Viewer::Visitor { public: true },
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
    let language = env.outbox.language();
    let site = env.webhooks.page("");
    let who = match (row.wish.purpose, row.wish.user_id) {
        (Purpose::Room, _) => {
            let room = view.room_name.as_deref().map_or_else(|| say(language, "mail-why-a-room"), line);
            return Ok(say_with(language, "mail-why-room", &[("site", site.into()), ("room", room.into())]));
        }
        (_, Some(id)) => user::get(conn, id).await?.and_then(|user| user.email),
        (_, None) => None,
    };
    Ok(match who {
        Some(who) => say_with(language, "mail-why-who", &[("who", line(&who).into()), ("site", site.into())]),
        None => say_with(language, "mail-why-somebody", &[("site", site.into())]),
    })
}

fn facts(language: Language, document: &Document, view: &TranscriptView) -> String {
    let made = catalogue::moment(language, &view.transcript.created_at);
    let mut facts = vec![say_with(language, "mail-time", &[("moment", made.into())])];
    if document.duration > 0.0 {
        facts.push(clock(document.duration));
    }
    facts.join(" · ")
}

impl<'l> Text<'l> {
    fn lists(&self) -> Vec<(String, &'l [String])> {
        let Document { decisions, next_steps, .. } = self.document;
        let lists = [("mail-decisions", decisions.as_slice()), ("mail-next-steps", next_steps)];
        let there = lists.into_iter().filter(|(_, items)| !items.is_empty());
        there.map(|(id, items)| (say(self.language, id), items)).collect()
    }

    /// Time, speaker and text of every utterance.
    fn lines(&self) -> impl Iterator<Item = (String, &'l str, String)> + use<'l> {
        let segments = self.document.segments.iter();
        segments.map(|one| (clock(one.start), one.speaker.as_deref().unwrap_or_default(), line(&one.text)))
    }

    fn plain(&self) -> String {
        let Self { language, title, facts, document, link, why } = *self;
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
        for (heading, items) in self.lists() {
            text.push_str(&format!("\n{heading}\n"));
            for item in items {
                text.push_str(&format!("- {}\n", line(item)));
            }
        }
        text.push_str(&format!("\n{}\n", say(language, "mail-transcript")));
        for (time, speaker, said) in self.lines() {
            match speaker {
                "" => text.push_str(&format!("[{time}] {said}\n")),
                name => text.push_str(&format!("[{time}] {}: {said}\n", line(name))),
            }
        }
        text.push_str(&format!("\n-- \n{why}\n"));
        text
    }

    fn html(&self) -> Result<String, JobError> {
        let Self { language, title, facts, document, link, why } = *self;
        let page = Html {
            words: Words {
                language: language.code(),
                open: say(language, "mail-open"),
                transcript: say(language, "mail-transcript"),
            },
            title,
            facts,
            short: document.short_summary.as_deref().unwrap_or_default(),
            long: document.long_summary.as_deref().map(|long| long.lines().collect()).unwrap_or_default(),
            lists: self.lists(),
            lines: self.lines().collect(),
            link,
            why,
        };
        page.render()
            .map_err(|error| JobError::Permanent(Remark::new("why-letter").because(error.to_string())))
    }
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
        let document = document();
        let letter = Text {
            language: Language::En,
            title: "Budget",
            facts: "today",
            document: &document,
            link: Some("https://r.example/transcripts/1"),
            why: "Why.",
        };
        let text = letter.plain();
        assert_eq!(
            text,
            "Budget\ntoday\nhttps://r.example/transcripts/1\n\nThey met.\n\n# Start\nThey & said hello.\n\nDecisions\n- To begin\n\n\
             Transcript\n[0:00] Ann Bob: Good <morning>.\n[1:01] Yes.\n\n-- \nWhy.\n"
        );
        let page = Text { link: None, ..letter }.html().unwrap();
        for wanted in
            ["They met.", "They &#38; said hello.", "To begin", "Good &#60;morning&#62;.", "1:01", "Why."]
        {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        let french =
            Text { language: Language::Fr, facts: "aujourd’hui", link: None, why: "", ..letter }.plain();
        assert!(french.contains("\nDécisions\n- To begin\n\nTranscription\n[0:00]"), "{french}");
        assert!(!page.contains("<a ") && !page.contains("<script") && !page.contains("<morning>"), "{page}");
    }
}
