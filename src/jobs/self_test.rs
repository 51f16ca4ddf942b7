//! A known recording goes through what a worker uses (media sandbox, voice activity, Whisper, speakers, word times), with the
//! settings of this installation, and must come out as it was read.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::engine_settings;
use crate::audio::{AudioError, Cancel, PcmFile, decode_to_pcm};
use crate::config::{Config, ConfigError, SpeechServerAddress};
use crate::model_api::client::{Peer, Remote, RemoteError, Sound};
use crate::speech::attribute::{SpeakerSegment, attribute};
use crate::speech::{
    Diarization, DiarizeOptions, Engine, SpeechError, TranscribeOptions, Transcription, Turn, Word,
};
use crate::tls::Trust;

/// Seven seconds of one reader, Opus in Ogg: a sentence of "Sense and Sensibility" from LibriVox, in the public domain.
const CLIP: &[u8] = include_bytes!("self_test/clip.ogg");
/// What is read in it.
const WORDS: &str = include_str!("self_test/clip.txt");

/// Words that may be wrong, missing or too many, as a share of those that are read. whisper-tiny.en and -base miss none of 22; a
/// model that is damaged, or a device that computes wrongly, misses more.
const WRONG_AT_MOST: f64 = 0.15;

/// Seconds by which a word may end after the clip: the frame in which it ends is 20 ms long.
const FRAME: f64 = 0.02;

const HEARD_WRONG: &str = "`reflector models verify`; then try speech.precision = \"float32\" and speech.device = \"cpu\": a driver or card may compute \
     wrongly";

const SERVER: &str = "start `reflector speech-server` there; check speech.transcript_url, speech.diarization_url and their keys";

/// All is well.
#[derive(Debug)]
pub struct Heard {
    right: usize,
    words: usize,
    /// Name of the Whisper model.
    model: String,
    device: String,
    /// The whole, loading the models included.
    took: Duration,
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { right, words, model, device, took } = self;
        write!(f, "{right} of {words} words, one speaker; {model} on {device}, {:.1} s", took.as_secs_f64())
    }
}

/// What went wrong, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    text: String,
    pub remedy: &'static str,
}

impl Fault {
    fn new(text: impl Into<String>, remedy: &'static str) -> Self {
        Self { text: text.into(), remedy }
    }
}

impl From<AudioError> for Fault {
    fn from(error: AudioError) -> Self {
        let remedy = match error {
            AudioError::FfmpegMissing(_) => {
                "install ffmpeg (Debian: apt-get install ffmpeg), and name its folder in PATH"
            }
            _ => {
                "see what ffmpeg is: it must read Opus in Ogg, and run inside the sandbox of docs/SECURITY.md"
            }
        };
        Self::new(format!("the clip was not decoded: {error}"), remedy)
    }
}

impl From<RemoteError> for Fault {
    fn from(error: RemoteError) -> Self {
        Self::new(error.to_string(), SERVER)
    }
}

impl From<SpeechError> for Fault {
    fn from(error: SpeechError) -> Self {
        let remedy = match error {
            SpeechError::Model(_) => "`reflector models pull NAME`, or check models.dir and speech.model",
            _ => {
                "check speech.device and the card's driver and free memory; speech.device = \"cpu\" does without"
            }
        };
        Self::new(error.to_string(), remedy)
    }
}

/// Transcribes the clip; takes as long as loading the models, and some seconds.
///
/// # Errors
/// What is missing, or what was heard instead.
pub fn self_test(config: &Config) -> Result<Heard, Fault> {
    let begun = Instant::now();
    let parent = config.storage.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let unwritten = |error: std::io::Error| {
        Fault::new(
            format!("{}: {error}", parent.display()),
            "check storage.scratch, and run this as the worker's user (NixOS: `reflector-as-service doctor --self-test`)",
        )
    };
    let folder = tempfile::Builder::new().prefix("self-test-").tempdir_in(&parent).map_err(unwritten)?;
    let clip: PathBuf = folder.path().join("clip.ogg");
    std::fs::write(&clip, CLIP).map_err(unwritten)?;

    let cancel = Cancel::default();
    let pcm: PcmFile = decode_to_pcm(&clip, &folder.path().join("clip.pcm"), |_| {}, &cancel)?;
    let duration = pcm.duration();
    let ears = Ears::open(config)?;
    let transcription = ears.words(pcm.clone(), &cancel)?;
    let voices = ears.voices(pcm, &cancel)?;

    let segments = attribute(&transcription.segments, &voices.turns);
    let (right, words) = compare(&segments)?;
    if transcription.language != "en" {
        let text = format!("English was taken for the language {:?}", transcription.language);
        return Err(Fault::new(text, HEARD_WRONG));
    }
    one_speaker(&voices.turns)?;
    times(segments.iter().flat_map(|segment| &segment.words), duration)?;
    let (model, device) = ears.describe(config);
    Ok(Heard { right, words, model, device, took: begun.elapsed() })
}

/// Whoever hears for jobs: models of this machine, and the speech servers that the settings name.
struct Ears {
    engine: Option<Engine>,
    words: Option<(Remote, Peer)>,
    voices: Option<(Remote, Peer)>,
    runtime: tokio::runtime::Runtime,
}

impl Ears {
    fn open(config: &Config) -> Result<Self, Fault> {
        let speech = &config.speech;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Fault::new(error.to_string(), "see what this user may start"))?;
        let trust = Trust::load(&config.tls.ca);
        let trust = trust.map_err(|error| Fault::new(format!("tls.ca: {error}"), "correct tls.ca"))?;
        let ask = |server: Result<Option<SpeechServerAddress>, ConfigError>| {
            let server = server.map_err(|error| Fault::new(error.to_string(), SERVER))?;
            let ask = |address: SpeechServerAddress| {
                let remote = Remote::new(&address.url, address.key, &trust)?;
                let peer = runtime.block_on(remote.check())?;
                Ok::<_, Fault>((remote, peer))
            };
            server.map(ask).transpose()
        };
        let (words, voices) = (ask(speech.transcript_server())?, ask(speech.diarization_server())?);
        let needed = words.is_none() || voices.is_none();
        let engine = needed.then(|| Engine::start(engine_settings(speech, &config.models.dir)));
        Ok(Self { engine: engine.transpose()?, words, voices, runtime })
    }

    fn words(&self, pcm: PcmFile, cancel: &Cancel) -> Result<Transcription, Fault> {
        let options = TranscribeOptions::default();
        match (&self.words, &self.engine) {
            (Some((remote, peer)), _) => {
                let sound = Sound { pcm, url: None };
                Ok(self.runtime.block_on(remote.transcribe(peer, &sound, &options, cancel, |_| {}))?)
            }
            (None, Some(engine)) => Ok(engine.transcribe(pcm, options, cancel, |_| {})?),
            (None, None) => Err(SpeechError::Cancelled.into()),
        }
    }

    fn voices(&self, pcm: PcmFile, cancel: &Cancel) -> Result<Diarization, Fault> {
        let options = DiarizeOptions::default();
        match (&self.voices, &self.engine) {
            (Some((remote, peer)), _) => {
                let sound = Sound { pcm, url: None };
                Ok(self.runtime.block_on(remote.diarize(peer, &sound, &options, cancel, |_| {}))?)
            }
            (None, Some(engine)) => Ok(engine.diarize(pcm, options, cancel, |_| {})?),
            (None, None) => Err(SpeechError::Cancelled.into()),
        }
    }

    /// What writes words down, and where.
    fn describe(&self, config: &Config) -> (String, String) {
        match (&self.words, &self.engine) {
            (Some((remote, Peer::Ours(health))), _) => {
                (health.model.clone(), format!("{} of {}", health.device, remote.place()))
            }
            (Some((remote, Peer::Other)), _) => ("its model".into(), remote.place()),
            (None, engine) => {
                let device = engine.as_ref().map(|engine| engine.health().device);
                (config.speech.model.clone(), device.unwrap_or_default())
            }
        }
    }
}

/// How many words are right, and how many there are.
fn compare(segments: &[SpeakerSegment]) -> Result<(usize, usize), Fault> {
    let texts: Vec<&str> = segments.iter().map(|segment| segment.text.trim()).collect();
    let heard = texts.join(" ");
    let truth = normal(WORDS);
    let wrong = strsim::generic_levenshtein(&truth, &normal(&heard));
    if wrong as f64 > WRONG_AT_MOST * truth.len() as f64 {
        let text = format!(
            "{wrong} of {} words are wrong; it is read {:?}, and heard was {heard:?}",
            truth.len(),
            WORDS.trim()
        );
        return Err(Fault::new(text, HEARD_WRONG));
    }
    Ok((truth.len() - wrong, truth.len()))
}

/// Lower-case words without punctuation; `mr` is how Whisper writes `mister`.
fn normal(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| if word == "mr" { "mister" } else { word }.to_owned()).collect()
}

fn one_speaker(turns: &[Turn]) -> Result<(), Fault> {
    let speakers: BTreeSet<u32> = turns.iter().map(|turn| turn.speaker).collect();
    match speakers.len() {
        1 => Ok(()),
        count => Err(Fault::new(format!("one reader was taken for {count} speakers"), HEARD_WRONG)),
    }
}

/// Words begin in the order in which they are said, and inside the clip.
fn times<'a>(words: impl Iterator<Item = &'a Word>, duration: f64) -> Result<(), Fault> {
    let mut last = 0.0;
    for Word { start, end, .. } in words {
        if !(last <= *start && start <= end && *end <= duration + FRAME) {
            let text = format!(
                "a word from {start:.2} to {end:.2} s follows one of {last:.2} s in a clip of {duration:.2} s"
            );
            return Err(Fault::new(text, HEARD_WRONG));
        }
        last = *start;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<SpeakerSegment> {
        vec![SpeakerSegment { start: 0.0, end: 7.0, speaker: 0, text: text.into(), words: Vec::new() }]
    }

    #[test]
    fn a_few_words_may_be_wrong_and_not_more() {
        let well = "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power to do for them.";
        let all = compare(&said(well)).unwrap();
        assert_eq!(all.0, all.1);
        assert_eq!(compare(&said(&well.replace("Dashwood", "Dash would"))).unwrap(), (all.0 - 2, all.1));
        for other in
            ["", "Thank you.", "had then leisure to consider how much there might be prudently in his power"]
        {
            let fault = compare(&said(other)).unwrap_err();
            assert!(fault.text.contains(&format!("heard was {other:?}")), "{fault}");
        }
    }

    #[test]
    fn nobody_and_two_people_are_not_one_speaker() {
        let turn = |speaker| Turn { start: 0.0, end: 1.0, speaker };
        assert!(one_speaker(&[turn(0), turn(0)]).is_ok());
        assert!(one_speaker(&[]).is_err());
        assert!(one_speaker(&[turn(0), turn(1)]).is_err());
    }

    #[test]
    fn words_that_go_back_or_leave_the_clip_are_noticed() {
        let word = |start, end| Word { text: "a".into(), start, end, probability: 1.0 };
        let check = |words: &[Word]| times(words.iter(), 7.0);
        assert!(check(&[word(0.0, 0.4), word(0.4, 0.4), word(6.0, 7.0)]).is_ok());
        assert!(check(&[word(2.0, 2.4), word(1.0, 1.4)]).is_err(), "back");
        assert!(check(&[word(2.0, 1.0)]).is_err(), "ends before it begins");
        assert!(check(&[word(6.8, 7.4)]).is_err(), "after the end");
        assert!(check(&[word(f64::NAN, 1.0)]).is_err());
    }
}
