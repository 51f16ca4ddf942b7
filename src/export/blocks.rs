//! A transcript as headings, paragraphs and lists: what formats for people to read and print are made from.

use chrono::Local;

use super::document::one_line;
use super::md::{filled, paragraphs};
use super::time::clock;
use super::{Document, Line, Sentence};

/// Characters of a title that are shown; people may write 200.
const LONGEST_TITLE: usize = 2000;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The title of the whole.
    Title,
    /// When it was, who took part.
    Fact,
    /// Of a part: the summary, the text.
    Heading,
    /// Of a topic, or a section of the summary.
    Subheading,
    Paragraph,
    Bullet,
    /// Who says the paragraph below, and when.
    Speaker,
}

/// How a span of a block is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Strong,
    /// Times and other small print.
    Muted,
}

/// Text of one look; no line breaks, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub look: Look,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: Kind,
    pub spans: Vec<Span>,
}

impl Block {
    fn new(kind: Kind, spans: impl IntoIterator<Item = (Look, String)>) -> Self {
        let spans = spans.into_iter().map(|(look, text)| Span { look, text });
        Self { kind, spans: spans.filter(|span| !span.text.is_empty()).collect() }
    }

    fn plain(kind: Kind, text: &str) -> Self {
        Self::new(kind, [(Look::Plain, one_line(text))])
    }

    /// Whether it is read from the right, in a document that is or is not. What has no letters, and what our own words begin or head,
    /// goes as the document does.
    pub fn rtl(&self, document: bool) -> bool {
        match self.kind {
            Kind::Fact | Kind::Heading | Kind::Speaker => document,
            _ => right_to_left(&self.text()).unwrap_or(document),
        }
    }

    /// The text without its looks.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The language as documents name it; `None` where nobody knows it.
pub(super) fn language(document: &Document) -> Option<&str> {
    Some(document.language.as_str()).filter(|code| !code.is_empty() && *code != "auto")
}

/// The title as it is shown.
pub(super) fn title(document: &Document) -> String {
    let title = one_line(document.title.as_deref().unwrap_or_default());
    match title {
        title if title.is_empty() => document.words.transcript.clone(),
        title if title.chars().nth(LONGEST_TITLE).is_some() => {
            title.chars().take(LONGEST_TITLE).chain(['…']).collect()
        }
        title => title,
    }
}

/// Title, date, length, participants, summary with its times, decisions, next steps, notes and topics as far as they are there, then the text.
pub(super) fn blocks(document: &Document) -> Vec<Block> {
    let mut blocks = vec![Block::plain(Kind::Title, &title(document))];
    facts(&mut blocks, document);
    summary(&mut blocks, document);
    list(&mut blocks, &document.words.decisions, &document.decisions);
    list(&mut blocks, &document.words.next_steps, &document.next_steps);
    notes(&mut blocks, document);
    topics(&mut blocks, document);
    text(&mut blocks, document);
    blocks
}

fn facts(blocks: &mut Vec<Block>, document: &Document) {
    let mut fact = |name: &str, value: String| {
        blocks.push(Block::new(Kind::Fact, [(Look::Strong, name.to_owned()), (Look::Plain, value)]));
    };
    let words = &document.words;
    if let Some(at) = document.created_at {
        let english = || at.with_timezone(&Local).format("%-d %B %Y, %H:%M").to_string();
        fact(&words.date, words.made.clone().unwrap_or_else(english));
    }
    if document.duration > 0.0 {
        fact(&words.length, clock(document.duration));
    }
    let speakers: Vec<String> = document.speakers().into_iter().map(one_line).collect();
    if !speakers.is_empty() {
        fact(&words.participants, speakers.join(", "));
    }
}

fn summary(blocks: &mut Vec<Block>, document: &Document) {
    let (short, long) = (filled(&document.short_summary), filled(&document.long_summary));
    if short.is_none() && long.is_none() {
        return;
    }
    blocks.push(Block::plain(Kind::Heading, &document.words.summary));
    match document.short_sentences.as_slice() {
        [] => blocks.extend(short.map(|text| Block::plain(Kind::Paragraph, text))),
        sentences => blocks.push(timed(sentences)),
    }
    if document.long_sentences.is_empty() {
        blocks.extend(long.into_iter().flat_map(written));
    }
    for section in document.long_sentences.chunk_by(|one, next| one.heading == next.heading) {
        let heading = section[0].heading.as_deref().filter(|heading| !heading.trim().is_empty());
        blocks.extend(heading.map(|heading| Block::plain(Kind::Subheading, heading)));
        blocks.push(timed(section));
    }
}

/// Sentences in a row, each with the time that it rests on.
fn timed(sentences: &[Sentence]) -> Block {
    let spans = sentences.iter().enumerate().flat_map(|(number, one)| {
        let space = if number == 0 { "" } else { " " };
        [
            (Look::Plain, format!("{space}{}", one_line(&one.text))),
            (Look::Muted, format!(" ({})", clock(one.start))),
        ]
    });
    Block::new(Kind::Paragraph, spans)
}

/// What a person wrote in markdown: headings, lists, paragraphs.
fn written(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in markdown.lines().map(str::trim) {
        let bullet = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        let plain = |text: &str| text.replace("**", "").replace("__", "");
        match (line.strip_prefix('#'), bullet) {
            _ if line.is_empty() => open = false,
            (Some(heading), _) => {
                blocks.push(Block::plain(Kind::Subheading, &plain(heading.trim_start_matches('#'))));
                open = false;
            }
            (None, Some(item)) => {
                blocks.push(Block::plain(Kind::Bullet, &plain(item)));
                open = false;
            }
            (None, None) if open => {
                let more = format!(" {}", one_line(&plain(line)));
                if let Some(block) = blocks.last_mut() {
                    block.spans.push(Span { look: Look::Plain, text: more });
                }
            }
            (None, None) => {
                blocks.push(Block::plain(Kind::Paragraph, &plain(line)));
                open = true;
            }
        }
    }
    blocks
}

fn list(blocks: &mut Vec<Block>, heading: &str, items: &[String]) {
    if !items.is_empty() {
        blocks.push(Block::plain(Kind::Heading, heading));
        blocks.extend(items.iter().map(|item| Block::plain(Kind::Bullet, item)));
    }
}

/// Line by line, as they were written.
fn notes(blocks: &mut Vec<Block>, document: &Document) {
    let Some(notes) = filled(&document.notes) else { return };
    blocks.push(Block::plain(Kind::Heading, &document.words.notes));
    blocks.extend(notes.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let item = ["- ", "* ", "• "].into_iter().find_map(|sign| line.trim_start().strip_prefix(sign));
        item.map_or_else(|| Block::plain(Kind::Paragraph, line), |item| Block::plain(Kind::Bullet, item))
    }));
}

fn topics(blocks: &mut Vec<Block>, document: &Document) {
    if document.topics.is_empty() {
        return;
    }
    blocks.push(Block::plain(Kind::Heading, &document.words.topics));
    blocks.extend(document.topics.iter().map(|topic| {
        let summary = one_line(&topic.summary);
        let summary = if summary.is_empty() { summary } else { format!(": {summary}") };
        Block::new(
            Kind::Bullet,
            [
                (Look::Strong, one_line(&topic.title)),
                (Look::Muted, format!(" ({})", clock(topic.start))),
                (Look::Plain, summary),
            ],
        )
    }));
}

/// What was said, each topic under a heading of its own.
fn text(blocks: &mut Vec<Block>, document: &Document) {
    let lines = document.segments.as_slice();
    if lines.is_empty() {
        return;
    }
    blocks.push(Block::plain(Kind::Heading, &document.words.transcript));
    let mut from = 0;
    for topic in &document.topics {
        // Times of topics are those of a segment, but for what rounding does.
        let to = lines.iter().position(|line| line.start >= topic.start - 0.05).unwrap_or(lines.len());
        said(blocks, lines.get(from..to).unwrap_or_default());
        from = from.max(to);
        let spans =
            [(Look::Plain, one_line(&topic.title)), (Look::Muted, format!(" ({})", clock(topic.start)))];
        blocks.push(Block::new(Kind::Subheading, spans));
    }
    said(blocks, &lines[from..]);
}

fn said(blocks: &mut Vec<Block>, lines: &[Line]) {
    for paragraph in paragraphs(lines) {
        let texts: Vec<String> = paragraph.iter().map(|line| one_line(&line.text)).collect();
        let time = clock(paragraph[0].start);
        let name = paragraph[0].speaker.as_deref().map(one_line).filter(|name| !name.is_empty());
        let head = match name {
            Some(name) => vec![(Look::Strong, name), (Look::Muted, format!(" ({time})"))],
            None => vec![(Look::Muted, format!("({time})"))],
        };
        blocks.push(Block::new(Kind::Speaker, head));
        blocks.push(Block::new(Kind::Paragraph, [(Look::Plain, texts.join(" "))]));
    }
}

/// Whether a text is written from right to left, by its first letter that says so; `None`: none does.
pub(super) fn right_to_left(text: &str) -> Option<bool> {
    text.chars().find_map(|c| match c {
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => c.is_alphabetic().then_some(true),
        c => c.is_alphabetic().then_some(false),
    })
}

/// The same of a language, by its code.
pub fn is_right_to_left(language: &str) -> bool {
    const CODES: [&str; 10] = ["ar", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi", "ckb"];
    CODES.contains(&language.split(['-', '_']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Topic;

    fn line(start: f64, speaker: &str, text: &str) -> Line {
        Line { start, end: start + 1.0, speaker: Some(speaker.into()), text: text.into(), words: Vec::new() }
    }

    /// The blocks as lines of `kind text`, strong text between `*`, muted between `~`.
    fn shown(document: &Document) -> Vec<String> {
        let span = |span: &Span| match span.look {
            Look::Plain => span.text.clone(),
            Look::Strong => format!("*{}*", span.text),
            Look::Muted => format!("~{}~", span.text),
        };
        let block = |block: &Block| {
            let text: String = block.spans.iter().map(span).collect();
            format!("{:?} {text}", block.kind)
        };
        blocks(document).iter().map(block).collect()
    }

    #[test]
    fn the_whole_of_a_meeting() {
        let topic = |title: &str, start| Topic { title: title.into(), start, ..Topic::default() };
        let sentence = |heading: Option<&str>, text: &str, start| Sentence {
            heading: heading.map(Into::into),
            text: text.into(),
            start,
            end: start + 1.0,
        };
        let document = Document {
            title: Some("Budget\n\u{0}talks".into()),
            duration: 75.0,
            segments: vec![line(0.0, "Ann", " Hello."), line(20.0, "Bob", "Yes."), line(21.0, "Bob", "No.")],
            short_summary: Some("They met.".into()),
            long_summary: Some("# A\nOne. Two.\n# B\nThree.".into()),
            short_sentences: vec![sentence(None, "They met.", 1.0)],
            long_sentences: vec![
                sentence(Some("A"), "One.", 2.0),
                sentence(Some("A"), "Two.", 65.0),
                sentence(Some("B"), "Three.", 3.0),
            ],
            decisions: vec!["To begin".into()],
            notes: Some("Ask **Ann**:\n\n  - who\n- when".into()),
            topics: vec![topic("Hello", 0.0), topic("The budget", 20.0)],
            ..Document::default()
        };
        let expected = [
            "Title Budget talks",
            "Fact *Length: *1:15",
            "Fact *Participants: *Ann, Bob",
            "Heading Summary",
            "Paragraph They met.~ (0:01)~",
            "Subheading A",
            "Paragraph One.~ (0:02)~ Two.~ (1:05)~",
            "Subheading B",
            "Paragraph Three.~ (0:03)~",
            "Heading Decisions",
            "Bullet To begin",
            "Heading Notes",
            "Paragraph Ask **Ann**:",
            "Bullet who",
            "Bullet when",
            "Heading Topics",
            "Bullet *Hello*~ (0:00)~",
            "Bullet *The budget*~ (0:20)~",
            "Heading Transcript",
            "Subheading Hello~ (0:00)~",
            "Speaker *Ann*~ (0:00)~",
            "Paragraph Hello.",
            "Subheading The budget~ (0:20)~",
            "Speaker *Bob*~ (0:20)~",
            "Paragraph Yes. No.",
        ];
        assert_eq!(shown(&document), expected);
    }

    #[test]
    fn a_persons_markdown_becomes_headings_lists_and_paragraphs() {
        let document = Document {
            long_summary: Some("## Start\nThey **said**\nhello.\n\n- one\n* two\nThen they left.".into()),
            ..Document::default()
        };
        assert_eq!(
            shown(&document)[1..],
            [
                "Heading Summary",
                "Subheading Start",
                "Paragraph They said hello.",
                "Bullet one",
                "Bullet two",
                "Paragraph Then they left."
            ]
        );
    }

    #[test]
    fn a_title_of_megabytes_is_cut_and_an_empty_one_is_named() {
        let shown = |text: Option<String>| title(&Document { title: text, ..Document::default() });
        assert_eq!(shown(Some("ß".repeat(3_000_000))).chars().count(), LONGEST_TITLE + 1);
        assert_eq!(shown(Some(" \u{0} ".into())), "Transcript");
        assert_eq!(shown(None), "Transcript");
    }

    #[test]
    fn directions_are_told_by_the_first_letter() {
        for (text, wanted) in [
            ("hello", Some(false)),
            ("12:30 مرحبا", Some(true)),
            ("שלום world", Some(true)),
            ("world שלום", Some(false)),
            ("会议", Some(false)),
            ("0:20, (!)", None),
        ] {
            assert_eq!(right_to_left(text), wanted, "{text}");
        }
        assert!(is_right_to_left("ar") && is_right_to_left("fa-IR") && !is_right_to_left("en"));
    }
}
