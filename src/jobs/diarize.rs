//! PCM to turns: who speaks when, without looking at the words. Sides that have a channel each are heard each by itself, and nobody is
//! on two of them.

use super::context::{Context, write};
use super::error::JobError;
use super::run::Done;
use crate::model::turn::{self, Turn, Voice};
use crate::speech::{Diarization, DiarizeOptions};

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let hearing = cx.env.speech.voices(&cx.cancel, &cx.progress).await?;
    let sounds = match cx.transcript.channels > 1 && !hearing.takes_channels() {
        true => vec![(None, cx.sound().await?)],
        false => cx.sounds().await?.into_iter().map(|(channel, sound)| (Some(channel), sound)).collect(),
    };
    let mut found = Vec::new();
    let count = sounds.len() as f64;
    for (before, (channel, sound)) in sounds.into_iter().enumerate() {
        let report = cx.progress.part(before as f64 / count, (before as f64 + 1.0) / count);
        let options = DiarizeOptions::default();
        let heard = hearing.diarize(sound, options, &cx.cancel, move |done| report(f64::from(done))).await?;
        found.push((channel, heard));
    }
    let (turns, voices) = together(found);
    let output = cx.open(hearing.method(), None).await?;
    write!(cx.env, async |conn| turn::store(conn, output, &turns, &voices).await)?;
    Ok(Done::output(output))
}

/// What was found in each channel as one: turns in order of start, and speakers numbered as they first appear.
fn together(found: Vec<(Option<i16>, Diarization)>) -> (Vec<Turn>, Vec<Voice>) {
    let apart = found.len() > 1;
    let (mut turns, mut voices, mut taken) = (Vec::new(), Vec::new(), 0);
    for (channel, Diarization { turns: theirs, speakers }) in found {
        let own = |speaker: u32| taken + number(speaker);
        turns.extend(theirs.iter().map(|one| Turn {
            start: one.start,
            end: one.end,
            speaker: own(one.speaker),
            channel,
        }));
        let next = theirs.iter().map(|one| one.speaker).chain(speakers.iter().map(|one| one.speaker)).max();
        voices.extend(
            speakers.into_iter().map(|one| Voice { speaker: own(one.speaker), embedding: one.embedding }),
        );
        taken += next.map_or(0, |last| number(last) + 1);
    }
    if apart {
        turns.sort_by(|a, b| a.start.total_cmp(&b.start));
        let mut order: Vec<i32> = Vec::new();
        for speaker in turns.iter().map(|one| one.speaker).chain(voices.iter().map(|one| one.speaker)) {
            if !order.contains(&speaker) {
                order.push(speaker);
            }
        }
        let place = |speaker: &mut i32| {
            let place = order.iter().position(|known| known == speaker).unwrap_or(order.len());
            *speaker = i32::try_from(place).unwrap_or(i32::MAX);
        };
        turns.iter_mut().for_each(|one| place(&mut one.speaker));
        voices.iter_mut().for_each(|one| place(&mut one.speaker));
        voices.sort_by_key(|one| one.speaker);
    }
    (turns, voices)
}

/// A speaker's number as it is stored.
pub(super) fn number(speaker: u32) -> i32 {
    i32::try_from(speaker).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{self, SpeakerVoice};

    fn heard(turns: &[(f64, u32)], speakers: u32) -> Diarization {
        let turn = |&(start, speaker): &(f64, u32)| speech::Turn { start, end: start + 1.0, speaker };
        let voice = |speaker| SpeakerVoice { speaker, embedding: vec![f32::from(speaker as u8)] };
        Diarization { turns: turns.iter().map(turn).collect(), speakers: (0..speakers).map(voice).collect() }
    }

    #[test]
    fn speakers_of_two_channels_are_numbered_apart_as_they_appear_and_keep_their_voices() {
        let right = heard(&[(0.5, 0), (4.0, 1)], 2);
        let (turns, voices) = together(vec![(Some(0), heard(&[(3.0, 0)], 1)), (Some(1), right)]);
        let shown: Vec<_> = turns.iter().map(|one| (one.start, one.speaker, one.channel)).collect();
        assert_eq!(shown, [(0.5, 0, Some(1)), (3.0, 1, Some(0)), (4.0, 2, Some(1))]);
        let shown: Vec<_> = voices.iter().map(|one| (one.speaker, one.embedding[0])).collect();
        assert_eq!(shown, [(0, 0.0), (1, 0.0), (2, 1.0)]);
    }

    #[test]
    fn what_is_heard_as_one_stays_as_it_was_found() {
        let (turns, voices) = together(vec![(None, heard(&[(0.0, 1), (2.0, 0)], 3))]);
        assert_eq!(turns.iter().map(|one| one.speaker).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(voices.iter().map(|one| one.speaker).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(together(vec![(Some(0), heard(&[], 0)), (Some(1), heard(&[], 0))]), (vec![], vec![]));
    }
}
