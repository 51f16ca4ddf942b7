use super::document::one_line;
use super::time::clock;
use super::{Document, Line};

/// Silence after which the same speaker begins a new paragraph, in seconds.
const PAUSE: f64 = 3.0;
/// Characters after which a paragraph ends with its utterance.
const LONG: usize = 600;

/// Title, participants, summary, decisions, next steps, notes and topics as far as they are there, then the text.
pub(super) fn render(document: &Document) -> String {
    let words = &document.words;
    let title = document.title.as_deref().map(escape).filter(|title| !title.is_empty());
    let mut blocks = vec![format!("# {}", title.as_deref().unwrap_or(&words.transcript))];
    let speakers = document.speakers();
    if !speakers.is_empty() {
        let names: Vec<String> = speakers.into_iter().map(escape).collect();
        blocks.push(fact(&words.participants, &names.join(", ")));
    }
    if document.duration > 0.0 {
        blocks.push(fact(&words.length, &clock(document.duration)));
    }
    let (short, long) = (filled(&document.short_summary), filled(&document.long_summary));
    if short.is_some() || long.is_some() {
        blocks.push(format!("## {}", words.summary));
        blocks.extend(short.map(escape));
        blocks.extend(long.map(deeper));
    }
    list(&mut blocks, &words.decisions, document.decisions.iter().map(|item| escape(item)));
    list(&mut blocks, &words.next_steps, document.next_steps.iter().map(|item| escape(item)));
    if let Some(notes) = filled(&document.notes) {
        blocks.push(format!("## {}", words.notes));
        blocks.extend(lines(notes));
    }
    let topics = document.topics.iter().map(|topic| {
        let head = format!("**{}** ({})", escape(&topic.title), clock(topic.start));
        match escape(&topic.summary) {
            summary if summary.is_empty() => head,
            summary => format!("{head}: {summary}"),
        }
    });
    list(&mut blocks, &words.topics, topics);
    if !document.segments.is_empty() {
        blocks.push(format!("## {}", words.transcript));
        blocks.extend(paragraphs(&document.segments).into_iter().map(paragraph));
    }
    blocks.join("\n\n") + "\n"
}

fn fact(name: &str, value: &str) -> String {
    format!("**{}** {value}", name.trim_end())
}

pub(super) fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn list(blocks: &mut Vec<String>, heading: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if !items.is_empty() {
        blocks.push(format!("## {heading}"));
        blocks.push(items.join("\n"));
    }
}

/// Plain text: its lines end where they did, and blank ones part paragraphs.
fn lines(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(escape) {
        match paragraphs.last_mut() {
            _ if line.is_empty() => open = false,
            Some(paragraph) if open => {
                // Two spaces before it keep a line's end.
                paragraph.push_str("  \n");
                paragraph.push_str(&line);
            }
            _ => {
                paragraphs.push(line);
                open = true;
            }
        }
    }
    paragraphs
}

/// Utterances of one speaker that follow closely belong together.
pub(super) fn paragraphs(lines: &[Line]) -> Vec<&[Line]> {
    let mut paragraphs = Vec::new();
    let (mut from, mut length) = (0, 0);
    for (index, line) in lines.iter().enumerate() {
        let breaks = index > from && {
            let before = &lines[index - 1];
            line.speaker != before.speaker || line.start - before.end > PAUSE || length > LONG
        };
        if breaks {
            paragraphs.push(&lines[from..index]);
            (from, length) = (index, 0);
        }
        length += line.text.len();
    }
    paragraphs.extend(lines.get(from..).filter(|rest| !rest.is_empty()));
    paragraphs
}

fn paragraph(lines: &[Line]) -> String {
    let texts: Vec<String> = lines.iter().map(|line| escape(&line.text)).collect();
    let (time, text) = (clock(lines[0].start), texts.join(" "));
    match &lines[0].speaker {
        Some(name) => format!("**{}** ({time}): {text}", escape(name)),
        None => format!("({time}) {text}"),
    }
}

/// A summary's own headings, which are markdown, go below ours.
fn deeper(markdown: &str) -> String {
    let lines = markdown.lines().map(|line| match line.trim_start().starts_with('#') {
        true => format!("##{}", line.trim_start()),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text on one line, with nothing in it that markdown takes for markup or HTML.
fn escape(text: &str) -> String {
    let text = one_line(text);
    let mut escaped = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let marks = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' => true,
            '#' | '+' | '-' | '=' => index == 0,
            // "1. " at the start would make a list.
            '.' | ')' => index > 0 && text[..index].bytes().all(|byte| byte.is_ascii_digit()),
            _ => false,
        };
        if marks {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Topic;

    fn line(start: f64, end: f64, speaker: &str, text: &str) -> Line {
        Line { start, end, speaker: Some(speaker.into()), text: text.into(), words: Vec::new() }
    }

    #[test]
    fn the_whole_of_a_meeting() {
        let document = Document {
            title: Some("Budget".into()),
            language: "en".into(),
            duration: 75.0,
            segments: vec![
                line(0.0, 2.0, "Ann", "Good morning."),
                line(2.5, 4.0, "Ann", "Shall we?"),
                line(4.0, 5.0, "Bob", "Yes."),
            ],
            short_summary: Some("They met.".into()),
            long_summary: Some("# Start\nThey said hello.".into()),
            decisions: vec!["To begin".into()],
            next_steps: vec!["Ann: write it down".into()],
            topics: vec![Topic {
                title: "Hello".into(),
                summary: "Greetings.".into(),
                start: 0.0,
                end: 75.0,
            }],
            ..Document::default()
        };
        let expected = "# Budget\n\n**Participants:** Ann, Bob\n\n**Length:** 1:15\n\n## Summary\n\nThey met.\n\n\
            ### Start\nThey said hello.\n\n## Decisions\n\n- To begin\n\n## Next steps\n\n- Ann: write it down\n\n\
            ## Topics\n\n- **Hello** (0:00): Greetings.\n\n## Transcript\n\n\
            **Ann** (0:00): Good morning. Shall we?\n\n**Bob** (0:04): Yes.\n";
        assert_eq!(render(&document), expected);
    }

    #[test]
    fn notes_keep_their_lines_and_are_no_markup() {
        let notes = Some("Ask *Ann*\n- about the <budget>\n\n# Later\n".into());
        let text = render(&Document { notes, ..Default::default() });
        let expected =
            "# Transcript\n\n## Notes\n\nAsk \\*Ann\\*  \n\\- about the \\<budget\\>\n\n\\# Later\n";
        assert_eq!(text, expected);
        assert_eq!(render(&Document { notes: Some(" \n".into()), ..Default::default() }), "# Transcript\n");
    }

    #[test]
    fn a_long_pause_begins_a_paragraph() {
        let segments = vec![line(0.0, 2.0, "Ann", "One."), line(9.0, 10.0, "Ann", "Two.")];
        let text = render(&Document { segments, ..Default::default() });
        assert!(text.ends_with("**Ann** (0:00): One.\n\n**Ann** (0:09): Two.\n"), "{text}");
    }

    #[test]
    fn names_and_text_are_no_markup() {
        let hostile = "**x**\n\n# <script>alert(1)</script> [a](javascript:b) `c`";
        let escaped = "\\*\\*x\\*\\* # \\<script\\>alert(1)\\</script\\> \\[a\\](javascript:b) \\`c\\`";
        let segments = vec![line(0.0, 1.0, hostile, hostile)];
        let text = render(&Document { title: Some(hostile.into()), segments, ..Default::default() });
        assert!(text.starts_with(&format!("# {escaped}\n\n**Participants:** {escaped}\n")), "{text}");
        assert!(text.ends_with(&format!("**{escaped}** (0:00): {escaped}\n")), "{text}");
        assert_eq!(escape("1. first"), "1\\. first");
        assert_eq!(escape("- item 2.5"), "\\- item 2.5");
    }
}
