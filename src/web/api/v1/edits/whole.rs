//! `…/edits/…`: changes of the whole text: find and replace, undo, redo, the machine's text.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::{About, Asked, change, refused};
use super::named::{REVISION, named};
use super::segments::OnlyRevision;
use super::shapes::{TextConflict, TextOut};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{Change, Standing, tidy};
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath, OptionalJson};
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Characters to look for, and to put there.
const FIND_MAX: usize = 500;

/// What to replace.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Replace {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    find: String,
    #[schema(max_length = 500)]
    replace: String,
    #[serde(default)]
    case_sensitive: bool,
    #[serde(default)]
    whole_words: bool,
    /// One of the places, counted from 0 as `find` lists them; left out: all.
    only: Option<usize>,
}

/// Finds and replaces
///
/// Within each segment, also across its words; at most 10,000 places. One change, undone at once.
#[utoipa::path(post, path = "/transcripts/{id}/edits/replace", operation_id = "replace_text", tag = "text",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Replace,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = TextConflict)))]
pub(in crate::web) async fn replace(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Replace>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let find = pattern("find", &body.find, body.case_sensitive, body.whole_words)?;
    let with = short("replace", &body.replace)?;
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, move |_, layer, _, _| {
        let replaced = layer.replace_all(&find, &with, body.only).map_err(refused)?;
        Ok((replaced.change, Some(replaced.places)))
    })
    .await
}

/// What to look for, as an expression that finds just that.
///
/// # Errors
/// It is empty or too long.
pub(super) fn pattern(
    field: &'static str,
    find: &str,
    case_sensitive: bool,
    whole_words: bool,
) -> Result<Regex, Error> {
    let find = short(field, find)?;
    let invalid = |message: String| Error::Invalid { field, message };
    let (Some(first), Some(last)) = (find.chars().next(), find.chars().next_back()) else {
        return Err(invalid("is empty".into()));
    };
    let bound = |c: char| if whole_words && c.is_alphanumeric() { r"\b" } else { "" };
    RegexBuilder::new(&format!("{}{}{}", bound(first), regex::escape(&find), bound(last)))
        .case_insensitive(!case_sensitive)
        .build()
        .map_err(|error| invalid(error.to_string()))
}

fn short(field: &'static str, text: &str) -> Result<String, Error> {
    let text = tidy(text);
    if text.chars().count() > FIND_MAX {
        return Err(Error::Invalid { field, message: format!("has more than {FIND_MAX} characters") });
    }
    Ok(text)
}

/// Undoes the newest change that stands
#[utoipa::path(post, path = "/transcripts/{id}/edits/undo", operation_id = "undo_edit", tag = "text",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Option<OnlyRevision>,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = TextConflict), Fails<400>))]
pub(in crate::web) async fn undo(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    body: OptionalJson<OnlyRevision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, OnlyRevision::of(body).as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, |desk, _, _, _| match Standing::of(&desk.log).applied.is_empty() {
        true => Err(Error::BadRequest("There is nothing to undo".into())),
        false => Ok((Some(Change::Undo), None)),
    })
    .await
}

/// Does again what was undone last
#[utoipa::path(post, path = "/transcripts/{id}/edits/redo", operation_id = "redo_edit", tag = "text",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Option<OnlyRevision>,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = TextConflict), Fails<400>))]
pub(in crate::web) async fn redo(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    body: OptionalJson<OnlyRevision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, OnlyRevision::of(body).as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, |desk, _, _, _| match Standing::of(&desk.log).undone.is_empty() {
        true => Err(Error::BadRequest("There is nothing to redo".into())),
        false => Ok((Some(Change::Redo), None)),
    })
    .await
}

/// Gives all words and segments back as the machine has them
///
/// Who says them stays. It can be undone.
#[utoipa::path(post, path = "/transcripts/{id}/edits/restore-machine-text", operation_id = "restore_text", tag = "text",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Option<OnlyRevision>,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = TextConflict)))]
pub(in crate::web) async fn restore_all(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    body: OptionalJson<OnlyRevision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, OnlyRevision::of(body).as_deref())?;
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, |_, layer, _, _| Ok((layer.restore_all(), None))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_what_is_asked_for_is_found() {
        for (find, case_sensitive, whole_words, text, wanted) in [
            ("ab", false, false, "Ab cab AB", 3),
            ("ab", true, false, "Ab cab AB", 1),
            ("ab", false, true, "Ab cab AB", 2),
            ("a.b", false, false, "axb a.b", 1),
            ("c++", false, true, "C++ is", 1),
            ("ÜBER", false, true, "über überall", 1),
        ] {
            let find = pattern("find", find, case_sensitive, whole_words).unwrap();
            assert_eq!(find.find_iter(text).count(), wanted, "{find} in {text}");
        }
    }
}
