//! The table of contents: every address of this server.

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use axum::{Router, middleware};
use tower::ServiceBuilder;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnFailure, TraceLayer};
use tracing::Level;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};

use super::api::document;
use super::api::v1::edits::{find, history, review, segments, versions, whole};
use super::api::v1::{
    self, api_keys, audio, auth, config, destroy, download, list, participants, process, quotes, rooms,
    search, sending, speaker, topics, transcripts, upload, webhook, zip, zulip,
};
use super::erased::{erased, get, post, routes};
use super::{
    assets, audit, cors, door, etag, features, headers, health, metrics, pages, respond, security, ws,
};
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
    let (api, _) = api().split_for_parts();
    Router::new()
        .merge(pages())
        .merge(rooms_pages())
        .merge(account())
        .merge(installation())
        .merge(api)
        .route("/openapi.json", get(document::get))
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
                .option_layer(cors::layer(&app.config().cors))
                .layer(cors::csrf(&app.config().cors))
                .layer(middleware::from_fn_with_state(app.clone(), door::pass))
                .layer(middleware::from_fn_with_state(serve::PATIENCE, serve::patience))
                .layer(DefaultBodyLimit::max(MAX_BODY as usize))
                .layer(middleware::from_fn_with_state(app.clone(), v1::idempotency::pass))
                .layer(middleware::from_fn_with_state(audit::Log::new(app.clone()), audit::note))
                .layer(middleware::from_fn_with_state(app.clone(), features::pass)),
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
        .route("/record", get(pages::record))
        .route("/trust", get(pages::trust))
        .route("/ca.crt", get(pages::certificate))
        .route("/privacy", get(pages::privacy))
        .route("/transcripts", get(pages::library))
        .route("/transcripts/bulk", post(pages::bulk))
        .route("/transcripts/undo", post(pages::undo))
        .route("/transcripts/{id}", get(pages::transcript))
        .route("/transcripts/{id}/parts", get(pages::parts))
        .route("/transcripts/{id}/text", get(pages::leaf))
        .route("/transcripts/{id}/pdf", get(pages::pdf))
        .route("/transcripts/{id}/upload", post(pages::another).layer(DefaultBodyLimit::disable()))
        .route("/transcripts/{id}/title", post(pages::title))
        .route("/transcripts/{id}/notes", post(pages::notes))
        .route("/transcripts/{id}/speakers", get(pages::speakers_page).post(erased(pages::speakers)))
        .route("/transcripts/{id}/speakers/merge", post(pages::merge))
        .route("/transcripts/{id}/speakers/undo", post(pages::take_back))
        .route("/transcripts/{id}/share", get(pages::share_page).post(erased(pages::share)))
        .route("/transcripts/{id}/room", post(pages::room))
        .route("/transcripts/{id}/process", post(pages::process))
        .route("/transcripts/{id}/finish", post(pages::finish))
        .route("/transcripts/{id}/delete", post(pages::delete))
        .route("/transcripts/{id}/restore", post(pages::restore))
        .route("/transcripts/{id}/quotes", post(pages::quoting::make))
        .route("/transcripts/{id}/quotes/{quote}/revoke", post(pages::quoting::revoke))
        .route("/quote/{token}", get(pages::quote::show))
        .route("/quote/{token}/audio", get(pages::quote::sound))
        .route("/transcripts/{id}/send", get(pages::sending::show))
        .route("/transcripts/{id}/send/email", post(pages::sending::email))
        .route("/transcripts/{id}/send/zulip", post(pages::sending::zulip))
        .route("/transcripts/{id}/send/{sending}/retry", post(pages::sending::retry))
}

/// Rooms and what their webhooks are told.
fn rooms_pages() -> Router<App> {
    use pages::rooms;
    Router::new()
        .route("/rooms", get(rooms::list).post(erased(rooms::create)))
        .route("/rooms/{id}", get(rooms::show).post(erased(rooms::save)))
        .route("/rooms/{id}/sending", post(pages::room_sending::save))
        .route("/rooms/{id}/delete", post(rooms::delete))
        .route("/rooms/{id}/restore", post(rooms::restore))
        .route("/rooms/{id}/webhook/test", post(rooms::test))
        .route("/rooms/{id}/webhook/deliveries/{delivery}/retry", post(rooms::retry))
}

/// Who comes in, and what is theirs to manage.
fn account() -> Router<App> {
    use pages::{login, provider, settings, setup};
    Router::new()
        .route("/login", get(login::show).post(erased(login::enter)))
        .route("/logout", post(login::leave))
        .route("/login/provider", get(provider::start))
        .route("/api/auth/signin", get(provider::sign_in))
        .route("/api/auth/signin/authentik", get(provider::start))
        .route("/api/auth/callback/authentik", get(provider::back))
        .route("/api/auth/signout", get(provider::sign_out).post(erased(provider::leave_by_old_name)))
        .route("/setup", get(setup::show).post(erased(setup::finish)))
        .route("/settings", get(settings::show))
        .route("/settings/sessions/end-others", post(settings::end_others))
        .route("/settings/sessions/{id}/end", post(settings::end_session))
        .route("/settings/keys", post(settings::create_key))
        .route("/settings/keys/{id}/revoke", post(settings::revoke_key))
        .route("/settings/password", post(settings::password))
}

/// How the installation looks and does, and what those who look after it may do.
fn installation() -> Router<App> {
    use pages::admin;
    Router::new()
        .route("/about", get(pages::about))
        .route("/docs", get(pages::docs))
        .route("/appearance", post(pages::appearance))
        .route("/design", get(pages::design))
        .route("/models", get(pages::models))
        .route("/queue", get(pages::queue))
        .route("/storage", get(pages::storage))
        .route("/admin", get(admin::health))
        .route("/admin/audit", get(admin::audit))
        .route("/admin/jobs", get(admin::jobs))
        .route("/admin/jobs/retry-all", post(admin::retry_all))
        .route("/admin/jobs/{id}/retry", post(admin::retry))
        .route("/admin/users", get(admin::users).post(erased(admin::create)))
        .route("/admin/users/{id}/password", post(admin::password))
        .route("/admin/users/{id}/admin", post(admin::admin))
        .route("/admin/users/{id}/disabled", post(admin::disabled))
}

/// The API with its description, from one list.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::empty()).nest("/v1", v1())
}

/// What the API takes and gives: OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::finish(api().into_openapi())
}

/// Where each is and what it takes and gives stands at its handler.
fn v1() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list, transcripts::create))
        .routes(routes!(search::search))
        .routes(routes!(transcripts::get, transcripts::update, transcripts::delete))
        .routes(routes!(transcripts::restore))
        .routes(routes!(destroy::destroy))
        .routes(routes!(process::process))
        .routes(routes!(upload::get, upload::post).layer(DefaultBodyLimit::disable()))
        .routes(routes!(upload::finish))
        .routes(routes!(topics::topics))
        .routes(routes!(topics::with_words))
        .routes(routes!(topics::words_per_speaker))
        .routes(routes!(speaker::assign))
        .routes(routes!(speaker::merge))
        .routes(routes!(segments::list))
        .routes(routes!(segments::write_segment))
        .routes(routes!(segments::write_word))
        .routes(routes!(segments::split))
        .routes(routes!(segments::join))
        .routes(routes!(segments::restore_segment))
        .routes(routes!(history::history))
        .routes(routes!(whole::replace))
        .routes(routes!(whole::undo))
        .routes(routes!(whole::redo))
        .routes(routes!(whole::restore_all))
        .routes(routes!(find::find))
        .routes(routes!(review::list, review::settle))
        .routes(routes!(versions::list))
        .routes(routes!(versions::restore))
        .routes(routes!(versions::compare))
        .routes(routes!(participants::list, participants::create))
        .routes(routes!(participants::get, participants::update, participants::delete))
        .routes(routes!(audio::mp3))
        .routes(routes!(audio::waveform))
        .routes(routes!(audio::token))
        .routes(routes!(quotes::list, quotes::create))
        .routes(routes!(quotes::revoke))
        .routes(routes!(download::download))
        .routes(routes!(zip::zip))
        .routes(routes!(sending::email))
        .routes(routes!(sending::zulip))
        .routes(routes!(sending::list))
        .routes(routes!(sending::retry))
        .routes(routes!(zulip::streams))
        .routes(routes!(zulip::topics))
        .routes(routes!(config::get))
        .routes(routes!(ws::events))
        .routes(routes!(ws::lists))
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(v1::audit::list))
        .routes(routes!(rooms::list, rooms::create))
        .routes(routes!(rooms::by_name))
        .routes(routes!(rooms::get, rooms::update, rooms::delete))
        .routes(routes!(rooms::restore))
        .routes(routes!(webhook::test))
        .routes(routes!(webhook::deliveries))
        .routes(routes!(webhook::retry))
        .layer(middleware::from_fn(etag::tag))
        .fallback(v1::not_found)
}

/// One span a request: method, path without its query, and the request's id.
fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    let id = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A link to a quote opens it.
    let path = request.uri().path();
    let path = if path.starts_with(door::QUOTE) { door::QUOTE } else { path };
    tracing::debug_span!("request", method = %request.method(), path, request.id = id)
}
