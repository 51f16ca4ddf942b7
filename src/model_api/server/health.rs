//! `/health`: how the server is, for whoever watches it and for clients that want to know whom they talk to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Server;
use crate::model_api::wire::{Health, SERVICE};

/// `GET /health`. 503 while the models can't be loaded; unloaded ones are no reason.
#[utoipa::path(get, path = "/health", tag = "server", summary = "Ready, device and queue",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(super) async fn health(State(server): State<Server>) -> (StatusCode, Json<Health>) {
    let engine = server.0.engine.health();
    let (requests, places) = server.0.admission.taken();
    let status = if engine.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let health = Health {
        status: if engine.ready { "ok" } else { "not ready" }.into(),
        service: SERVICE.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        ready: engine.ready,
        loaded: engine.loaded,
        // Its text names files; the key that guards them is not asked for here.
        failure: engine.failure.map(|_| "the models could not be loaded; this server's log says why".into()),
        device: engine.device,
        dtype: engine.dtype,
        model: server.0.model.clone(),
        requests,
        places,
        waiting: engine.queued,
        running: engine.running,
    };
    (status, Json(health))
}
