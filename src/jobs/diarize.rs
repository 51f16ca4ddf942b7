//! PCM to turns: who speaks when, without looking at the words.

use super::context::{Context, write};
use super::error::JobError;
use super::run::Done;
use crate::model::turn::{self, Turn, Voice};
use crate::speech::DiarizeOptions;

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let sound = cx.sound().await?;
    let hearing = cx.env.speech.voices(&cx.cancel, &cx.progress).await?;
    let report = cx.progress.part(0.0, 1.0);
    let options = DiarizeOptions::default();
    let found = hearing.diarize(sound, options, &cx.cancel, move |done| report(f64::from(done))).await?;

    let turns: Vec<Turn> = found
        .turns
        .iter()
        .map(|one| Turn { start: one.start, end: one.end, speaker: number(one.speaker) })
        .collect();
    let voices: Vec<Voice> = found
        .speakers
        .into_iter()
        .map(|one| Voice { speaker: number(one.speaker), embedding: one.embedding })
        .collect();
    let output = cx.open(hearing.method(), None).await?;
    write!(cx.env, async |conn| turn::store(conn, output, &turns, &voices).await)?;
    Ok(Done::output(output))
}

/// A speaker's number as it is stored.
pub(super) fn number(speaker: u32) -> i32 {
    i32::try_from(speaker).unwrap_or(i32::MAX)
}
