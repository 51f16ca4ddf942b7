//! PCM to words. Text is written and published batch by batch, while later windows are still being decoded.

use tokio::sync::mpsc;

use super::announce;
use super::context::{Context, write};
use super::error::JobError;
use super::run::Done;
use crate::ids::OutputId;
use crate::model::segment::{self, Segment, Word};
use crate::speech::{self, TranscribeOptions, TranscribeUpdate};

/// What comes while it is heard.
struct Update {
    channel: i16,
    segments: Vec<speech::Segment>,
    /// From 0 to 1.
    done: f64,
}

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let sounds = cx.sounds().await?;
    let hearing = cx.env.speech.words(&cx.cancel, &cx.progress).await?;
    let output = cx.open(hearing.method(), None).await?;
    let mut options = cx.env.speech.expected.of(TranscribeOptions {
        language: wanted(&cx.transcript.source_language),
        prompt: Some(cx.transcript.vocabulary.clone()),
        ..Default::default()
    });

    let (sender, updates) = mpsc::unbounded_channel();
    let decoding = async {
        let (sender, count) = (sender, sounds.len() as f64);
        let mut language = String::new();
        for (before, (channel, sound)) in sounds.into_iter().enumerate() {
            let sender = sender.clone();
            let on_update = move |update: TranscribeUpdate<'_>| {
                let done = if update.total > 0.0 { update.done / update.total } else { 1.0 };
                let done = (before as f64 + done) / count;
                // Unheard only when the job was dropped, and then `cancel` ends this too.
                let _unheard = sender.send(Update { channel, segments: update.segments.to_vec(), done });
            };
            let heard = hearing.transcribe(sound, options.clone(), &cx.cancel, on_update).await?;
            if before == 0 {
                language = heard.language;
                // Both sides of a talk speak the same language, where nobody says that there are several.
                options.language =
                    options.language.or(Some(language.clone()).filter(|_| options.languages.is_empty()));
            }
        }
        Ok(language)
    };
    let (language, ()) = tokio::try_join!(decoding, append(cx, output, updates))?;
    Ok(Done { language: Some(language), ..Done::output(output) })
}

/// Writes and publishes segments as they come.
async fn append(
    cx: &Context,
    output: OutputId,
    mut updates: mpsc::UnboundedReceiver<Update>,
) -> Result<(), JobError> {
    let mut next = 0;
    while let Some(update) = updates.recv().await {
        let rows: Vec<Segment> =
            (next..).zip(update.segments).map(|(idx, one)| row(idx, None, update.channel, one)).collect();
        if let Some(last) = rows.last() {
            next = last.idx + 1;
            write!(cx.env, async |conn| segment::append(conn, output, &rows).await)?;
            cx.env.bus.publish(cx.attempt.transcript, &announce::segments(&rows)).await;
        }
        cx.progress.set(update.done);
    }
    Ok(())
}

/// The language that the person named; nothing when it is to be detected.
fn wanted(source: &str) -> Option<String> {
    let code = source.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    Some(code).filter(|code| !code.is_empty() && code != "auto")
}

/// A segment as it is stored.
pub(super) fn row(idx: i32, speaker: Option<i32>, channel: i16, segment: speech::Segment) -> Segment {
    let words = segment.words.into_iter().map(|word| Word {
        text: word.text,
        start: word.start,
        end: word.end,
        probability: word.probability,
    });
    Segment {
        idx,
        start: segment.start,
        end: segment.end.max(segment.start),
        speaker,
        text: segment.text,
        words: words.collect(),
        channel,
    }
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn a_language_is_its_code_without_region_and_auto_is_none() {
        assert_eq!(wanted("pt-BR").as_deref(), Some("pt"));
        assert_eq!(wanted("EN").as_deref(), Some("en"));
        assert_eq!(wanted("auto"), None);
        assert_eq!(wanted(""), None);
    }
}
