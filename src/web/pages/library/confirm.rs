//! What can't be taken back is asked for once more: a page, so that it works without script.

use askama::Template;
use axum::response::Response;

use crate::web::assets;
use crate::web::respond::html;
use crate::web::say::{filters, say_with};

/// Names that the page lists.
const NAMED: usize = 10;

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    version: &'static str,
    here: &'static str,
    heading: String,
    text: &'static str,
    names: Vec<String>,
    /// How many more.
    more: usize,
    /// Where the form goes, with what.
    action: &'static str,
    fields: Vec<(&'static str, String)>,
    button: &'static str,
    back: String,
}

/// Asks whether these are to go for good.
pub(super) fn destroy(
    count: usize,
    mut names: Vec<String>,
    fields: Vec<(&'static str, String)>,
    back: String,
) -> Response {
    names.truncate(NAMED);
    html(&ConfirmPage {
        version: &assets::VERSION,
        here: "library",
        heading: say_with("library-confirm", &[("count", count.into())]),
        text: "library-confirm-text",
        more: count.saturating_sub(names.len()),
        names,
        action: "/transcripts/bulk",
        fields,
        button: "library-confirm-button",
        back,
    })
}
