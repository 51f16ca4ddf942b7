//! Short and long summary, decisions and next steps; each sentence with the times it rests on.

use super::announce;
use super::context::{Context, write};
use super::error::JobError;
use super::meeting;
use super::run::Done;
use crate::bus::Event;
use crate::ids::ActionItemId;
use crate::llm::{self, Summary};
use crate::model::understanding::{self, ActionItem, ActionKind, SummaryKind, SummarySentence, as_texts};

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let meeting = meeting::read(cx).await?;
    let topics = meeting::topics(cx).await?;
    let summary = cx.env.understanding.summarize(&meeting, &topics).await?;
    let actions = actions(&summary);
    let sentences = sentences(summary);

    let output = cx.open(cx.env.understanding.method(), Some(&meeting.language)).await?;
    write!(cx.env, async |conn| {
        understanding::store_sentences(conn, output, &sentences).await?;
        understanding::store_actions(conn, output, &actions).await
    })?;

    let texts = as_texts(&sentences);
    let short = cx.transcript.short_summary.clone().or(texts.short);
    let long = cx.transcript.long_summary.clone().or(texts.long);
    let events = [
        short.map(|short_summary| Event::FinalShortSummary { short_summary }),
        long.map(|long_summary| Event::FinalLongSummary { long_summary }),
        Some(Event::ActionItems { action_items: announce::action_items(&actions) }),
    ];
    Ok(Done { events: events.into_iter().flatten().collect(), ..Done::output(output) })
}

fn sentences(summary: Summary) -> Vec<SummarySentence> {
    let row = |kind, heading: Option<&str>, sentence: llm::Sentence| SummarySentence {
        kind,
        heading: heading.map(str::to_owned),
        text: sentence.text,
        start: sentence.start,
        end: sentence.end,
    };
    let mut rows: Vec<_> =
        summary.short.into_iter().map(|sentence| row(SummaryKind::Short, None, sentence)).collect();
    for section in summary.long {
        let heading = Some(section.heading.as_str());
        rows.extend(section.sentences.into_iter().map(|sentence| row(SummaryKind::Long, heading, sentence)));
    }
    rows
}

fn actions(summary: &Summary) -> Vec<ActionItem> {
    let row = |kind| {
        move |item: &llm::ActionItem| ActionItem {
            id: ActionItemId::new(),
            kind,
            text: item.text.clone(),
            assignee: item.assignee.clone(),
            deadline: item.deadline.clone(),
            context: item.context.clone(),
            start: item.start,
            end: item.end,
        }
    };
    let decisions = summary.decisions.iter().map(row(ActionKind::Decision));
    decisions.chain(summary.next_steps.iter().map(row(ActionKind::NextStep))).collect()
}
