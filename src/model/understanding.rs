//! What was understood: topics, the title, summaries, action items; each of one version of its stage.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use super::segment::Segment;
use super::stage::Stage;
use super::text_enum::text_enum;
use crate::db::schema::{action_item, headline, stage_state, summary_sentence, topic};
use crate::ids::{ActionItemId, OutputId, TopicId, TranscriptId};

text_enum! {
    /// Which summary a sentence belongs to.
    SummaryKind { Short = "short", Long = "long" }
}

text_enum! {
    /// What an action item is.
    ActionKind { Decision = "decision", NextStep = "next_step" }
}

/// What was talked about from `start` to `end`, in seconds.
#[derive(Clone, Debug, PartialEq, HasQuery, Serialize)]
#[diesel(table_name = topic)]
pub struct Topic {
    pub id: TopicId,
    pub start: f64,
    pub end: f64,
    pub title: String,
    pub summary: String,
}

impl Topic {
    /// Whether a segment belongs to it: to the topic in which it begins.
    pub fn holds(&self, segment: &Segment) -> bool {
        (self.start..self.end).contains(&segment.start)
    }
}

/// A sentence of a summary and the time, in seconds, that it rests on.
#[derive(Clone, Debug, PartialEq, HasQuery, Serialize, ToSchema)]
#[diesel(table_name = summary_sentence)]
pub struct SummarySentence {
    pub kind: SummaryKind,
    /// Heading of the section it stands in; `None` in a short summary.
    pub heading: Option<String>,
    pub text: String,
    pub start: f64,
    pub end: f64,
}

/// A decision, or something to be done.
#[derive(Clone, Debug, PartialEq, HasQuery, Serialize)]
#[diesel(table_name = action_item)]
pub struct ActionItem {
    pub id: ActionItemId,
    pub kind: ActionKind,
    pub text: String,
    /// Who does it, or who decided.
    pub assignee: Option<String>,
    pub deadline: Option<String>,
    pub context: Option<String>,
    pub start: f64,
    pub end: f64,
}

/// Both summaries as texts: the short one a paragraph, the long one markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summaries {
    pub short: Option<String>,
    pub long: Option<String>,
}

/// Stores the topics of a version, in their order.
///
/// # Errors
/// Those of the database.
pub async fn store_topics(
    conn: &mut AsyncPgConnection,
    output: OutputId,
    topics: &[Topic],
) -> QueryResult<()> {
    let rows: Vec<_> = (0i32..)
        .zip(topics)
        .map(|(idx, one)| {
            (
                topic::id.eq(one.id),
                topic::output_id.eq(output),
                topic::idx.eq(idx),
                topic::start.eq(one.start),
                topic::end.eq(one.end),
                topic::title.eq(one.title.clone()),
                topic::summary.eq(one.summary.clone()),
            )
        })
        .collect();
    diesel::insert_into(topic::table).values(rows).execute(conn).await.map(|_| ())
}

/// The topics of a version, in order.
///
/// # Errors
/// Those of the database.
pub async fn topics(mut conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Vec<Topic>> {
    Topic::query().filter(topic::output_id.eq(output)).order(topic::idx.asc()).load(&mut conn).await
}

/// Stores the title of a version.
///
/// # Errors
/// Those of the database.
pub async fn store_title(conn: &mut AsyncPgConnection, output: OutputId, title: &str) -> QueryResult<()> {
    diesel::insert_into(headline::table)
        .values((headline::output_id.eq(output), headline::title.eq(title)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The title of a version.
///
/// # Errors
/// Those of the database.
pub async fn title(mut conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Option<String>> {
    headline::table.find(output).select(headline::title).first(&mut conn).await.optional()
}

/// Stores the sentences of a version, both kinds, each in its order.
///
/// # Errors
/// Those of the database.
pub async fn store_sentences(
    conn: &mut AsyncPgConnection,
    output: OutputId,
    sentences: &[SummarySentence],
) -> QueryResult<()> {
    let rows: Vec<_> = (0i32..)
        .zip(sentences)
        .map(|(idx, one)| {
            (
                summary_sentence::output_id.eq(output),
                summary_sentence::kind.eq(one.kind),
                summary_sentence::idx.eq(idx),
                summary_sentence::heading.eq(one.heading.clone()),
                summary_sentence::text.eq(one.text.clone()),
                summary_sentence::start.eq(one.start),
                summary_sentence::end.eq(one.end),
            )
        })
        .collect();
    diesel::insert_into(summary_sentence::table).values(rows).execute(conn).await.map(|_| ())
}

/// The sentences of a version: the short summary's, then the long one's.
///
/// # Errors
/// Those of the database.
pub async fn sentences(mut conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Vec<SummarySentence>> {
    SummarySentence::query()
        .filter(summary_sentence::output_id.eq(output))
        .order((summary_sentence::kind.desc(), summary_sentence::idx.asc()))
        .load(&mut conn)
        .await
}

/// Stores the action items of a version, in their order.
///
/// # Errors
/// Those of the database.
pub async fn store_actions(
    conn: &mut AsyncPgConnection,
    output: OutputId,
    items: &[ActionItem],
) -> QueryResult<()> {
    let rows: Vec<_> = (0i32..)
        .zip(items)
        .map(|(idx, one)| {
            (
                action_item::id.eq(one.id),
                action_item::output_id.eq(output),
                action_item::kind.eq(one.kind),
                action_item::idx.eq(idx),
                action_item::text.eq(one.text.clone()),
                action_item::assignee.eq(one.assignee.clone()),
                action_item::deadline.eq(one.deadline.clone()),
                action_item::context.eq(one.context.clone()),
                action_item::start.eq(one.start),
                action_item::end.eq(one.end),
            )
        })
        .collect();
    diesel::insert_into(action_item::table).values(rows).execute(conn).await.map(|_| ())
}

/// The action items of a version: decisions, then next steps.
///
/// # Errors
/// Those of the database.
pub async fn actions(mut conn: &AsyncPgConnection, output: OutputId) -> QueryResult<Vec<ActionItem>> {
    ActionItem::query()
        .filter(action_item::output_id.eq(output))
        .order((action_item::kind.asc(), action_item::idx.asc()))
        .load(&mut conn)
        .await
}

/// The machine's summaries of several transcripts, as texts.
///
/// # Errors
/// Those of the database.
pub async fn summaries(
    conn: &mut AsyncPgConnection,
    transcripts: &[TranscriptId],
) -> QueryResult<HashMap<TranscriptId, Summaries>> {
    let current = stage_state::current_output.eq(summary_sentence::output_id.nullable());
    let rows: Vec<(TranscriptId, SummarySentence)> = summary_sentence::table
        .inner_join(stage_state::table.on(current))
        .filter(stage_state::stage.eq(Stage::Summarize))
        .filter(stage_state::transcript_id.eq_any(transcripts))
        .order((stage_state::transcript_id, summary_sentence::kind, summary_sentence::idx))
        .select((stage_state::transcript_id, SummarySentence::as_select()))
        .load(conn)
        .await?;
    let mut grouped: HashMap<TranscriptId, Vec<SummarySentence>> = HashMap::new();
    for (transcript, sentence) in rows {
        grouped.entry(transcript).or_default().push(sentence);
    }
    Ok(grouped.into_iter().map(|(transcript, sentences)| (transcript, as_texts(&sentences))).collect())
}

/// The texts that sentences make: the short ones in a row, the long ones under their headings.
pub fn as_texts(sentences: &[SummarySentence]) -> Summaries {
    let mut short = String::new();
    let mut long = String::new();
    let mut heading: Option<&str> = None;
    for sentence in sentences {
        match sentence.kind {
            SummaryKind::Short => join(&mut short, " ", &sentence.text),
            SummaryKind::Long => {
                if sentence.heading.as_deref() != heading {
                    heading = sentence.heading.as_deref();
                    join(&mut long, "\n\n", &format!("## {}\n\n{}", heading.unwrap_or(""), sentence.text));
                } else {
                    join(&mut long, " ", &sentence.text);
                }
            }
        }
    }
    Summaries {
        short: Some(short).filter(|text| !text.is_empty()),
        long: Some(long).filter(|text| !text.is_empty()),
    }
}

fn join(text: &mut String, separator: &str, more: &str) {
    if !text.is_empty() {
        text.push_str(separator);
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(kind: SummaryKind, heading: Option<&str>, text: &str) -> SummarySentence {
        SummarySentence { kind, heading: heading.map(str::to_owned), text: text.into(), start: 0.0, end: 1.0 }
    }

    #[test]
    fn sentences_become_a_paragraph_and_sections() {
        use SummaryKind::{Long, Short};
        let texts = as_texts(&[
            sentence(Short, None, "One."),
            sentence(Short, None, "Two."),
            sentence(Long, Some("Budget"), "Money."),
            sentence(Long, Some("Budget"), "More money."),
            sentence(Long, Some("Dates"), "May."),
        ]);
        assert_eq!(texts.short.as_deref(), Some("One. Two."));
        assert_eq!(texts.long.as_deref(), Some("## Budget\n\nMoney. More money.\n\n## Dates\n\nMay."));
        assert_eq!(as_texts(&[]), Summaries::default());
    }

    #[test]
    fn a_long_summary_without_headings_has_no_empty_one() {
        let texts = as_texts(&[sentence(SummaryKind::Long, None, "Only this.")]);
        assert_eq!(texts.long.as_deref(), Some("Only this."));
    }
}
