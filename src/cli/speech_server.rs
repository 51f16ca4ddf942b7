//! `reflector speech-server`: the models alone, over HTTP.

use clap::Args;

use super::process;
use crate::app::run_speech_server;
use crate::config::Config;
use crate::lifecycle::Notifier;

/// Offer the speech models alone over HTTP: for another machine's jobs, and for OpenAI's clients
#[derive(Debug, Args)]
pub struct SpeechServer {}

impl SpeechServer {
    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load()?;
        // Before anybody could come in.
        config.speech_server.key()?;
        process::run_alone(config, |config, shutdown| async move {
            let listener = process::listen_at(config.speech_server.listen, "speech_server.listen").await?;
            run_speech_server(&config, listener, &Notifier::from_environment(), &shutdown).await
        })
    }
}
