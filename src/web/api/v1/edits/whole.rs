//! `…/edits/…`: changes of the whole text: find and replace, undo, redo, the machine's text.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::change::{About, Asked, change, refused};
use super::named::named;
use super::segments::OnlyRevision;
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{Change, Standing, tidy};
use crate::web::extract::{ApiJson, ApiPath, OptionalJson};
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Characters to look for, and to put there.
const FIND_MAX: usize = 500;

/// What to replace.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Replace {
    revision: Option<String>,
    find: String,
    replace: String,
    #[serde(default)]
    case_sensitive: bool,
    #[serde(default)]
    whole_words: bool,
}

/// `POST …/edits/replace`: within each segment, also across its words. One change, undone at once.
pub(in crate::web) async fn replace(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Replace>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let find = pattern(&body)?;
    let with = short("replace", &body.replace)?;
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, move |_, layer, _, _| {
        let replaced = layer.replace_all(&find, &with).map_err(refused)?;
        Ok((replaced.change, Some(replaced.places)))
    })
    .await
}

/// What to look for, as an expression that finds just that.
fn pattern(body: &Replace) -> Result<Regex, Error> {
    let find = short("find", &body.find)?;
    let invalid = |message: String| Error::Invalid { field: "find", message };
    let (Some(first), Some(last)) = (find.chars().next(), find.chars().next_back()) else {
        return Err(invalid("is empty".into()));
    };
    let bound = |c: char| if body.whole_words && c.is_alphanumeric() { r"\b" } else { "" };
    RegexBuilder::new(&format!("{}{}{}", bound(first), regex::escape(&find), bound(last)))
        .case_insensitive(!body.case_sensitive)
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

/// `POST …/edits/undo`.
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

/// `POST …/edits/redo`.
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

/// `POST …/edits/restore-machine-text`: all words and segments as the machine has them; who says them stays.
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
            let body = Replace {
                revision: None,
                find: find.into(),
                replace: String::new(),
                case_sensitive,
                whole_words,
            };
            assert_eq!(pattern(&body).unwrap().find_iter(text).count(), wanted, "{find} in {text}");
        }
    }
}
