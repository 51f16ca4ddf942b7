//! Who hears for a stage: the models of this process, or a speech server.

use super::context::{Context, blocking};
use super::error::JobError;
use super::progress::Progress;
use crate::audio::{Cancel, PcmFile};
use crate::model_api::client::{Peer, Remote, Sound};
use crate::speech::{
    Diarization, DiarizeOptions, Engine, TranscribeOptions, TranscribeUpdate, Transcription,
};
use crate::storage::StorageKey;

/// How long a server may take to fetch a recording from the object store. Seconds.
const ADDRESS_LASTS: u32 = 24 * 3600;

/// Whichever hears.
pub(super) enum Hearing {
    /// The engine, and the name of what it computes with.
    Here(Engine, String),
    /// A speech server, who answers there, and what its results are labelled with.
    There(Remote, Peer, String),
}

impl Hearing {
    /// The speech server that writes words down, if it answers.
    pub async fn words_there(remote: &Remote, cancel: &Cancel) -> Result<Self, JobError> {
        let peer = remote.peer(cancel).await?;
        let method = match &peer {
            Peer::Ours(health) => format!("{} at {}", health.model, remote.place()),
            Peer::Other => remote.place(),
        };
        Ok(Self::There(remote.clone(), peer, method))
    }

    /// The speech server that tells speakers apart, if it answers.
    pub async fn voices_there(remote: &Remote, cancel: &Cancel) -> Result<Self, JobError> {
        Ok(Self::There(remote.clone(), remote.peer(cancel).await?, remote.place()))
    }

    /// Itself, once `progress` has been told if its models are unloaded: they are loaded for the next request.
    pub fn noted(self, progress: &Progress) -> Self {
        let loaded = match &self {
            Self::Here(engine, _) => engine.health().loaded,
            Self::There(_, Peer::Ours(health), _) => health.loaded,
            Self::There(..) => true,
        };
        if !loaded {
            progress.loading();
        }
        self
    }

    /// What results are labelled with.
    pub fn method(&self) -> &str {
        let (Self::Here(_, method) | Self::There(_, _, method)) = self;
        method
    }

    /// Whether it takes sound that has no address; else it hears recordings as they are played, all channels as one.
    pub fn takes_channels(&self) -> bool {
        !matches!(self, Self::There(_, Peer::Other, _))
    }

    /// As [`Engine::transcribe`]; `on_update` must not block.
    pub async fn transcribe(
        &self,
        sound: Sound,
        options: TranscribeOptions,
        cancel: &Cancel,
        on_update: impl FnMut(TranscribeUpdate) + Send + 'static,
    ) -> Result<Transcription, JobError> {
        let cancel = cancel.clone();
        match self {
            Self::Here(engine, _) => {
                let engine = engine.clone();
                blocking(move || Ok(engine.transcribe(sound.pcm, options, &cancel, on_update)?)).await
            }
            Self::There(remote, peer, _) => {
                Ok(remote.transcribe(peer, &sound, &options, &cancel, on_update).await?)
            }
        }
    }

    /// As [`Engine::diarize`].
    pub async fn diarize(
        &self,
        sound: Sound,
        options: DiarizeOptions,
        cancel: &Cancel,
        on_progress: impl FnMut(f32) + Send + 'static,
    ) -> Result<Diarization, JobError> {
        let cancel = cancel.clone();
        match self {
            Self::Here(engine, _) => {
                let engine = engine.clone();
                blocking(move || Ok(engine.diarize(sound.pcm, options, &cancel, on_progress)?)).await
            }
            Self::There(remote, peer, _) => {
                Ok(remote.diarize(peer, &sound, &options, &cancel, on_progress).await?)
            }
        }
    }
}

impl Context {
    /// The recording as whoever hears takes it.
    pub async fn sound(&self) -> Result<Sound, JobError> {
        let mp3 = StorageKey::Mp3 { transcript: self.attempt.transcript };
        let url = self.env.storage.address(&mp3, ADDRESS_LASTS).await?;
        Ok(Sound { pcm: self.pcm().await?, url })
    }

    /// What is to be heard by itself, with the number of its channel: the recording as one, or each of its sides. That with most sound in it
    /// comes first: its language is the surest.
    pub async fn sounds(&self) -> Result<Vec<(i16, Sound)>, JobError> {
        if self.transcript.channels < 2 {
            return Ok(vec![(0, self.sound().await?)]);
        }
        let mut sounds = Vec::new();
        for channel in 0..self.transcript.channels {
            let key = StorageKey::Channel {
                transcript: self.attempt.transcript,
                channel: channel.to_le_bytes()[0],
            };
            let path = self.folder.path().join(format!("channel-{channel}"));
            self.env.storage.get_to_file(&key, &path).await?;
            let pcm = PcmFile::open(&path)?;
            let heard = pcm.clone();
            let loud = blocking(move || Ok(heard.loud_seconds()?)).await?;
            sounds.push((loud, (channel, Sound { pcm, url: None })));
        }
        sounds.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        Ok(sounds.into_iter().map(|(_, sound)| sound).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Trust;

    #[tokio::test]
    async fn a_server_that_fetches_recordings_by_address_is_given_no_channel_of_one() {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let remote = Remote::new("http://localhost:1", None, &Trust::system()).unwrap();
        let ancestors = Hearing::There(remote, Peer::Other, "there".into());
        assert!(!ancestors.takes_channels());
    }
}
