//! For whoever watches the service: alive, and ready to serve.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::queue;

/// A part that does not answer within this is not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /health`: what the ancestor's monitors expect. It says that this process answers, and no more; `/readyz` checks.
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "status": "healthy" }))
}

/// `GET /livez`: this process answers. If not, restart it.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: asks each part that requests need; 503 names those that fail.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    let (database, storage, bus) = tokio::join!(database(&app), storage(&app), bus(&app));
    let (database, queue) = database;
    let checks = [("database", database), ("queue", queue), ("storage", storage), ("bus", bus)];
    let ready = checks.iter().all(|(_, outcome)| outcome.is_ok());
    let checks: Map<String, Value> = checks
        .into_iter()
        .map(|(name, outcome)| (name.to_owned(), outcome.map_or_else(Value::from, |()| "ok".into())))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "status": if ready { "ready" } else { "not ready" }, "checks": checks });
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Outcome for monitors: the reason goes to the log, since an error may carry an address or a user's name.
fn told<T, E: std::error::Error + Send + Sync + 'static>(
    part: &'static str,
    outcome: Result<Result<T, E>, tokio::time::error::Elapsed>,
) -> Result<T, &'static str> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let error = anyhow::Error::new(error);
            tracing::warn!(part, error = format!("{error:#}"), "not ready");
            Err("failed")
        }
        Err(_) => {
            tracing::warn!(part, "not ready: no answer in time");
            Err("no answer")
        }
    }
}

type Outcome = Result<(), &'static str>;

async fn database(app: &App) -> (Outcome, Outcome) {
    // The pool tries a connection before it hands it out.
    let mut conn = match told("database", tokio::time::timeout(PATIENCE, app.pool().get()).await) {
        Ok(conn) => conn,
        Err(reason) => return (Err(reason), Err(reason)),
    };
    let waiting = told("queue", tokio::time::timeout(PATIENCE, queue::backlog(&mut conn)).await);
    (Ok(()), waiting.map(|_| ()))
}

async fn storage(app: &App) -> Outcome {
    told("storage", tokio::time::timeout(PATIENCE, app.storage().check()).await)
}

async fn bus(app: &App) -> Outcome {
    told("bus", tokio::time::timeout(PATIENCE, app.bus().ping()).await)
}
