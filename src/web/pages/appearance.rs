//! How pages look and in which language they are, as the person chooses: kept in the browser, so that it holds before anybody logs in.

use axum::Extension;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use serde::Deserialize;

use super::login::see;
use crate::auth::way_back;
use crate::config::Language;
use crate::error::Error;
use crate::web::cookies;
use crate::web::extract::PageForm;
use crate::web::respond::PageError;
use crate::web::viewer::{Https, Theme};

/// What was chosen, and where: a theme, a language or both.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Chosen {
    theme: Option<String>,
    language: Option<String>,
    next: Option<String>,
}

fn invalid(field: &'static str, message: &str) -> Error {
    Error::Invalid { field, message: message.into() }
}

/// `POST /appearance`: back to the page, in its new colours or words.
pub(in crate::web) async fn choose(
    Extension(Https(https)): Extension<Https>,
    PageForm(form): PageForm<Chosen>,
) -> Result<Response, PageError> {
    if form.theme.is_none() && form.language.is_none() {
        return Err(invalid("theme", "is missing, and so is language: choose one of them").into());
    }
    let theme = form
        .theme
        .as_deref()
        .map(|word| Theme::of(word).ok_or_else(|| invalid("theme", "is none of auto, light and dark")));
    let language = form
        .language
        .as_deref()
        .map(|code| Language::of(code).ok_or_else(|| invalid("language", "is none of en and fr")));
    let theme = theme.transpose()?.map(|theme| cookies::give_theme(theme.word(), https));
    let language = language.transpose()?.map(|language| cookies::give_language(language.code(), https));
    let mut response = see(way_back::local(form.next.as_deref()));
    for cookie in [theme, language].into_iter().flatten() {
        let cookie =
            cookie.ok_or_else(|| Error::Internal(anyhow::anyhow!("a choice is no header's value")))?;
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
