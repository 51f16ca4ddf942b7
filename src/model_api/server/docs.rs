//! `/openapi.json` and `/docs`: what this server takes and gives.

use askama::Template;
use axum::Json;
use axum::response::Html;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::error::ApiError;
use super::{diarize, health, missing, models, transcribe};
use crate::operations::{Address, addresses};

/// Fields of the form of `/v1/audio/transcriptions` and `/v1/audio/translations`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form that is read field by field")]
pub(super) struct AudioForm {
    /// Any file with an audio track.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    /// Several of them; the answer is then a list.
    #[schema(rename = "files[]")]
    files: Option<Vec<String>>,
    /// The ancestor's mark for several files.
    batch: Option<bool>,
    /// An installed model; `whisper-1` means the server's own.
    model: Option<String>,
    /// Code or English name of the language; found out if it is missing.
    language: Option<String>,
    /// Codes of the languages that may be spoken, where `language` is missing or `auto`: each stretch of speech is in one of them. Ours.
    #[schema(rename = "languages[]")]
    languages: Option<Vec<String>>,
    /// Names and words to expect, or the text before.
    prompt: Option<String>,
    /// json, verbose_json, text, srt or vtt.
    response_format: Option<String>,
    /// word, segment or both; for verbose_json.
    #[schema(rename = "timestamp_granularities[]")]
    timestamp_granularities: Option<Vec<String>>,
    /// From 0 to 1. Accepted; decoding begins at 0 and rises by itself where it fails.
    temperature: Option<f32>,
    /// Answer with server-sent events `transcript.text.delta` and `transcript.text.done`.
    stream: Option<bool>,
}

/// The form of `/diarize`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a form that is read field by field")]
pub(super) struct DiarizeForm {
    /// Any file with an audio track.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Reflector speech server", description = "Words and speakers of recordings. Errors are {\"error\": {\"message\", \"type\", \"param\", \"code\"}, \"detail\"}."),
    paths(
        transcribe::transcriptions, transcribe::translations, transcribe::from_url, diarize::diarize, models::list, models::get,
        health::health, missing::translate, missing::pad, missing::mixdown,
    ),
    modifiers(&Bearer),
    security(("key" = [])),
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// `GET /openapi.json`.
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}

#[derive(Template)]
#[template(path = "speech_server.html")]
struct Page {
    version: &'static str,
    addresses: Vec<Address>,
}

/// `GET /docs`: the description above, as a page without script.
pub(super) async fn page() -> Result<Html<String>, ApiError> {
    let description = serde_json::to_value(Description::openapi()).map_err(ApiError::internal)?;
    let page = Page { version: env!("CARGO_PKG_VERSION"), addresses: addresses(&description) };
    page.render().map(Html).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_address_with_its_fields() {
        let description = serde_json::to_value(Description::openapi()).unwrap();
        let found = addresses(&description);
        let all: Vec<String> = found.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
        for wanted in [
            "POST /v1/audio/transcriptions",
            "POST /v1/audio/transcriptions-from-url",
            "POST /v1/audio/translations",
            "POST /diarize",
            "POST /translate",
            "POST /pad",
            "POST /mixdown",
            "GET /v1/models",
            "GET /v1/models/{id}",
            "GET /health",
        ] {
            assert!(all.iter().any(|one| one == wanted), "{wanted} in {all:?}");
        }
        let fields = |path: &str| -> Vec<&str> {
            let one = found.iter().find(|one| one.path == path).unwrap();
            one.fields.iter().map(|(name, _)| name.as_str()).collect()
        };
        assert!(fields("/v1/audio/transcriptions").contains(&"timestamp_granularities[]"));
        assert!(fields("/diarize").contains(&"num_speakers"));
        assert!(fields("/v1/audio/transcriptions-from-url").contains(&"timestamp_offset"));
    }
}
