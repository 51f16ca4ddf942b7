//! Numbers for Prometheus: requests by route, and what handlers and jobs of this process count.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::app::App;
use crate::model::{backup, stage};
use crate::queue;
use crate::storage::Room;

const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Prometheus asks again soon.
const PATIENCE: Duration = Duration::from_secs(3);

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
        metrics::describe_counter!(
            "reflector_events_let_go_total",
            "Events that could not be told for a day, and are not"
        );
        metrics::describe_gauge!("reflector_database_up", "1 if the database answered just now, else 0");
        metrics::describe_gauge!("reflector_queue_waiting", "Jobs that wait or run");
        metrics::describe_gauge!(
            "reflector_queue_oldest_seconds",
            "How long the oldest job that could run has waited for a worker; 0 if none waits"
        );
        metrics::describe_gauge!(
            "reflector_stages_failed",
            "Stages of transcripts that have failed for good"
        );
        metrics::describe_gauge!("reflector_disk_free_bytes", "Free room where a setting's folder lies");
        metrics::describe_gauge!(
            "reflector_disk_total_bytes",
            "Size of the disk where a setting's folder lies"
        );
        metrics::describe_gauge!(
            "reflector_backup_last_success_timestamp_seconds",
            "When the last backup was complete and read back; absent before the first"
        );
        metrics::describe_gauge!("reflector_backup_last_success_bytes", "Size of the last backup");
        metrics::describe_counter!(
            "reflector_database_queries_total",
            "Queries sent to PostgreSQL by this process"
        );
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

/// `GET /metrics`. What the database and the disks know is asked for now; what a database that does not answer knew stays as it was.
pub(super) async fn get(State(app): State<App>) -> Response {
    let handle = recorder();
    metrics::counter!("reflector_database_queries_total").absolute(app.pool().queries());
    let known = tokio::time::timeout(PATIENCE, database(&app)).await;
    metrics::gauge!("reflector_database_up").set(if matches!(known, Ok(Some(()))) { 1.0 } else { 0.0 });
    disks(&app);
    handle.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

async fn database(app: &App) -> Option<()> {
    let mut conn = app.pool().get().await.ok()?;
    let backlog = queue::backlog(&mut conn).await.ok()?;
    metrics::gauge!("reflector_queue_waiting").set(backlog.jobs as f64);
    metrics::gauge!("reflector_queue_oldest_seconds").set(backlog.oldest_seconds);
    let failed = stage::count_failed(&mut conn).await.ok()?;
    metrics::gauge!("reflector_stages_failed").set(failed as f64);
    if let Some(last) = backup::last(&mut conn).await.ok()? {
        metrics::gauge!("reflector_backup_last_success_timestamp_seconds")
            .set(last.finished_at.timestamp() as f64);
        metrics::gauge!("reflector_backup_last_success_bytes").set(last.size_bytes as f64);
        metrics::gauge!("reflector_backup_last_missing_objects").set(last.missing as f64);
    }
    Some(())
}

fn disks(app: &App) {
    let storage = &app.config().storage;
    let scratch = storage.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let objects = storage.s3.is_none().then(|| storage.dir.clone());
    for (setting, path) in [("storage.scratch", Some(scratch)), ("storage.dir", objects)]
        .into_iter()
        .filter_map(|(s, p)| Some((s, p?)))
    {
        if let Ok(room) = Room::of(&path) {
            metrics::gauge!("reflector_disk_free_bytes", "setting" => setting).set(room.free as f64);
            metrics::gauge!("reflector_disk_total_bytes", "setting" => setting).set(room.total as f64);
        }
    }
}
