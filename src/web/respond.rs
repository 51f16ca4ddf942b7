//! One error, two skins: JSON for the API, a page for people. Ours are logged here, once, with their cause.

use askama::Template;
use axum::Json;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING, VARY,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::api::document::{FieldError, Invalid, InvalidField, Refused};
use super::assets;
use super::pages::sentence;
use super::say::{Value, filters, say, say_with, translated};
use super::viewer::{self, Menu};
use crate::config::Language;
use crate::error::Error;

/// An error of an API call.
#[derive(Debug)]
pub(super) struct ApiError(pub Error);

/// An error of a page.
#[derive(Debug)]
pub(super) struct PageError(pub Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthorized => StatusCode::UNAUTHORIZED,
        Error::TooMany { .. } | Error::TooManySent { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::NotFound(_) | Error::FeatureOff(_) => StatusCode::NOT_FOUND,
        Error::Forbidden | Error::Denied(_) => StatusCode::FORBIDDEN,
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn log(error: &Error) {
    match error {
        Error::Internal(cause) => tracing::error!(error = format!("{cause:#}"), "request failed"),
        Error::DiskFull => tracing::error!("no room left on the disk of the objects or of the database"),
        Error::Unavailable(text) => tracing::warn!(error = text, "request could not be served now"),
        _ => {}
    }
}

/// What both skins share: headers that belong to the status.
fn finish(error: &Error, mut response: Response) -> Response {
    *response.status_mut() = status(error);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match error {
        Error::RangeNotSatisfiable { size } => {
            if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
                headers.insert(CONTENT_RANGE, value);
            }
        }
        Error::Unauthorized => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Error::TooMany { seconds } | Error::TooManySent { seconds, .. } => {
            headers.insert(RETRY_AFTER, HeaderValue::from(*seconds));
        }
        Error::Unavailable(_) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        _ => {}
    }
    response
}

/// In which part of a request a field stands.
fn place(field: &str) -> &'static str {
    const QUERY: [&str; 18] = [
        "after",
        "query",
        "page",
        "size",
        "limit",
        "offset",
        "q",
        "language",
        "transcript_format",
        "chunk_number",
        "total_chunks",
        "search_term",
        "stream",
        "topic",
        "status",
        "below",
        "seconds",
        "take",
    ];
    match field {
        "Idempotency-Key" | "If-Match" | "Last-Event-ID" | "X-Upload-Token" => "header",
        field if QUERY.contains(&field) => "query",
        _ => "body",
    }
}

/// Every error under `/v1` in the one shape: also those that no handler of ours made.
pub(super) async fn one_shape(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = path == "/v1" || path.starts_with("/v1/");
    let response = next.run(request).await;
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    let json =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    if !ours || !failed || json {
        return response;
    }
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => "Method not allowed: the header Allow says which are",
        StatusCode::FORBIDDEN => "Refused: a browser says that this request comes from another site",
        StatusCode::MISDIRECTED_REQUEST => {
            "This server does not answer under this name; server.site_url names the one that people use"
        }
        StatusCode::UPGRADE_REQUIRED | StatusCode::BAD_REQUEST => "This address is for a WebSocket",
        status => status.canonical_reason().unwrap_or("The request failed"),
    };
    let (mut head, _) = response.into_parts();
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(head, Json(Refused::new(detail)).into_response().into_body())
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        log(&self.0);
        let response = match &self.0 {
            // The ancestor's shape for a field that failed its check.
            Error::Invalid { field, message } => {
                let (loc, msg) = ([place(field), field], message.clone());
                Json(Invalid { detail: vec![InvalidField { loc, msg, kind: FieldError::ValueError }] })
                    .into_response()
            }
            error => Json(Refused::of(error)).into_response(),
        };
        let mut response = finish(&self.0, response);
        if let Some(said) = said(&self.0) {
            response.headers_mut().insert(SAID, said);
        }
        response
    }
}

/// The same error in the language of the page that asked, in UTF-8 with percent signs: scripts show it instead of the answer, which is English.
const SAID: HeaderName = HeaderName::from_static("x-reflector-said");

fn said(error: &Error) -> Option<HeaderValue> {
    if viewer::language() == Language::En {
        return None;
    }
    let said = match error {
        // Which field that was, the page knows.
        Error::Invalid { message, .. } => sentence(&translated("reply", message)?),
        error => explained(error),
    };
    HeaderValue::try_from(utf8_percent_encode(&said, NON_ALPHANUMERIC).to_string()).ok()
}

/// 401 to a program, with words of its own.
pub(super) fn unauthorized(detail: &str) -> Response {
    finish(&Error::Unauthorized, Json(Refused::new(detail)).into_response())
}

/// A page of its own for an error: its status and headers, other words.
pub(super) fn html_with(error: &Error, page: &impl Template) -> Response {
    finish(error, html(page))
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    version: &'static str,
    here: &'static str,
    status: u16,
    title: String,
    message: String,
}

/// What the API, a program or another server says, as a sentence in the language of the page. What the catalogue does not know stays as it is.
pub(super) fn detail(text: &str) -> String {
    sentence(&about_field(text))
}

/// The same within a sentence.
pub(super) fn about_field(message: &str) -> String {
    let said = translated("reply", message);
    said.unwrap_or_else(|| message.to_owned()).trim_end_matches('.').to_owned()
}

/// An error in a sentence, in the language of the page.
pub(super) fn explained(error: &Error) -> String {
    match error {
        Error::NotFound(what) => say_with("error-not-found", &[("what", Value::from(*what))]),
        Error::Unauthorized => say("error-unauthorized"),
        Error::TooMany { seconds } => {
            say_with("error-too-many-logins", &[("seconds", Value::from(*seconds))])
        }
        Error::FeatureOff(setting) => say_with("error-switched-off", &[("setting", Value::from(*setting))]),
        Error::Forbidden => say("error-may-not"),
        Error::DiskFull => say("error-disk"),
        Error::Internal(_) => say("error-internal"),
        Error::Invalid { field, message } if translated("reply", message).is_some() => {
            let values = [("field", Value::from(*field)), ("why", about_field(message).into())];
            sentence(&say_with("error-field", &values))
        }
        error => detail(&error.to_string()),
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        // Where nobody logs in it leads nowhere to ask for that.
        let error = match self.0 {
            Error::Unauthorized if viewer::menu() == Menu::Guest => Error::NotFound("Page"),
            error => error,
        };
        log(&error);
        let status = status(&error);
        let title = match status {
            StatusCode::UNAUTHORIZED => "error-log-in",
            StatusCode::FORBIDDEN => "error-forbidden",
            StatusCode::TOO_MANY_REQUESTS => "error-too-many",
            StatusCode::NOT_FOUND if matches!(error, Error::FeatureOff(_)) => "error-off",
            StatusCode::NOT_FOUND => "error-nothing",
            StatusCode::PAYLOAD_TOO_LARGE => "error-too-large",
            StatusCode::CONFLICT => "error-not-now",
            StatusCode::INSUFFICIENT_STORAGE => "error-full",
            _ if status.is_server_error() => "error-failed",
            _ => "error-not-understood",
        };
        let page = ErrorPage {
            version: &assets::VERSION,
            here: "",
            status: status.as_u16(),
            title: say(title),
            message: explained(&error),
        };
        finish(&error, html(&page))
    }
}

/// A rendered page, never kept by caches: it changes with the transcript and the viewer.
pub(super) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(body) => {
            let headers = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CACHE_CONTROL, "no-store"),
                (VARY, "accept-language, cookie"),
            ];
            (headers, body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_status_in_both_skins() {
        let make: [(fn() -> Error, u16); 6] = [
            (|| Error::NotFound("Transcript"), 404),
            (|| Error::Invalid { field: "name", message: "is empty".into() }, 422),
            (|| Error::Conflict("locked".into()), 409),
            (|| Error::TooLarge("over 10 GB".into()), 413),
            (|| Error::RangeNotSatisfiable { size: 7 }, 416),
            (|| Error::DiskFull, 507),
        ];
        for (error, wanted) in make {
            assert_eq!(ApiError(error()).into_response().status().as_u16(), wanted);
            assert_eq!(PageError(error()).into_response().status().as_u16(), wanted);
        }
        let range = ApiError(Error::RangeNotSatisfiable { size: 7 }).into_response();
        assert_eq!(range.headers()[CONTENT_RANGE], "bytes */7");
    }
}
