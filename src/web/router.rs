//! The table of contents: every address of this server.

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use axum::routing::{delete, get, patch, post};
use axum::{Router, middleware};
use tower::ServiceBuilder;
use tower_http::csrf::CsrfLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use tracing::Level;

use super::api::v1::{
    self, api_keys, audio, auth, download, list, participants, process, topics, transcripts, upload,
};
use super::api::v1::{destroy, edits, search, speaker, zip};
use super::{assets, audit, door, etag, headers, health, metrics, pages, respond, security, ws};
use crate::app::App;
use crate::lifecycle::serve;

/// Bytes of a form or JSON body; uploads have their own limit.
pub(super) const MAX_BODY: u64 = 1_000_000;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Pages, API, WebSocket, health and metrics of one process.
pub fn router(app: App) -> Router {
    metrics::recorder();
    let hosts = security::Hosts::new(&app.config().server);
    let site = headers::Site::new(&app.config().server);
    Router::new()
        .merge(pages())
        .merge(account())
        .nest("/v1", v1())
        .route("/assets/{version}/{name}", get(assets::get))
        .route("/health", get(health::health))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::get))
        .fallback(pages::not_found)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
                .layer(
                    TraceLayer::new_for_http()
                        .make_span_with(span)
                        .on_failure(DefaultOnFailure::new().level(Level::DEBUG)),
                )
                .layer(PropagateRequestIdLayer::new(REQUEST_ID))
                .layer(middleware::from_fn_with_state(site, headers::add))
                .layer(middleware::from_fn(respond::one_shape))
                .layer(middleware::from_fn_with_state(hosts, security::check_host))
                .layer(CsrfLayer::new())
                .layer(middleware::from_fn_with_state(app.clone(), door::pass))
                .layer(middleware::from_fn_with_state(serve::PATIENCE, serve::patience))
                .layer(DefaultBodyLimit::max(MAX_BODY as usize))
                .layer(middleware::from_fn_with_state(app.clone(), audit::note)),
        )
        .route_layer(middleware::from_fn(metrics::count))
        .with_state(app)
}

/// What a process without pages tells whoever watches it.
pub(super) fn worker(app: App) -> Router {
    metrics::recorder();
    let server = &app.config().server;
    let (hosts, site) = (security::Hosts::new(server), headers::Site::new(server));
    Router::new()
        .route("/livez", get(health::livez))
        .route("/metrics", get(metrics::get))
        .layer(
            ServiceBuilder::new()
                .layer(middleware::from_fn_with_state(site, headers::add))
                .layer(middleware::from_fn_with_state(hosts, security::check_host)),
        )
        .with_state(app)
}

fn pages() -> Router<App> {
    Router::new()
        .route("/", get(pages::start))
        .route("/upload", post(pages::upload).layer(DefaultBodyLimit::disable()))
        .route("/trust", get(pages::trust))
        .route("/ca.crt", get(pages::certificate))
        .route("/transcripts", get(pages::library))
        .route("/transcripts/{id}", get(pages::transcript))
        .route("/transcripts/{id}/parts", get(pages::parts))
        .route("/transcripts/{id}/title", post(pages::title))
        .route("/transcripts/{id}/speakers", post(pages::speakers))
        .route("/transcripts/{id}/process", post(pages::process))
        .route("/transcripts/{id}/delete", post(pages::delete))
        .route("/transcripts/{id}/restore", post(pages::restore))
}

/// Who comes in, and what is theirs to manage.
fn account() -> Router<App> {
    use pages::{login, provider, settings, setup};
    Router::new()
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/login/provider", get(provider::start))
        .route("/api/auth/signin", get(provider::sign_in))
        .route("/api/auth/signin/authentik", get(provider::start))
        .route("/api/auth/callback/authentik", get(provider::back))
        .route("/api/auth/signout", get(provider::sign_out).post(provider::leave_by_old_name))
        .route("/setup", get(setup::show).post(setup::finish))
        .route("/settings", get(settings::show))
        .route("/settings/sessions/end-others", post(settings::end_others))
        .route("/settings/sessions/{id}/end", post(settings::end_session))
        .route("/settings/keys", post(settings::create_key))
        .route("/settings/keys/{id}/revoke", post(settings::revoke_key))
        .route("/settings/password", post(settings::password))
}

fn v1() -> Router<App> {
    let one = Router::new()
        .route("/", get(transcripts::get).patch(transcripts::update).delete(transcripts::delete))
        .route("/restore", post(transcripts::restore))
        .route("/process", post(process::process))
        .route("/record/upload", get(upload::get).post(upload::post).layer(DefaultBodyLimit::disable()))
        .route("/topics", get(topics::topics))
        .route("/topics/with-words", get(topics::with_words))
        .route("/topics/{topic}/words-per-speaker", get(topics::words_per_speaker))
        .route("/speaker/assign", patch(speaker::assign))
        .route("/speaker/merge", patch(speaker::merge))
        .route("/segments", get(edits::list))
        .route("/segments/{index}", patch(edits::write_segment))
        .route("/segments/{index}/words/{word}", patch(edits::write_word))
        .route("/segments/{index}/split", post(edits::split))
        .route("/segments/{index}/merge", post(edits::join))
        .route("/segments/{index}/restore-machine-text", post(edits::restore_segment))
        .route("/edits", get(edits::history))
        .route("/edits/replace", post(edits::replace))
        .route("/edits/undo", post(edits::undo))
        .route("/edits/redo", post(edits::redo))
        .route("/edits/restore-machine-text", post(edits::restore_all))
        .route("/destroy", delete(destroy::destroy))
        .route("/download/zip", get(zip::zip))
        .route("/participants", get(participants::list).post(participants::create))
        .route(
            "/participants/{participant}",
            patch(participants::update).get(participants::get).delete(participants::delete),
        )
        .route("/audio/mp3", get(audio::mp3))
        .route("/audio/waveform", get(audio::waveform))
        .route("/download/{format}", get(download::download))
        .route("/events", get(ws::events));
    Router::new()
        .route("/transcripts", get(list::list).post(transcripts::create))
        .route("/transcripts/search", get(search::search))
        .nest("/transcripts/{id}", one)
        .route("/auth/login", post(auth::login))
        .route("/me", get(auth::me))
        .route("/user/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/user/api-keys/{id}", delete(api_keys::revoke))
        .route("/audit", get(v1::audit::list))
        .layer(middleware::from_fn(etag::tag))
        .fallback(v1::not_found)
}

/// One span a request: method, path without its query, and the request's id.
fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let id = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path(), request.id = id)
}
