//! Variables of the ancestor that mean the same here. Ours win where both are set.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

/// Ancestor's name, our section and key.
const SAME: &[(&str, &str, &str)] = &[
    ("DATABASE_URL", "database", "url"),
    ("LLM_URL", "llm", "url"),
    ("LLM_API_KEY", "llm", "api_key"),
    ("LLM_MODEL", "llm", "model"),
    ("LLM_CONTEXT_WINDOW", "llm", "context_window"),
    ("TRANSCRIPT_URL", "speech", "transcript_url"),
    ("TRANSCRIPT_MODAL_API_KEY", "speech", "transcript_api_key"),
    ("DIARIZATION_URL", "speech", "diarization_url"),
    ("DIARIZATION_MODAL_API_KEY", "speech", "diarization_api_key"),
    ("REFLECTOR_GPU_APIKEY", "speech_server", "api_key"),
    ("SITE_URL", "server", "site_url"),
    ("UI_BASE_URL", "server", "site_url"),
];

/// Reads those variables as a layer of settings.
pub(super) struct Ancestor;

impl Provider for Ancestor {
    fn metadata(&self) -> Metadata {
        Metadata::named("the ancestor's variables")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut sections = Dict::new();
        for (name, section, key) in SAME {
            let Ok(text) = std::env::var(name) else { continue };
            if text.is_empty() {
                continue;
            }
            let value = match text.parse::<u64>() {
                Ok(number) => Value::from(number),
                Err(_) => Value::from(text),
            };
            let entry = sections.entry((*section).into()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, dict) = entry {
                dict.insert((*key).into(), value);
            }
        }
        Ok(Profile::Default.collect(sections))
    }
}
