//! Light or dark, as the person chooses: kept in the browser, so that it holds before anybody logs in.

use axum::Extension;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::login::see;
use crate::auth::way_back;
use crate::error::Error;
use crate::web::cookies;
use crate::web::extract::PageForm;
use crate::web::respond::PageError;
use crate::web::viewer::{Https, Theme};

/// What was chosen, and where.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct ThemeForm {
    theme: String,
    next: Option<String>,
}

/// `POST /appearance`: back to the page, in its new colours.
pub(in crate::web) async fn choose(
    Extension(Https(https)): Extension<Https>,
    PageForm(form): PageForm<ThemeForm>,
) -> Result<Response, PageError> {
    let message = || "is none of auto, light and dark".into();
    let theme =
        Theme::of(&form.theme).ok_or_else(|| Error::Invalid { field: "theme", message: message() })?;
    let cookie = cookies::give_theme(theme.word(), https)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a theme is no header's value")))?;
    let mut response = see(way_back::local(form.next.as_deref())).into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}
