//! Which other sites' pages may use the API. Pages of ours are never theirs to read.

use axum::http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName,
    IF_MATCH, IF_NONE_MATCH, IF_RANGE, ORIGIN, RANGE, RETRY_AFTER,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::csrf::CsrfLayer;

use crate::config::CorsConfig;

/// How long browsers may remember what they were told: ten minutes.
const REMEMBERED: std::time::Duration = std::time::Duration::from_secs(600);

/// What tells browsers that; `None` where no other site is named.
pub(super) fn layer(config: &CorsConfig) -> Option<CorsLayer> {
    if config.origins.is_empty() {
        return None;
    }
    let (any, listed) = (config.any(), config.origins.clone());
    let allowed = move |origin: &HeaderValue, parts: &Parts| {
        is_api(parts.uri.path()) && (any || listed.iter().any(|known| known.as_bytes() == origin.as_bytes()))
    };
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let named = |name| HeaderName::from_static(name);
    let taken = [
        AUTHORIZATION,
        CONTENT_TYPE,
        IF_MATCH,
        IF_NONE_MATCH,
        IF_RANGE,
        RANGE,
        named("idempotency-key"),
        named("last-event-id"),
        named("x-api-key"),
        named("x-request-id"),
        named("x-upload-token"),
    ];
    let told = [
        ACCEPT_RANGES,
        CONTENT_DISPOSITION,
        CONTENT_RANGE,
        ETAG,
        RETRY_AFTER,
        named("idempotency-replayed"),
        named("x-request-id"),
    ];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods(methods)
        .allow_headers(taken)
        .expose_headers(told)
        .max_age(REMEMBERED);
    Some(layer.allow_credentials(config.allow_credentials))
}

/// What refuses requests that another site's page sends to change something, but for those that are listed by name. `*` is none
/// of these: it is for reading.
pub(super) fn csrf(config: &CorsConfig) -> CsrfLayer {
    // The settings were checked before.
    let trusted = config.origins.iter().filter(|_| !config.any());
    trusted.fold(CsrfLayer::new(), |layer, origin| layer.clone().add_trusted_origin(origin).unwrap_or(layer))
}

/// Whether a request is of another site's page that is listed by name.
pub(super) fn names(config: &CorsConfig, headers: &HeaderMap) -> bool {
    let listed =
        |origin: &HeaderValue| config.origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
    !config.any() && headers.get(ORIGIN).is_some_and(listed)
}

fn is_api(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/") || path == "/openapi.json"
}
