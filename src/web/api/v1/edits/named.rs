//! The revision that a request was made on: `If-Match: "3.12"`, or `"revision": "3.12"` in its body.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;

use crate::error::Error;
use crate::model::edit::Revision;

/// What its header is for, in the API's description.
pub(in crate::web::api::v1) const REVISION: &str =
    "The revision of the text that the change is made on, in quotation marks; here or in the body";

/// The same where it may be left out: what was there before is then written over, as the ancestor's clients expect.
pub(in crate::web::api::v1) const MAY_NAME: &str = "The revision that was seen, in quotation marks; here or in the body. Left out: whatever is there is written over";

/// Reads it.
///
/// # Errors
/// None is named, it can't be read, or there are two.
pub(super) fn named(headers: &HeaderMap, body: Option<&str>) -> Result<Revision, Error> {
    may_name(headers, body)?.ok_or_else(|| Error::Invalid {
        field: "revision",
        message: "is missing: name the one that the change is made on, here or in the header If-Match".into(),
    })
}

/// Reads it where there is one.
///
/// # Errors
/// It can't be read, or there are two.
pub(in crate::web) fn may_name(headers: &HeaderMap, body: Option<&str>) -> Result<Option<Revision>, Error> {
    let header = headers.get(IF_MATCH).map(|value| {
        let quoted = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
        quoted.and_then(|text| text.parse::<Revision>().ok()).ok_or_else(|| Error::Invalid {
            field: "If-Match",
            message: "is no revision in quotation marks, as \"3.12\"".into(),
        })
    });
    let body = body.map(|text| {
        text.parse::<Revision>()
            .map_err(|()| Error::Invalid { field: "revision", message: "is no revision, as 3.12".into() })
    });
    match (header.transpose()?, body.transpose()?) {
        (Some(header), Some(body)) if header != body => {
            Err(Error::Invalid { field: "revision", message: "is another than that in If-Match".into() })
        }
        (header, body) => Ok(header.or(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_named_in_the_header_or_the_body() {
        for (header, body, wanted) in [
            (Some("\"3.12\""), None, Ok("3.12")),
            (None, Some("3.12"), Ok("3.12")),
            (Some("\"3.12\""), Some("3.12"), Ok("3.12")),
            (Some("\"3.12\""), Some("3.13"), Err("revision")),
            (Some("3.12"), None, Err("If-Match")),
            (Some("*"), None, Err("If-Match")),
            (None, Some("x"), Err("revision")),
            (None, None, Err("revision")),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(IF_MATCH, value.parse().unwrap());
            }
            let found = named(&headers, body).map(|revision| revision.to_string());
            match (found, wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted),
                (Err(Error::Invalid { field, .. }), Err(wanted)) => assert_eq!(field, wanted),
                (found, wanted) => panic!("{header:?} {body:?}: {found:?}, not {wanted:?}"),
            }
        }
    }
}
