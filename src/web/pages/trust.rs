//! How visitors come to trust this site where its certificate is by an authority of the house.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;
use crate::tls::{Certificate, site};
use crate::web::respond::{PageError, html};
use crate::web::say::filters;
use crate::web::{assets, say};

/// What the file is called once it is downloaded; the commands on the page say so too.
const FILE: &str = "reflector-ca.crt";

#[derive(Template)]
#[template(path = "trust.html")]
struct TrustPage {
    version: &'static str,
    here: &'static str,
    file: &'static str,
    name: String,
    until: String,
    /// Pairs of digits, so that a line can break between them.
    fingerprint: Vec<String>,
}

/// `GET /trust`: the certificate and how to install it.
pub(in crate::web) async fn trust(State(app): State<App>) -> Result<Response, PageError> {
    let root = offered(&app)?;
    Ok(html(&TrustPage {
        version: &assets::VERSION,
        here: "trust",
        file: FILE,
        until: say::day(&root.not_after),
        name: root.common_name.unwrap_or(root.subject),
        fingerprint: root.fingerprint.split(':').map(str::to_owned).collect(),
    }))
}

/// `GET /ca.crt`: the certificate alone, written anew from what was read, so that nothing else in the file can get out.
pub(in crate::web) async fn certificate(State(app): State<App>) -> Result<Response, PageError> {
    let pem = offered(&app)?.pem();
    let headers = [
        (CONTENT_TYPE, "application/x-x509-ca-cert".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{FILE}\"")),
        (CACHE_CONTROL, "no-cache".to_owned()),
    ];
    Ok((headers, pem).into_response())
}

fn offered(app: &App) -> Result<Certificate, Error> {
    let file = app.config().tls.site_ca.as_ref().ok_or(Error::NotFound("Page"))?;
    site::root(file).map_err(|error| {
        tracing::error!(%error, "tls.site_ca can't be offered to visitors");
        Error::NotFound("Certificate")
    })
}
