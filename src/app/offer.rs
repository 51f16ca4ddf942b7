//! The models alone over HTTP: what `reflector speech-server` does.

use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use super::{scratch_dir, watch_speech};
use crate::audio::Scratch;
use crate::config::{Config, MAX_UPLOAD_BYTES};
use crate::jobs::{engine_settings, expected};
use crate::lifecycle::{Notifier, Shutdown};
use crate::model_api::server::{Server, ServerSettings};
use crate::outgoing::AllowedHosts;
use crate::speech::Engine;
use crate::tls::Trust;
use crate::weights::ModelStore;

/// How long requests may go on after it was asked to stop: clients ask again elsewhere.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

/// Loads the models and answers on `listener` until it is time to stop.
///
/// # Errors
/// The key can't be read or is missing, models are missing, the scratch folder can't be used.
pub async fn run_speech_server(
    config: &Config,
    listener: TcpListener,
    notifier: &Notifier,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let settings = &config.speech_server;
    let key = settings.key()?;
    let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
    let root = scratch_dir(config);
    let scratch = Scratch::new(&root).with_context(|| format!("the scratch folder {}", root.display()))?;
    let models = engine_settings(&config.speech, &config.models.dir);
    let engine = tokio::task::spawn_blocking(move || Engine::start(models)).await??;
    let server = Server::new(ServerSettings {
        engine: engine.clone(),
        models: ModelStore::new(&config.models.dir),
        model: config.speech.model.clone(),
        expected: expected(&config.speech),
        key,
        // Those that wait, and the one that is computed.
        places: config.speech.queue + 1,
        max_bytes: MAX_UPLOAD_BYTES,
        scratch,
        allowed: AllowedHosts::new("speech_server.allow_hosts", &settings.allow_hosts),
        trust,
    })?;
    let place = listener.local_addr()?;
    tracing::info!(%place, model = config.speech.model, key = settings.key()?.is_some(), "offering speech");
    watch_speech(&engine, notifier, place, shutdown);
    let stop = shutdown.soft();
    let serving = server.serve(listener, stop.clone().cancelled_owned());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        outcome = serving => outcome.context("the speech server"),
        () = patience => Ok(()),
    }
}
