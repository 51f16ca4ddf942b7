//! Words and turns together: who said what. Speakers are numbered as they first appear in the text, and keep their numbers when it is
//! heard again; the names that people gave them are a layer of their own and stay.

mod voices;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::context::{Context, blocking, write};
use super::diarize::number;
use super::error::JobError;
use super::run::Done;
use super::transcribe::row;
use crate::bus::Event;
use crate::ids::TranscriptId;
use crate::model::segment::{self, Segment};
use crate::model::stage::Stage;
use crate::model::{edit, output, participant, turn};
use crate::speech::attribute::{Heard, attribute_sides};
use crate::speech::{self, Turn, Word};

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let transcript = cx.attempt.transcript;
    let (words, turns, (before, taken), method, language) = write!(cx.env, async |conn| {
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
        let earlier = match output::current(conn, transcript, Stage::Assemble).await? {
            Some(earlier) => (segment::lines(conn, earlier.id).await?, meant(conn, transcript).await?),
            None => Default::default(),
        };
        let (method, language) = text.map(|text| (text.method, text.language)).unwrap_or_default();
        Ok((words, turns, earlier, method, language))
    })?;
    let channels = cx.transcript.channels;
    let rows = blocking(move || {
        let mut rows = assemble(words, &turns, channels);
        voices::keep_numbers(&mut rows, &before, &taken);
        Ok(rows)
    })
    .await?;
    // Whoever reads it wants to know which model heard the words.
    let output = cx.open(&method, language.as_deref()).await?;
    let log = write!(cx.env, async |conn| {
        segment::append(conn, output, &rows).await?;
        edit::list(conn, transcript).await
    })?;
    // What people changed in an older version holds where the words match.
    let text = edit::shown(rows, output, &log).iter().map(|row| row.text.as_str()).collect();
    Ok(Done { events: vec![Event::Transcript { text, translation: None }], ..Done::output(output) })
}

/// Numbers of voices that people have given a meaning, whether the machine hears them or not.
async fn meant(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<i32>> {
    let named = participant::list(conn, transcript).await?.into_iter().filter_map(|one| one.speaker);
    let log = edit::list(conn, transcript).await?;
    Ok(named.chain(log.iter().flat_map(|one| one.change.voices())).collect())
}

/// `channels`: how many sides there are, each with words and turns of its own; turns of the mix are everybody's.
fn assemble(words: Vec<Segment>, turns: &[turn::Turn], channels: i16) -> Vec<Segment> {
    let mut sides = vec![Heard::default(); usize::try_from(channels).unwrap_or(1).max(1)];
    let last = sides.len() - 1;
    for row in words {
        sides[usize::try_from(row.channel).unwrap_or(0).min(last)].segments.push(spoken(row));
    }
    for one in turns {
        let turn = Turn { start: one.start, end: one.end, speaker: one.speaker.unsigned_abs() };
        match one.channel {
            Some(channel) => sides[usize::try_from(channel).unwrap_or(0).min(last)].turns.push(turn),
            None => sides.iter_mut().for_each(|side| side.turns.push(turn.clone())),
        }
    }
    let mut order: Vec<u32> = Vec::new();
    (0..)
        .zip(attribute_sides(&sides))
        .map(|(idx, (side, one))| {
            let speaker = order.iter().position(|known| *known == one.speaker).unwrap_or_else(|| {
                order.push(one.speaker);
                order.len() - 1
            });
            let speaker = number(u32::try_from(speaker).unwrap_or(u32::MAX));
            let said = speech::Segment { start: one.start, end: one.end, text: one.text, words: one.words };
            row(idx, Some(speaker), i16::try_from(side).unwrap_or(0), said)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(channel: i16, start: f64, text: &str) -> Segment {
        Segment { idx: 0, start, end: start + 1.0, speaker: None, text: text.into(), words: vec![], channel }
    }

    fn turn(channel: Option<i16>, start: f64, speaker: i32) -> turn::Turn {
        turn::Turn { start, end: start + 1.0, speaker, channel }
    }

    fn shown(rows: &[Segment]) -> Vec<(i32, Option<i32>, i16, &str)> {
        rows.iter().map(|row| (row.idx, row.speaker, row.channel, row.text.as_str())).collect()
    }

    #[test]
    fn words_of_a_channel_go_to_its_own_turns_though_anothers_cover_them() {
        let words = vec![said(0, 0.0, "one"), said(0, 4.0, "three"), said(1, 0.1, "two")];
        let turns = [turn(Some(1), 0.0, 0), turn(Some(1), 4.0, 0), turn(Some(0), 0.0, 1)];
        let rows = assemble(words, &turns, 2);
        assert_eq!(shown(&rows), [(0, Some(0), 0, "one"), (1, Some(1), 1, "two"), (2, Some(0), 0, "three")]);
    }

    #[test]
    fn turns_of_the_mix_are_for_the_words_of_every_channel() {
        let words = vec![said(0, 0.0, "one"), said(1, 2.0, "two"), said(1, 4.0, "three")];
        let turns = [turn(None, 0.0, 0), turn(None, 2.0, 1), turn(None, 4.0, 0)];
        let rows = assemble(words, &turns, 2);
        assert_eq!(shown(&rows), [(0, Some(0), 0, "one"), (1, Some(1), 1, "two"), (2, Some(0), 1, "three")]);
    }
}
