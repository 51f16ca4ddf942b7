//! axum's extractors with our errors: what can't be read is told in the same shape as everything else.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::pages::bytes;
use super::respond::{ApiError, PageError};
use super::router::MAX_BODY;
use crate::error::Error;

/// Parts of the path. One that can't be read names nothing: 404, as a page.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(PageError))]
pub(super) struct UrlPath<T>(pub T);

/// As [`UrlPath`], answering as the API does.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(ApiError))]
pub(super) struct ApiPath<T>(pub T);

/// Query of an API call; 422 if it can't be read.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(ApiError))]
pub(super) struct ApiQuery<T>(pub T);

/// Query of a page.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(PageError))]
pub(super) struct PageQuery<T>(pub T);

/// JSON body of an API call.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(ApiError))]
pub(super) struct ApiJson<T>(pub T);

/// A request with its body read, for whoever wants to look at that before its handler does.
///
/// # Errors
/// The body is larger than any but an upload may be, or broke off.
pub(super) async fn read_whole(request: Request) -> Result<(Request, Bytes), Error> {
    let (parts, raw) = request.into_parts();
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), raw), &())
        .await
        .map_err(|error| body("body", error.status(), error.body_text()))?;
    Ok((Request::from_parts(parts, bytes.clone().into()), bytes))
}

/// A page's form.
#[derive(FromRequest)]
#[from_request(via(axum::Form), rejection(PageError))]
pub(super) struct PageForm<T>(pub T);

/// The form of an upload by API, read as it arrives.
#[derive(FromRequest)]
#[from_request(rejection(ApiError))]
pub(super) struct ApiMultipart(pub axum::extract::Multipart);

/// The form of an upload by page, read as it arrives.
#[derive(FromRequest)]
#[from_request(rejection(PageError))]
pub(super) struct PageMultipart(pub axum::extract::Multipart);

/// JSON body that may be left out altogether.
pub(super) struct OptionalJson<T>(pub Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|error| body("body", error.status(), error.body_text()))?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(None));
        }
        serde_json::from_slice(&body)
            .map(Some)
            .map(Self)
            .map_err(|error| Error::Invalid { field: "body", message: error.to_string() }.into())
    }
}

/// A body that is too large, broke off, or does not hold what it should.
fn body(field: &'static str, status: StatusCode, message: String) -> Error {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Error::TooLarge(format!("a body that is no upload may have at most {}", bytes(MAX_BODY)))
        }
        _ => Error::Invalid { field, message },
    }
}

macro_rules! rejections {
    ($($rejection:path => $to:expr),* $(,)?) => {$(
        impl From<$rejection> for ApiError {
            fn from(rejection: $rejection) -> Self {
                let error: fn($rejection) -> Error = $to;
                error(rejection).into()
            }
        }
        impl From<$rejection> for PageError {
            fn from(rejection: $rejection) -> Self {
                let error: fn($rejection) -> Error = $to;
                error(rejection).into()
            }
        }
    )*};
}

rejections! {
    axum::extract::rejection::PathRejection => |_| Error::NotFound("Page"),
    axum::extract::rejection::QueryRejection => |rejection| Error::Invalid { field: "query", message: rejection.body_text() },
    axum::extract::rejection::JsonRejection => |rejection| body("body", rejection.status(), rejection.body_text()),
    axum::extract::rejection::FormRejection => |rejection| body("form", rejection.status(), rejection.body_text()),
    axum::extract::multipart::MultipartRejection => |rejection| Error::BadRequest(rejection.body_text()),
}
