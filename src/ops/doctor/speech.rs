//! What hears: models of this machine, or speech servers that the settings name.

use super::{Finding, finding};
use crate::config::{Config, ConfigError, SpeechServerAddress};
use crate::model_api::client::{Peer, Remote};
use crate::tls::Trust;
use crate::weights::ModelStore;

/// Looks at whichever of the two is used, for words and for voices.
pub(super) async fn examine(config: &Config, trust: &Trust) -> Vec<Finding> {
    let speech = &config.speech;
    let models = ModelStore::new(&config.models.dir)
        .with_speakers(&speech.segmentation_model, &speech.embedding_model);
    let here = |found: Vec<Result<_, crate::weights::WeightsError>>| {
        let there = |path: std::path::PathBuf| format!("{} is there", path.display());
        let remedy = "`reflector models pull NAME`, or check models.dir, speech.model, speech.segmentation_model and speech.embedding_model";
        found.into_iter().map(|found| finding("model", found.map(there), remedy)).collect::<Vec<_>>()
    };
    let mut findings = match config.speech.transcript_server() {
        Ok(None) => here(vec![models.whisper(&config.speech.model), models.vad()]),
        server => vec![ask("words", server, trust).await],
    };
    findings.extend(match config.speech.diarization_server() {
        Ok(None) => here(vec![models.segmentation(), models.embedding()]),
        server => vec![ask("speakers", server, trust).await],
    });
    findings
}

async fn ask(
    what: &'static str,
    server: Result<Option<SpeechServerAddress>, ConfigError>,
    trust: &Trust,
) -> Finding {
    let asked = async {
        let Some(server) = server? else { return Ok("heard on this machine".to_owned()) };
        let remote = Remote::new(&server.url, server.key, trust)?;
        Ok::<_, anyhow::Error>(match remote.check().await? {
            Peer::Ours(health) => {
                format!("{what} come from {}: {} on {}", remote.place(), health.model, health.device)
            }
            Peer::Other => {
                format!("{} answers, and is no server of ours; its key was not tried", remote.place())
            }
        })
    };
    let remedy = "start `reflector speech-server` there; check speech.transcript_url, speech.diarization_url and their keys";
    finding("speech server", asked.await, remedy)
}
