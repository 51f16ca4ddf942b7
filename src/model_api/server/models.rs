//! `/v1/models`, and which model a request means.

use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::error::ApiError;
use crate::weights::registry::{self, MODELS};

/// Purpose of those that write words down, in the registry.
const WHISPER: &str = "speech to text";
/// What OpenAI calls its own; here they mean the model that the server was started with.
const OPENAIS: [&str; 4] =
    ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"];

/// A model that requests may name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelOut {
    id: String,
    /// `model`.
    object: &'static str,
    /// When it was installed, in seconds since 1970.
    created: u64,
    owned_by: &'static str,
}

/// All of them, the server's own first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelsOut {
    /// `list`.
    object: &'static str,
    data: Vec<ModelOut>,
}

/// `GET /v1/models`.
#[utoipa::path(get, path = "/v1/models", tag = "models", summary = "Installed models that write words down",
    responses((status = 200, body = ModelsOut)))]
pub(super) async fn list(State(server): State<Server>) -> Json<ModelsOut> {
    let store = &server.0.models;
    let own = std::iter::once(server.0.model.as_str());
    let others = MODELS.iter().filter(|model| model.purpose == WHISPER && store.installed(model));
    let others = others.map(|model| model.name).filter(|name| *name != server.0.model);
    Json(ModelsOut {
        object: "list",
        data: own.chain(others).map(|name| server.describe(name, name)).collect(),
    })
}

/// `GET /v1/models/{id}`.
#[utoipa::path(get, path = "/v1/models/{id}", tag = "models", summary = "One of them",
    params(("id" = String, Path, description = "Its name, or one of OpenAI's")),
    responses((status = 200, body = ModelOut), (status = 404, description = "Not installed")))]
pub(super) async fn get(
    State(server): State<Server>,
    Path(id): Path<String>,
) -> Result<Json<ModelOut>, ApiError> {
    let name = server.model(Some(&id))?.unwrap_or_else(|| server.0.model.clone());
    Ok(Json(server.describe(&id, &name)))
}

impl Server {
    fn describe(&self, id: &str, name: &str) -> ModelOut {
        let installed = std::fs::metadata(self.0.models.dir().join(name)).and_then(|found| found.modified());
        let since = installed.ok().and_then(|when| when.duration_since(UNIX_EPOCH).ok());
        let hub = registry::find(name).and_then(|model| model.hub?.split('/').next());
        ModelOut {
            id: id.to_owned(),
            object: "model",
            created: since.map_or(0, |since| since.as_secs()),
            owned_by: hub.unwrap_or("local"),
        }
    }

    /// The model that a request means; `None` for the server's own. An owner before the name is ignored.
    ///
    /// # Errors
    /// It is not installed here.
    pub(super) fn model(&self, said: Option<&str>) -> Result<Option<String>, ApiError> {
        let said = said.unwrap_or_default().trim();
        let name = said.rsplit('/').next().unwrap_or_default();
        let name = name.strip_prefix("faster-").unwrap_or(name);
        if name.is_empty() || name == self.0.model || OPENAIS.contains(&name) {
            return Ok(None);
        }
        let hears = registry::find(name).is_none_or(|model| model.purpose == WHISPER);
        if hears && self.0.models.whisper(name).is_ok() {
            return Ok(Some(name.to_owned()));
        }
        let message = format!("{said:?} is not installed on this server; /v1/models lists what is");
        let error = ApiError::field("model", message);
        Err(ApiError { status: StatusCode::NOT_FOUND, code: Some("model_not_found"), ..error })
    }
}
