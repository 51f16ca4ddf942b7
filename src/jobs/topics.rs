//! What was talked about, and when.

use super::announce;
use super::context::{Context, write};
use super::error::JobError;
use super::meeting;
use super::run::Done;
use crate::bus::Event;
use crate::ids::TopicId;
use crate::model::understanding::{self, Topic};

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let said = meeting::said(cx).await?;
    let meeting = meeting::of(cx, &said);
    let understanding = &cx.env.understanding;
    let topics: Vec<Topic> = understanding
        .topics(&meeting)
        .await?
        .into_iter()
        .map(|topic| Topic {
            id: TopicId::new(),
            start: topic.start,
            end: topic.end,
            title: topic.title,
            summary: topic.summary,
        })
        .collect();
    let output = cx.open(understanding.method(), Some(&meeting.language)).await?;
    write!(cx.env, async |conn| understanding::store_topics(conn, output, &topics).await)?;
    Ok(Done {
        events: topics.iter().map(|topic| Event::Topic(announce::topic(topic, &said.rows))).collect(),
        ..Done::output(output)
    })
}
