//! What was said, as `llm` wants it.

use super::context::{Context, write};
use super::error::JobError;
use crate::llm::{Meeting, TimedWord, Topic, Utterance};
use crate::model::participant::{self, SpeakerNames};
use crate::model::stage::Stage;
use crate::model::{Segment, edit, output, understanding};

/// The assembled text, and the names that people have given its speakers.
pub(super) struct Said {
    pub rows: Vec<Segment>,
    names: SpeakerNames,
    language: Option<String>,
}

pub(super) async fn said(cx: &Context) -> Result<Said, JobError> {
    let id = cx.attempt.transcript;
    write!(cx.env, async |conn| {
        let names = SpeakerNames::new(&participant::list(conn, id).await?);
        let Some(text) = output::current(conn, id, Stage::Assemble).await? else {
            return Ok(Said { rows: Vec::new(), names, language: None });
        };
        Ok(Said { rows: edit::segments(conn, id, text.id).await?, names, language: text.language })
    })
}

pub(super) fn of(cx: &Context, said: &Said) -> Meeting {
    let utterances = said.rows.iter().map(|row| Utterance {
        speaker: row.speaker.map(|speaker| said.names.name(speaker)).unwrap_or_default(),
        start: row.start,
        end: row.end,
        text: row.text.clone(),
        words: row
            .words
            .iter()
            .map(|word| TimedWord { text: word.text.clone(), start: word.start, end: word.end })
            .collect(),
    });
    Meeting {
        language: said.language.clone().unwrap_or_else(|| cx.transcript.source_language.clone()),
        duration: cx.transcript.seconds(),
        utterances: utterances.collect(),
    }
}

pub(super) async fn read(cx: &Context) -> Result<Meeting, JobError> {
    Ok(of(cx, &said(cx).await?))
}

/// The topics that are shown.
pub(super) async fn topics(cx: &Context) -> Result<Vec<Topic>, JobError> {
    let id = cx.attempt.transcript;
    let rows = write!(cx.env, async |conn| {
        match output::current(conn, id, Stage::Topics).await? {
            Some(shown) => understanding::topics(conn, shown.id).await,
            None => Ok(Vec::new()),
        }
    })?;
    let topics = rows.into_iter().map(|row| Topic {
        title: row.title,
        summary: row.summary,
        start: row.start,
        end: row.end,
    });
    Ok(topics.collect())
}
