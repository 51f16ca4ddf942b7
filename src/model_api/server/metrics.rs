//! `/metrics`: numbers of this server for Prometheus.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::Server;

const SECONDS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];
/// How often what was counted is put together.
const UPKEEP: Duration = Duration::from_secs(60);

/// A recorder of our own: the process may have another.
pub(super) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Metrics {
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new().upkeep_timeout(UPKEEP);
        let recorder = builder.set_buckets(SECONDS).unwrap_or_default().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::describe_counter!("reflector_speech_requests_total", "Requests answered");
            metrics::describe_histogram!(
                "reflector_speech_request_duration_seconds",
                "Time from the request's head to the answer's"
            );
            metrics::describe_gauge!("reflector_speech_inside", "Requests taken in and not yet answered");
            metrics::describe_gauge!("reflector_speech_places", "How many there may be");
            metrics::describe_gauge!("reflector_speech_ready", "1 unless the models can't be loaded");
            metrics::describe_gauge!(
                "reflector_speech_loaded",
                "1 while the models are in memory, 0 while they are unloaded"
            );
        });
        Self { handle: recorder.handle(), recorder }
    }
}

/// Counts a request by its route, never by its path.
pub(super) async fn count(State(server): State<Server>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::with_local_recorder(&server.0.metrics.recorder, || {
        metrics::counter!("reflector_speech_requests_total", "route" => route.clone(), "status" => status)
            .increment(1);
        metrics::histogram!("reflector_speech_request_duration_seconds", "route" => route)
            .record(started.elapsed().as_secs_f64());
    });
    response
}

/// `GET /metrics`.
pub(super) async fn get(State(server): State<Server>) -> Response {
    let metrics = &server.0.metrics;
    let (inside, places) = server.0.admission.taken();
    metrics::with_local_recorder(&metrics.recorder, || {
        metrics::gauge!("reflector_speech_inside").set(inside as f64);
        metrics::gauge!("reflector_speech_places").set(places as f64);
        let engine = server.0.engine.health();
        metrics::gauge!("reflector_speech_ready").set(f64::from(u8::from(engine.ready)));
        metrics::gauge!("reflector_speech_loaded").set(f64::from(u8::from(engine.loaded)));
    });
    metrics.handle.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.handle.render()).into_response()
}
