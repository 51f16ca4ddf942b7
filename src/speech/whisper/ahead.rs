//! Where speech is, found out on a thread of its own while what was heard before is written down.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

use crate::audio::PcmFile;
use crate::speech::SpeechError;
use crate::speech::vad::{CHUNK, Listening, Span, Vad};

/// Pieces that may be heard before they are needed: memory does not grow with the recording.
const AHEAD: usize = 2;

/// What was found in one piece of a recording.
pub struct Heard {
    /// Speech that ended in it.
    pub spans: Vec<Span>,
    /// Nothing follows.
    pub last: bool,
}

/// Hears a recording piece by piece; the last that comes is the recording's last one, or an error. Ends early when nobody receives.
pub fn listen<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    vad: &'env Vad,
    pcm: &'env PcmFile,
) -> Receiver<Result<Heard, SpeechError>> {
    let (news, inbox) = sync_channel(AHEAD);
    scope.spawn(move || {
        let _no_gradients = tch::no_grad_guard();
        let mut speech = vad.start();
        let mut position = 0;
        loop {
            let heard = next(&mut speech, pcm, &mut position);
            let over = heard.as_ref().map_or(true, |heard| heard.last);
            if news.send(heard).is_err() || over {
                break;
            }
        }
    });
    inbox
}

fn next(speech: &mut Listening<'_>, pcm: &PcmFile, position: &mut u64) -> Result<Heard, SpeechError> {
    let samples = pcm.read(*position, CHUNK)?;
    *position += samples.len() as u64;
    let last = *position >= pcm.len();
    let mut spans = speech.push(&samples)?;
    if last {
        spans.extend(speech.finish()?);
    }
    Ok(Heard { spans, last })
}
