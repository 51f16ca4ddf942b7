//! The models while they are used: given back after a pause, loaded again by whoever asks next.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tch::Device;

use super::device::Precision;
use super::engine::{EngineSettings, catch};
use super::memory;
use super::models::Models;
use super::{Health, SpeechError};

/// What others may see of the models.
#[derive(Default)]
pub(super) struct Presence {
    loaded: AtomicBool,
    /// Why they could not be loaded when they were last needed.
    failure: Mutex<Option<String>>,
}

impl Presence {
    /// Adds itself to what is known; `alive`: the engine's thread runs.
    pub fn tell(&self, alive: bool, health: &mut Health) {
        health.loaded = self.loaded.load(Ordering::Acquire);
        health.failure =
            self.failure.lock().map_or_else(|broken| broken.into_inner().clone(), |why| why.clone());
        health.ready = alive && health.failure.is_none();
    }

    fn set(&self, loaded: bool, failure: Option<String>) {
        *self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = failure;
        self.loaded.store(loaded, Ordering::Release);
    }
}

/// Whoever has the models, on the engine's thread.
pub(super) struct Keeper<'e> {
    settings: EngineSettings,
    device: Device,
    precision: Precision,
    presence: &'e Presence,
    models: Option<Models>,
}

impl<'e> Keeper<'e> {
    /// Without models yet.
    pub fn new(
        settings: EngineSettings,
        device: Device,
        precision: Precision,
        presence: &'e Presence,
    ) -> Self {
        Self { settings, device, precision, presence, models: None }
    }

    pub fn has_models(&self) -> bool {
        self.models.is_some()
    }

    /// How long to wait for the next request before [`Keeper::unload`]; `None`: as long as it takes.
    pub fn patience(&self) -> Option<Duration> {
        self.settings.unload_after.filter(|_| self.has_models())
    }

    /// The models, loaded now and warm if they are not there.
    ///
    /// # Errors
    /// They are missing, damaged, or there is no memory for them; the next who asks tries again.
    pub fn models(&mut self) -> Result<&mut Models, SpeechError> {
        if self.models.is_none() {
            let (settings, device, precision) = (self.settings.clone(), self.device, self.precision);
            let begun = Instant::now();
            let loaded = catch(|| Models::load(settings, device, precision));
            let failure = loaded.as_ref().err().map(ToString::to_string);
            if let Some(error) = &failure {
                // What was loaded before it failed must not stay.
                self.give_back();
                tracing::error!(error, "the speech models can't be loaded");
            }
            self.presence.set(failure.is_none(), failure);
            self.models = Some(loaded?);
            let seconds = begun.elapsed().as_secs_f64();
            tracing::info!(seconds, ?device, ?precision, "speech models are ready");
        }
        self.models.as_mut().ok_or_else(|| SpeechError::Internal("its models are gone".into()))
    }

    /// Gives the models' memory back to the system and, on a GPU, to the other programs there.
    pub fn unload(&mut self) {
        if self.models.take().is_some() {
            self.give_back();
            self.presence.set(false, None);
            tracing::info!("speech models are unloaded; the next request loads them again");
        }
    }

    fn give_back(&self) {
        memory::give_back();
        if matches!(self.device, Device::Cuda(_)) {
            memory::give_back_gpu();
        }
    }
}
