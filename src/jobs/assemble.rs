//! Words and turns together: who said what. Speakers are numbered as they first appear in the text; the names that people
//! gave them are a layer of their own and stay.

use super::context::{Context, blocking, write};
use super::diarize::number;
use super::error::JobError;
use super::run::Done;
use super::transcribe::row;
use crate::bus::Event;
use crate::model::segment::{self, Segment};
use crate::model::stage::Stage;
use crate::model::{output, turn};
use crate::speech::{self, Turn, Word, attribute};

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let transcript = cx.attempt.transcript;
    let (words, turns, method, language) = write!(cx.env, async |conn| {
        let text = output::current(conn, transcript, Stage::Transcribe).await?;
        let voices = output::current(conn, transcript, Stage::Diarize).await?;
        let words = match &text {
            Some(text) => segment::all(conn, text.id).await?,
            None => Vec::new(),
        };
        let turns = match voices {
            Some(voices) => turn::turns(conn, voices.id).await?,
            None => Vec::new(),
        };
        let (method, language) = text.map(|text| (text.method, text.language)).unwrap_or_default();
        Ok((words, turns, method, language))
    })?;
    let rows = blocking(move || Ok(assemble(words, &turns))).await?;
    let text: String = rows.iter().map(|row| row.text.as_str()).collect();

    // Whoever reads it wants to know which model heard the words.
    let output = cx.open(&method, language.as_deref()).await?;
    write!(cx.env, async |conn| segment::append(conn, output, &rows).await)?;
    Ok(Done { events: vec![Event::Transcript { text, translation: None }], ..Done::output(output) })
}

fn assemble(words: Vec<Segment>, turns: &[turn::Turn]) -> Vec<Segment> {
    let segments: Vec<speech::Segment> = words.into_iter().map(spoken).collect();
    let turns: Vec<Turn> = turns
        .iter()
        .map(|one| Turn { start: one.start, end: one.end, speaker: one.speaker.unsigned_abs() })
        .collect();
    let mut order: Vec<u32> = Vec::new();
    (0..)
        .zip(attribute::attribute(&segments, &turns))
        .map(|(idx, one)| {
            let speaker = order.iter().position(|known| *known == one.speaker).unwrap_or_else(|| {
                order.push(one.speaker);
                order.len() - 1
            });
            let speaker = number(u32::try_from(speaker).unwrap_or(u32::MAX));
            let said = speech::Segment { start: one.start, end: one.end, text: one.text, words: one.words };
            row(idx, Some(speaker), said)
        })
        .collect()
}

/// A stored segment as `speech` knows it.
fn spoken(row: Segment) -> speech::Segment {
    let words = row.words.into_iter().map(|word| Word {
        text: word.text,
        start: word.start,
        end: word.end,
        probability: word.probability,
    });
    speech::Segment { start: row.start, end: row.end, text: row.text, words: words.collect() }
}
