//! What is posted in Zulip: title, date, link, length, and behind a click the summary and the topics.

use crate::catalogue::{say, say_with};
use crate::config::Language;
use crate::export::{clock, shown_title};
use crate::model::TranscriptView;
use crate::notify::{LONGEST_MESSAGE, Post, Trouble, Zulip};

/// Characters of the summary, so that the topics have room, too.
const SUMMARY: usize = 5500;
/// Characters of a title or a topic.
const TITLE: usize = 200;

/// Changes what stands in a stream's topic, or posts it there; the message that stands there now.
///
/// # Errors
/// Zulip can't be reached, or refuses.
pub(super) async fn place(
    zulip: &Zulip,
    (stream, topic): (&str, &str),
    before: Option<i64>,
    content: &str,
) -> Result<i64, Trouble> {
    if let Some(message) = before
        && zulip.update(message, content).await?
    {
        return Ok(message);
    }
    zulip.post(Post { stream, topic, content }).await
}

/// The message in Zulip's markdown. `url` is the transcript's page.
pub(super) fn compose(language: Language, view: &TranscriptView, url: &str, topics: bool) -> String {
    let word = |id: &str| say(language, id);
    let row = &view.transcript;
    let title = line(shown_title(view.title.as_deref(), row), TITLE);
    let mut text = format!(
        "# Reflector – {title}\n**{}:** <time:{}>\n**{}:** [{}]({url})\n",
        word("mail-zulip-date"),
        row.created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        word("mail-zulip-link"),
        word("mail-open"),
    );
    if row.duration > 0.0 {
        text.push_str(&format!("**{}:** {}\n", word("mail-zulip-duration"), clock(row.seconds())));
    }
    let summary = view.long_summary.as_deref().or(view.short_summary.as_deref()).unwrap_or_default();
    let summary = block(summary, SUMMARY);
    if !summary.is_empty() {
        text.push_str(&format!("\n```spoiler {}\n{summary}\n```\n", word("mail-zulip-summary")));
    }
    if topics && !view.topics.is_empty() {
        let (head, foot) = (format!("\n```spoiler {}\n", word("mail-zulip-topics")), "```\n");
        let mut room = LONGEST_MESSAGE.saturating_sub(text.chars().count() + head.len() + foot.len() + 40);
        text.push_str(&head);
        for (n, topic) in view.topics.iter().enumerate() {
            let at = format!("{url}?t={:.0}", topic.start.max(0.0).floor());
            let one = format!("- [{}]({at}) {}\n", clock(topic.start), line(&topic.title, TITLE));
            let length = one.chars().count();
            if length > room {
                let more = [("count", (view.topics.len() - n).into())];
                text.push_str(&format!("- {}\n", say_with(language, "mail-zulip-more", &more)));
                break;
            }
            room -= length;
            text.push_str(&one);
        }
        text.push_str(foot);
    }
    text
}

/// A text on one line, in which nothing is a link, a picture or a mention.
fn line(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect();
    let mut escaped = String::new();
    for c in harmless(&text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '~' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Markdown of ours or of a person's, which stays within the block it is put into.
fn block(text: &str, most: usize) -> String {
    let mut text: String = text.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    if text.chars().count() > most {
        text = text.chars().take(most).collect();
        text.push('…');
    }
    harmless(&text).replace("```", "'''").replace("~~~", "---")
}

/// Without mentions: nobody is called by a transcript, least of all everybody at once.
fn harmless(text: &str) -> String {
    text.replace("@*", "@\u{200b}*").replace("@_", "@\u{200b}_").replace("#*", "#\u{200b}*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_and_no_block_is_left() {
        assert_eq!(line("a\n# b @**all** [x](y)", 200), "a # b @\u{200b}\\*\\*all\\*\\* \\[x\\](y)");
        let text = block("# Start\n```\n@**all** and @_**Ada|7** and #**ops**\n~~~", 200);
        assert!(!text.contains("```") && !text.contains("~~~"), "{text}");
        assert!(!text.contains("@*") && !text.contains("@_*") && !text.contains("#*"), "{text}");
        assert!(text.starts_with("# Start\n"), "its own headings stay: {text}");
        assert_eq!(block(&"x".repeat(300), 200).chars().count(), 201);
    }
}
