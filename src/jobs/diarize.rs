//! PCM to turns: who speaks when, without looking at the words.

use super::context::{Context, blocking, write};
use super::error::JobError;
use super::run::Done;
use crate::model::turn::{self, Turn, Voice};
use crate::speech::DiarizeOptions;

/// What made the turns.
const METHOD: &str = "segmentation-3.0 + campplus";

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let pcm = cx.pcm().await?;
    let engine = cx.env.speech.engine().await?;
    let (cancel, report) = (cx.cancel.clone(), cx.progress.part(0.0, 1.0));
    let found = blocking(move || {
        let options = DiarizeOptions::default();
        Ok(engine.diarize(pcm, options, &cancel, move |done| report(f64::from(done)))?)
    })
    .await?;

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
    let output = cx.open(METHOD, None).await?;
    write!(cx.env, async |conn| turn::store(conn, output, &turns, &voices).await)?;
    Ok(Done::output(output))
}

/// A speaker's number as it is stored.
pub(super) fn number(speaker: u32) -> i32 {
    i32::try_from(speaker).unwrap_or(i32::MAX)
}
