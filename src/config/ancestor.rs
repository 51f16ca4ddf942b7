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
    ("HEALTHCHECK_URL", "telemetry", "healthcheck_url"),
    ("REFLECTOR_GPU_APIKEY", "speech_server", "api_key"),
    ("SITE_URL", "server", "site_url"),
    ("UI_BASE_URL", "server", "site_url"),
    ("AUTH_BACKEND", "auth", "mode"),
    ("PUBLIC_MODE", "auth", "public_mode"),
    ("PUBLIC_DATA_RETENTION_DAYS", "retention", "public_days"),
    ("SECRET_KEY", "auth", "secret_key"),
    ("ADMIN_EMAIL", "auth", "admin_email"),
    ("ADMIN_PASSWORD_HASH", "auth", "admin_password_hash"),
    ("AUTH_JWT_ALGORITHM", "auth", "jwt_algorithm"),
    ("AUTH_JWT_PUBLIC_KEY", "auth", "jwt_public_key_file"),
    ("AUTH_JWT_AUDIENCE", "auth", "audience"),
    ("AUTHENTIK_ISSUER", "auth", "issuer"),
    ("AUTHENTIK_CLIENT_ID", "auth", "client_id"),
    ("AUTHENTIK_CLIENT_SECRET", "auth", "client_secret"),
    ("AUTHENTIK_REFRESH_TOKEN_URL", "auth", "refresh_token_url"),
    ("FEATURE_REQUIRE_LOGIN", "features", "require_login"),
    ("FEATURE_PRIVACY", "features", "privacy"),
    ("FEATURE_BROWSE", "features", "browse"),
    ("FEATURE_ROOMS", "features", "rooms"),
    ("FEATURE_SEND_TO_ZULIP", "features", "send_to_zulip"),
    ("FEATURE_EMAIL_TRANSCRIPT", "features", "email_transcript"),
    ("CORS_ORIGIN", "cors", "origins"),
    ("CORS_ALLOW_CREDENTIALS", "cors", "allow_credentials"),
    ("SMTP_HOST", "mail", "host"),
    ("SMTP_PORT", "mail", "port"),
    ("SMTP_USERNAME", "mail", "username"),
    ("SMTP_PASSWORD", "mail", "password"),
    ("SMTP_FROM_EMAIL", "mail", "from"),
    ("SMTP_USE_TLS", "mail", "tls"),
    ("ZULIP_REALM", "zulip", "realm"),
    ("ZULIP_API_KEY", "zulip", "api_key"),
    ("ZULIP_BOT_EMAIL", "zulip", "bot_email"),
    ("ZULIP_DAG_STREAM", "failures", "zulip_stream"),
    ("ZULIP_DAG_TOPIC", "failures", "zulip_topic"),
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
            let value = value(section, key, text);
            let entry = sections.entry((*section).into()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, dict) = entry {
                dict.insert((*key).into(), value);
            }
        }
        Ok(Profile::Default.collect(sections))
    }
}

/// A text as its setting has it. What is no number or no yes or no stays text, and is refused with the setting's name; a key of
/// digits alone stays a key.
fn value(section: &str, key: &str, text: String) -> Value {
    match (section, key) {
        (_, "context_window" | "public_days" | "port") => {
            text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
        }
        ("features", _) | (_, "public_mode" | "allow_credentials") => match truth(&text) {
            Some(yes) => Value::from(yes),
            None => Value::from(text),
        },
        // Theirs says whether TLS is to be begun after the greeting, which is all that they know.
        ("mail", "tls") => match truth(&text) {
            Some(true) => Value::from("starttls"),
            Some(false) => Value::from("none"),
            None => Value::from(text),
        },
        ("cors", "origins") => {
            let one = |origin: &str| Value::from(origin.trim().trim_end_matches('/'));
            text.split(',').filter(|origin| !origin.trim().is_empty()).map(one).collect::<Vec<_>>().into()
        }
        _ => Value::from(text),
    }
}

/// Yes or no, as the ancestor reads it.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
