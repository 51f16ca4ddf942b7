//! `reflector speech-server`: the engine over HTTP, in the ancestor's words and in OpenAI's.
//!
//! A request takes a place ([`admission`]), its media go to a folder of its own, ffmpeg decodes them in its sandbox, the engine
//! works. Whatever ends the request, a client that hangs up included, ends that work and removes the folder.

mod admission;
mod answer;
mod auth;
mod diarize;
mod docs;
mod error;
mod fetch;
mod form;
mod health;
mod linger;
mod metrics;
mod missing;
mod models;
mod stream;
mod task;
mod transcribe;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::audio::Scratch;
use crate::lifecycle::serve::{self, Patience};
use crate::outgoing::AllowedHosts;
use crate::speech::{Engine, Expected};
use crate::tls::Trust;
use crate::weights::ModelStore;

/// Between two pieces of a request's body.
const PATIENCE: Patience = Patience { upload: Duration::from_secs(60), other: Duration::from_secs(60) };

/// What a server needs.
pub struct ServerSettings {
    pub engine: Engine,
    pub models: ModelStore,
    /// The engine's own model.
    pub model: String,
    /// Of every recording; languages only where a request says nothing about them.
    pub expected: Expected,
    /// What callers must know; `None` lets in whoever asks under this machine's own names.
    pub key: Option<String>,
    /// Requests that may be inside at once, waiting ones included.
    pub places: usize,
    /// Bytes of the media of one request.
    pub max_bytes: u64,
    /// Where media lie.
    pub scratch: Scratch,
    /// Hosts at private addresses that media may be fetched from.
    pub allowed: AllowedHosts,
    pub trust: Trust,
}

/// State of the handlers. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    engine: Engine,
    models: ModelStore,
    model: String,
    expected: Expected,
    key: Option<auth::Key>,
    admission: Arc<admission::Admission>,
    max_bytes: u64,
    scratch: Scratch,
    fetcher: fetch::Fetcher,
    metrics: metrics::Metrics,
}

impl Server {
    /// # Errors
    /// The client that fetches media can't be made.
    pub fn new(settings: ServerSettings) -> Result<Self, reqwest::Error> {
        let fetcher = fetch::Fetcher::new(&settings.trust, settings.allowed)?;
        Ok(Self(Arc::new(Inner {
            engine: settings.engine,
            models: settings.models,
            model: settings.model,
            expected: settings.expected,
            key: settings.key.as_deref().map(auth::Key::new),
            admission: admission::Admission::new(settings.places),
            max_bytes: settings.max_bytes,
            scratch: settings.scratch,
            fetcher,
            metrics: metrics::Metrics::new(),
        })))
    }

    /// Every address of this server.
    pub fn router(&self) -> Router {
        let guarded = Router::new()
            .route("/v1/audio/transcriptions", post(transcribe::transcriptions))
            .route("/v1/audio/translations", post(transcribe::translations))
            .route("/v1/audio/transcriptions-from-url", post(transcribe::from_url))
            .route("/diarize", post(diarize::diarize))
            .route("/translate", post(missing::translate))
            .route("/pad", post(missing::pad))
            .route("/mixdown", post(missing::mixdown))
            .route("/v1/models", get(models::list))
            .route("/v1/models/{*id}", get(models::get))
            .route("/metrics", get(metrics::get))
            .route_layer(middleware::from_fn_with_state(self.clone(), auth::check));
        let open = Router::new()
            .route("/health", get(health::health))
            .route("/openapi.json", get(docs::openapi))
            .route("/docs", get(docs::page));
        let fixed = |name, value: &'static str| {
            SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
        };
        guarded
            .merge(open)
            .fallback(not_found)
            .method_not_allowed_fallback(wrong_method)
            .layer(
                ServiceBuilder::new()
                    .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                    .layer(fixed(
                        header::CONTENT_SECURITY_POLICY,
                        "default-src 'none'; frame-ancestors 'none'",
                    ))
                    .layer(fixed(header::CACHE_CONTROL, "no-store"))
                    .layer(CsrfLayer::new())
                    .layer(middleware::from_fn_with_state(PATIENCE, serve::patience))
                    .layer(middleware::from_fn(linger::linger))
                    // Media have their own limit.
                    .layer(DefaultBodyLimit::disable()),
            )
            .route_layer(middleware::from_fn_with_state(self.clone(), metrics::count))
            .with_state(self.clone())
    }

    /// Serves on `listener` until `shutdown` completes; requests that are under way then end first.
    ///
    /// # Errors
    /// None today: a listener that fails is tried again.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        serve::serve(self.router(), listener, shutdown).await
    }
}

async fn not_found() -> error::ApiError {
    error::ApiError::new(StatusCode::NOT_FOUND, "there is nothing at this address; /docs lists what there is")
}

async fn wrong_method() -> error::ApiError {
    error::ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address takes another method; /docs lists them",
    )
}
