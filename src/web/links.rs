//! Addresses of this site, for links that are handed on.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::security;
use super::viewer::Https;
use crate::app::App;

/// How people reach this site, without a slash at the end: as the settings say, else as this request came.
pub(super) struct Base(pub String);

impl FromRequestParts<App> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let server = &app.config().server;
        // The name was checked: it is one of ours.
        let asked = security::authority(&parts.uri, &parts.headers).filter(|_| server.site_url.is_none());
        let https = parts.extensions.get::<Https>().is_some_and(|Https(yes)| *yes);
        let scheme = if https { "https" } else { "http" };
        let site = asked.map_or_else(|| server.site(), |name| format!("{scheme}://{name}"));
        Ok(Self(site.trim_end_matches('/').to_owned()))
    }
}
