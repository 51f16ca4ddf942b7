//! `ETag` and `If-None-Match` on what the API gives as JSON.
//!
//! The tag is made of the answer itself: what a transcript shows comes from many rows, some of which change without its
//! `change_seq`, as progress does. That saves the way to the client, not the work, and can't be wrong. Browsers are still
//! told to keep nothing (`no-store`): tags are for programs that keep what they fetch themselves.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Tags answers to `GET` that are JSON and no files.
pub(super) async fn tag(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let (mut head, body) = next.run(request).await.into_parts();
    if head.status != StatusCode::OK || !is_json(&head.headers) {
        return Response::from_parts(head, body);
    }
    // It is in memory already.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..16]));
    let Ok(value) = HeaderValue::from_str(&tag) else { return Response::from_parts(head, Body::from(bytes)) };
    if known.as_ref().and_then(|known| known.to_str().ok()).is_some_and(|known| matches(known, &tag)) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, value)]).into_response();
    }
    head.headers.insert(ETAG, value);
    Response::from_parts(head, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json")
        && !headers.contains_key(CONTENT_DISPOSITION)
        && !headers.contains_key(ETAG)
}

/// Whether a list of tags has this one, weakly compared, as RFC 9110 (13.1.2) has it for reading.
pub(super) fn matches(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_read() {
        for (list, wanted) in [
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(matches(list, "\"a\""), wanted, "{list}");
        }
    }
}
