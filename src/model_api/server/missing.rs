//! Addresses of the ancestor's service whose work is not built yet: they say so.

use axum::http::StatusCode;

use super::error::ApiError;

fn missing(what: &str) -> ApiError {
    let error = ApiError::new(StatusCode::NOT_IMPLEMENTED, format!("{what}; this version can't"));
    ApiError { code: Some("not_implemented"), ..error }
}

/// `POST /translate`.
#[utoipa::path(post, path = "/translate", tag = "not built yet", summary = "Translate text",
    responses((status = 501, description = "Needs a translation model")))]
pub(super) async fn translate() -> ApiError {
    missing(
        "translating text needs a translation model (/v1/audio/translations translates speech into English)",
    )
}

/// `POST /pad`.
#[utoipa::path(post, path = "/pad", tag = "not built yet", summary = "Begin a track with silence",
    responses((status = 501, description = "Comes with meetings of several tracks")))]
pub(super) async fn pad() -> ApiError {
    missing("padding tracks comes with meetings of several tracks")
}

/// `POST /mixdown`.
#[utoipa::path(post, path = "/mixdown", tag = "not built yet", summary = "Mix tracks into one",
    responses((status = 501, description = "Comes with meetings of several tracks")))]
pub(super) async fn mixdown() -> ApiError {
    missing("mixing tracks comes with meetings of several tracks")
}
