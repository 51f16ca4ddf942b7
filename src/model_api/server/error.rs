//! One error, two dialects in one body: OpenAI's `error` object and the ancestor's `detail`.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::audio::AudioError;
use crate::speech::SpeechError;

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    pub status: StatusCode,
    /// OpenAI's word for this kind.
    pub code: Option<&'static str>,
    /// The field that it is about.
    pub param: Option<&'static str>,
    /// For people.
    pub message: String,
    /// Seconds after which it may go better.
    pub retry_after: Option<u64>,
}

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: None, param: None, message: message.into(), retry_after: None }
    }

    /// The request is wrong in this field.
    pub fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(param), ..Self::new(StatusCode::BAD_REQUEST, message) }
    }

    /// Too many requests already.
    pub fn busy(retry_after: u64) -> Self {
        let message = format!("too many recordings are being worked on; try again in {retry_after} s");
        Self {
            code: Some("rate_limit_exceeded"),
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    pub fn too_large(most: u64) -> Self {
        let message = format!("media may have at most {} MB", most.div_ceil(1_000_000));
        Self { param: Some("file"), ..Self::new(StatusCode::PAYLOAD_TOO_LARGE, message) }
    }

    /// A fault of this machine, whose cause is for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on the server; its log says more")
    }

    /// What the client reads.
    pub fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            429 => "rate_limit_error",
            501 => "not_implemented_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({
            "error": {"message": self.message, "type": kind, "param": self.param, "code": self.code},
            "detail": self.message,
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AudioError> for ApiError {
    fn from(error: AudioError) -> Self {
        match error {
            AudioError::DiskFull => Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string()),
            AudioError::FfmpegMissing(_) | AudioError::Io(_) => Self::internal(error),
            // Nobody is there to read it, but for the end of the server.
            AudioError::Cancelled => Self::ending(),
            _ => Self::field("file", error.to_string()),
        }
    }
}

impl From<SpeechError> for ApiError {
    fn from(error: SpeechError) -> Self {
        match error {
            SpeechError::Request(message) => Self::new(StatusCode::BAD_REQUEST, message),
            SpeechError::Overloaded => Self::busy(10),
            SpeechError::Cancelled => Self::ending(),
            _ => Self::internal(error),
        }
    }
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        AudioError::from(error).into()
    }
}

impl ApiError {
    fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the request was cancelled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_find_their_text_and_busy_says_for_how_long() {
        let error = ApiError::field("language", "no such language");
        let body = error.body();
        assert_eq!(body["detail"], "no such language");
        assert_eq!(body["error"]["message"], "no such language");
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert_eq!(body["error"]["param"], "language");
        let busy = ApiError::busy(7).into_response();
        assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &HeaderValue::from(7)));
    }

    #[test]
    fn a_fault_of_ours_is_not_told_in_detail() {
        let shown = ApiError::from(SpeechError::Internal("weights at /srv/x".into()));
        assert_eq!(shown.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!shown.message.contains("/srv"), "{}", shown.message);
    }
}
