//! Asks a speech server for what the engine would have given.
//!
//! The other side is ours, or one that speaks the ancestor's or OpenAI's words: [`Remote::peer`] tells. Ours takes the sound as a
//! file and sends words while it works; from others all comes at the end, and segments are made of words here.

mod call;
mod error;
mod segments;
mod sound;

use reqwest::Url;
use reqwest::multipart::Form;
use serde::Deserialize;
use serde_json::Value;

use call::Answer;
pub use error::RemoteError;
pub use sound::Sound;

use super::language;
use super::wire::{self, Health, SERVICE};
use crate::speech::{
    Cancel, Diarization, DiarizeOptions, Segment, SpeakerVoice, Task, TranscribeOptions, TranscribeUpdate,
    Transcription, Turn, Word,
};
use crate::tls::Trust;

/// A speech server. Cheap to clone.
#[derive(Clone)]
pub struct Remote {
    http: reqwest::Client,
    base: Url,
    key: Option<String>,
}

/// Who answers there.
#[derive(Clone, Debug, PartialEq)]
pub enum Peer {
    Ours(Box<Health>),
    /// The ancestor's model service, or OpenAI's API.
    Other,
}

/// What an answer to a request for words may have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    text: String,
    words: Option<Vec<wire::Word>>,
    segments: Option<Vec<PlainSegment>>,
    language: Option<String>,
    language_code: Option<String>,
}

#[derive(Deserialize)]
struct PlainSegment {
    start: f64,
    end: f64,
    text: String,
}

impl Remote {
    /// `url` up to, or with, `/v1` or the path of a request.
    ///
    /// # Errors
    /// It is no address of http or https.
    pub fn new(url: &str, key: Option<String>, trust: &Trust) -> Result<Self, RemoteError> {
        let base = call::base(url)
            .ok_or_else(|| RemoteError::Settings(format!("{url} is no http:// or https:// address")))?;
        let http = call::client(trust, &base).map_err(|error| RemoteError::Settings(error.to_string()))?;
        Ok(Self { http, base, key })
    }

    /// Host and port, for people.
    pub fn place(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Finds out who answers. One of ours whose models could not be loaded tries again when it is asked for something.
    ///
    /// # Errors
    /// Nobody does, or a server of ours that is not ready.
    pub async fn peer(&self, cancel: &Cancel) -> Result<Peer, RemoteError> {
        match self.get("health", cancel).await? {
            (200 | 503, Ok(health)) => match serde_json::from_value::<Health>(health) {
                Ok(health) if health.service == SERVICE && (health.ready || health.failure.is_some()) => {
                    Ok(Peer::Ours(Box::new(health)))
                }
                Ok(health) if health.service == SERVICE => Err(self.away("its models are not ready")),
                _ => Ok(Peer::Other),
            },
            (500.., _) => Err(self.away("it answers, but with an error")),
            _ => Ok(Peer::Other),
        }
    }

    /// Tries the key, and says who answers: for `doctor`.
    ///
    /// # Errors
    /// As [`Remote::peer`], and if a server of ours could not load its models, or refuses the key.
    pub async fn check(&self) -> Result<Peer, RemoteError> {
        let peer = self.peer(&Cancel::new()).await?;
        if let Peer::Ours(health) = &peer {
            if let Some(failure) = &health.failure {
                return Err(self.away(failure.clone()));
            }
            let (status, body) = self.get("v1/models", &Cancel::new()).await?;
            if status != 200 {
                return Err(self.refused(status, &body.unwrap_or_default()));
            }
        }
        Ok(peer)
    }

    /// Has written down what is said. As [`Engine::transcribe`](crate::speech::Engine::transcribe); updates come from a server of
    /// ours alone.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn transcribe(
        &self,
        peer: &Peer,
        sound: &Sound,
        options: &TranscribeOptions,
        cancel: &Cancel,
        mut on_update: impl FnMut(TranscribeUpdate) + Send,
    ) -> Result<Transcription, RemoteError> {
        let path = match options.task {
            Task::Transcribe => "v1/audio/transcriptions",
            Task::Translate => "v1/audio/translations",
        };
        let ours = matches!(peer, Peer::Ours(_));
        let expected = options.prompt.clone().map(|prompt| ("prompt", prompt));
        let form = || {
            let mut form = Form::new().part("file", sound.part()).text("response_format", "verbose_json");
            form = form.text("model", options.model.clone().unwrap_or_else(|| "whisper-1".into()));
            form =
                form.text("timestamp_granularities[]", "word").text("timestamp_granularities[]", "segment");
            for (name, value) in spoken(options, ours).into_iter().chain(expected.clone()) {
                form = form.text(name, value);
            }
            if ours { form.text("stream", "true") } else { form }
        };
        let total = sound.pcm.duration();
        let mut segments: Vec<Segment> = Vec::new();
        let mut on_event = |event: &Value| {
            let new: Vec<wire::Segment> =
                serde_json::from_value(event["segments"].clone()).unwrap_or_default();
            let new: Vec<Segment> = new.into_iter().map(Segment::from).collect();
            let done = event["progress"].as_f64().unwrap_or(0.0) * total;
            on_update(TranscribeUpdate { segments: &new, done, total });
            segments.extend(new);
        };
        let events = ("transcript.text.delta", "transcript.text.done");
        let asked = self.post(path, &[], Some(&form), events, cancel, &mut on_event).await?;
        let (last, streamed) = match asked {
            Answer::Streamed(last) => (last, true),
            Answer::Whole(body) => (body, false),
        };
        let answer: Words = serde_json::from_value(last).map_err(|error| self.unclear(&error))?;
        let said = answer.language_code.as_deref().or(answer.language.as_deref());
        let language = language::code(said).or_else(|| options.language.clone());
        if !streamed {
            segments = answer.into_segments(total);
            on_update(TranscribeUpdate { segments: &segments, done: total, total });
        }
        Ok(Transcription { language: language.unwrap_or_else(|| "en".into()), segments, duration: total })
    }

    /// Has found out who speaks when. As [`Engine::diarize`](crate::speech::Engine::diarize); an ancestor's server takes an address
    /// alone, and knows no numbers of speakers.
    ///
    /// # Errors
    /// See [`RemoteError`].
    pub async fn diarize(
        &self,
        peer: &Peer,
        sound: &Sound,
        options: &DiarizeOptions,
        cancel: &Cancel,
        mut on_progress: impl FnMut(f32) + Send,
    ) -> Result<Diarization, RemoteError> {
        let mut query: Vec<(&str, String)> = vec![("timestamp", "0".into())];
        let numbers = [
            ("num_speakers", options.speakers),
            ("min_speakers", options.min_speakers),
            ("max_speakers", options.max_speakers),
        ];
        query.extend(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string()))));
        let form = || Form::new().part("file", sound.part());
        let form: Option<&(dyn Fn() -> Form + Sync)> = match (peer, &sound.url) {
            (Peer::Ours(_), _) => {
                query.extend([("embeddings", "true".into()), ("stream", "true".into())]);
                Some(&form)
            }
            (Peer::Other, Some(url)) => {
                query.push(("audio_file_url", url.clone()));
                None
            }
            (Peer::Other, None) => return Err(RemoteError::NeedsAddress(self.place())),
        };
        #[expect(clippy::cast_possible_truncation, reason = "a share of the whole")]
        let mut on_event = |event: &Value| on_progress(event["progress"].as_f64().unwrap_or(0.0) as f32);
        let events = ("diarization.progress", "diarization.done");
        let (Answer::Streamed(last) | Answer::Whole(last)) =
            self.post("diarize", &query, form, events, cancel, &mut on_event).await?;
        let found: wire::Diarization = serde_json::from_value(last).map_err(|error| self.unclear(&error))?;
        let turn = |turn: wire::Turn| Turn { start: turn.start, end: turn.end, speaker: turn.speaker };
        let voice = |voice: wire::Voice| SpeakerVoice { speaker: voice.speaker, embedding: voice.embedding };
        Ok(Diarization {
            turns: found.diarization.into_iter().map(turn).collect(),
            speakers: found.speakers.unwrap_or_default().into_iter().map(voice).collect(),
        })
    }
}

/// What is said about languages. Others know one or none; ours must not put its own settings in the place of a wish for any.
fn spoken(options: &TranscribeOptions, ours: bool) -> Vec<(&'static str, String)> {
    match (&options.language, options.languages.as_slice()) {
        (Some(one), _) => vec![("language", one.clone())],
        (None, [one]) => vec![("language", one.clone())],
        (None, _) if !ours => Vec::new(),
        (None, []) => vec![("language", "auto".into())],
        (None, several) => several.iter().map(|one| ("languages[]", one.clone())).collect(),
    }
}

impl Words {
    /// Sentences from words, else what segments there are, else all of the text as one.
    fn into_segments(self, duration: f64) -> Vec<Segment> {
        let words: Vec<Word> = self.words.unwrap_or_default().into_iter().map(Word::from).collect();
        if !words.is_empty() {
            return segments::from_words(words);
        }
        let plain = self
            .segments
            .filter(|segments| !segments.is_empty())
            .unwrap_or_else(|| vec![PlainSegment { start: 0.0, end: duration, text: self.text }]);
        let spoken = plain.into_iter().filter(|segment| !segment.text.trim().is_empty());
        let one = |segment: PlainSegment| Segment {
            start: segment.start,
            end: segment.end,
            text: segment.text.trim().to_owned(),
            words: Vec::new(),
        };
        spoken.map(one).collect()
    }
}
