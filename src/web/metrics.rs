//! Numbers for Prometheus: requests by route, and what handlers and jobs of this process count.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::model::backup::{self, Backup};

/// Who scrapes does not wait for a database that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The process's recorder, installed at the first call. Nothing is counted before that.
pub(super) fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        metrics::describe_counter!("reflector_http_requests_total", "Requests answered");
        metrics::describe_histogram!(
            "reflector_http_request_duration_seconds",
            "Time from the request's head to the answer's"
        );
        metrics::describe_counter!("reflector_upload_bytes_total", "Bytes of uploads written to storage");
        metrics::describe_gauge!("reflector_event_sockets", "Open WebSockets");
        metrics::describe_gauge!(
            "reflector_backup_last_success_timestamp_seconds",
            "When the last backup was complete and read back; absent before the first"
        );
        metrics::describe_gauge!("reflector_backup_last_success_bytes", "Size of the last backup");
        metrics::describe_gauge!(
            "reflector_backup_last_missing_objects",
            "Objects that the database named and the storage had not when the last backup was made"
        );
        handle
    })
}

/// Counts a request by its route, never by its path: ids would make a series each.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().as_str().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("reflector_http_requests_total", "method" => method.clone(), "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("reflector_http_request_duration_seconds", "method" => method, "route" => route)
        .record(started.elapsed().as_secs_f64());
    response
}

/// `GET /metrics`.
pub(super) async fn get(State(app): State<App>) -> Response {
    let handle = recorder();
    handle.run_upkeep();
    // A database that is away has alarms of its own; the numbers of before stay.
    if let Ok(Ok(Some(last))) = tokio::time::timeout(PATIENCE, last_backup(&app)).await {
        metrics::gauge!("reflector_backup_last_success_timestamp_seconds")
            .set(last.finished_at.timestamp() as f64);
        metrics::gauge!("reflector_backup_last_success_bytes").set(last.size_bytes as f64);
        metrics::gauge!("reflector_backup_last_missing_objects").set(last.missing as f64);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

async fn last_backup(app: &App) -> anyhow::Result<Option<Backup>> {
    Ok(backup::last(&mut *app.pool().get().await?).await?)
}
