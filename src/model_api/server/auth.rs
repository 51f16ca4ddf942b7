//! Who may ask.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, StatusCode, uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Server;
use super::error::ApiError;

/// What callers must know; kept as its hash, so that comparing takes the same time whatever they send.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub fn new(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }

    fn is(&self, said: &str) -> bool {
        let said: [u8; 32] = Sha256::digest(said).into();
        self.0.ct_eq(&said).into()
    }
}

/// Lets in whoever has the key. Where there is none, only requests to this machine's own names: a page of a foreign site can
/// point its name here (DNS rebinding), but can't make the browser send another `Host`.
pub(super) async fn check(State(server): State<Server>, request: Request, next: Next) -> Response {
    let outcome = match &server.0.key {
        Some(key) => by_key(key, request.headers()),
        None => by_name(&request),
    };
    match outcome {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn by_key(key: &Key, headers: &HeaderMap) -> Result<(), ApiError> {
    let said = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match said.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    };
    let message = match token {
        "" => "this server wants its key: Authorization: Bearer KEY",
        token if key.is(token) => return Ok(()),
        _ => "this is not this server's key",
    };
    Err(ApiError { code: Some("invalid_api_key"), ..ApiError::new(StatusCode::UNAUTHORIZED, message) })
}

fn by_name(request: &Request) -> Result<(), ApiError> {
    let said = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let authority = request.uri().authority().cloned().or_else(|| said?.parse::<uri::Authority>().ok());
    let host = authority.map(|authority| authority.host().to_ascii_lowercase()).unwrap_or_default();
    let number = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if host == "localhost" || host.ends_with(".localhost") || number {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "without a key this server answers only under localhost and addresses in numbers; set speech_server.api_key",
    ))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn only_the_whole_key_after_bearer_is_right() {
        let key = Key::new("0123456789abcdef");
        for (said, right) in [
            ("Bearer 0123456789abcdef", true),
            ("bearer 0123456789abcdef", true),
            ("Bearer 0123456789abcde", false),
            ("Bearer 0123456789abcdef0", false),
            ("Basic 0123456789abcdef", false),
            ("0123456789abcdef", false),
            ("Bearer", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, said.parse().unwrap());
            assert_eq!(by_key(&key, &headers).is_ok(), right, "{said}");
        }
        assert!(by_key(&key, &HeaderMap::new()).is_err());
    }

    #[test]
    fn without_a_key_only_this_machines_own_names_are_answered() {
        for (host, right) in [
            ("localhost:8000", true),
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("evil.example", false),
            ("localhost.evil.example:8000", false),
        ] {
            let request = Request::builder().uri("/").header(HOST, host).body(Body::empty()).unwrap();
            assert_eq!(by_name(&request).is_ok(), right, "{host}");
        }
    }
}
