use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_util::task::TaskTracker;

use super::context::blocking;
use super::error::JobError;
use super::hearing::Hearing;
use super::progress::Progress;
use super::sending::Outbox;
use crate::audio::{Cancel, Scratch};
use crate::bus::Bus;
use crate::config::{DeviceChoice, PrecisionChoice, SpeechConfig, SpeechServerAddress};
use crate::db::Pool;
use crate::llm::Understanding;
use crate::model_api::client::Remote;
use crate::notify::Webhooks;
use crate::speech::{DeviceWish, Engine, EngineSettings, Expected, Precision};
use crate::storage::Storage;
use crate::tls::Trust;
use crate::weights::ModelStore;

/// What the engine tells speakers apart with.
const VOICES: &str = "segmentation-3.0 + campplus";

/// What jobs may touch. Cheap to clone.
#[derive(Clone)]
pub struct Environment {
    pub pool: Pool,
    pub storage: Storage,
    pub bus: Bus,
    pub understanding: Understanding,
    pub scratch: Scratch,
    pub speech: Speech,
    pub webhooks: Webhooks,
    pub outbox: Outbox,
    /// Small things that must still be written when a job is dropped; a process waits for them before it ends.
    pub last_words: TaskTracker,
}

/// Who hears: speech servers that the settings name, else an engine of our own, started when the first job needs it: loading
/// the models takes seconds and a gigabyte.
#[derive(Clone)]
pub struct Speech {
    settings: EngineSettings,
    /// Of every recording.
    pub(super) expected: Expected,
    engine: Arc<OnceCell<Engine>>,
    words: Option<Remote>,
    voices: Option<Remote>,
}

impl Speech {
    /// `models` is the folder of all weights. Nothing is loaded or asked yet.
    ///
    /// # Errors
    /// The address or key of a speech server can't be used.
    pub fn new(config: &SpeechConfig, models: &Path, trust: &Trust) -> anyhow::Result<Self> {
        let remote = |address: Option<SpeechServerAddress>| {
            address.map(|address| Remote::new(&address.url, address.key, trust)).transpose()
        };
        Ok(Self {
            settings: engine_settings(config, models),
            expected: expected(config),
            engine: Arc::default(),
            words: remote(config.transcript_server()?)?,
            voices: remote(config.diarization_server()?)?,
        })
    }

    /// The engine, if a job has needed it yet.
    pub fn started(&self) -> Option<&Engine> {
        self.engine.get()
    }

    /// Steps of what the engine is working on; `None` while it is idle. See [`Engine::steps`].
    pub fn steps(&self) -> Option<u64> {
        self.engine.get()?.steps()
    }

    /// Who writes words down; that its models have to be loaded first is noted in `progress`.
    pub(super) async fn words(&self, cancel: &Cancel, progress: &Progress) -> Result<Hearing, JobError> {
        let hearing = match &self.words {
            Some(remote) => Hearing::words_there(remote, cancel).await?,
            None => Hearing::Here(self.engine(progress).await?, self.settings.model.clone()),
        };
        Ok(hearing.noted(progress))
    }

    /// Who tells speakers apart, likewise.
    pub(super) async fn voices(&self, cancel: &Cancel, progress: &Progress) -> Result<Hearing, JobError> {
        let hearing = match &self.voices {
            Some(remote) => Hearing::voices_there(remote, cancel).await?,
            None => Hearing::Here(self.engine(progress).await?, VOICES.into()),
        };
        Ok(hearing.noted(progress))
    }

    async fn engine(&self, progress: &Progress) -> Result<Engine, JobError> {
        if self.engine.get().is_none() {
            progress.loading();
        }
        let settings = self.settings.clone();
        let start = || blocking(move || Ok(Engine::start(settings)?));
        let engine = self.engine.get_or_try_init(start).await.cloned();
        progress.set(0.0);
        engine
    }
}

/// What the settings say of every recording.
pub fn expected(config: &SpeechConfig) -> Expected {
    Expected { prompt: config.prompt.clone(), languages: config.languages.clone() }
}

/// The settings of an engine; `models` is the folder of all weights.
pub fn engine_settings(config: &SpeechConfig, models: &Path) -> EngineSettings {
    EngineSettings {
        models: ModelStore::new(models).with_speakers(&config.segmentation_model, &config.embedding_model),
        model: config.model.clone(),
        device: match config.device {
            DeviceChoice::Auto => DeviceWish::Auto,
            DeviceChoice::Cpu => DeviceWish::Cpu,
            DeviceChoice::Cuda => DeviceWish::Cuda,
        },
        precision: match config.precision {
            PrecisionChoice::Auto => None,
            PrecisionChoice::Float32 => Some(Precision::Float32),
            PrecisionChoice::Bfloat16 => Some(Precision::Bfloat16),
            PrecisionChoice::Int16 => Some(Precision::Int16),
            PrecisionChoice::Int8 => Some(Precision::Int8),
        },
        beam: config.beam,
        queue: config.queue,
        unload_after: (config.unload_after > 0)
            .then(|| Duration::from_secs(u64::from(config.unload_after) * 60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_without_work_reach_the_engine_and_none_means_never() {
        let after = |unload_after| {
            let config = SpeechConfig { unload_after, ..SpeechConfig::default() };
            engine_settings(&config, Path::new("/models")).unload_after
        };
        assert_eq!((after(0), after(15)), (None, Some(Duration::from_secs(900))));
    }
}
