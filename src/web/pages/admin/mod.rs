//! For those who look after the installation: its health, what failed, who has an account, who did what. For others there is no such
//! place.

mod audit;
mod health;
mod jobs;
mod users;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

pub(in crate::web) use audit::audit;
pub(in crate::web) use health::health;
pub(in crate::web) use jobs::{jobs, retry, retry_all};
pub(in crate::web) use users::{admin, create, disabled, password, users};

use super::tabs::Tab;
use crate::app::App;
use crate::config::AuthMode;
use crate::error::Error;
use crate::policy;
use crate::web::respond::PageError;
use crate::web::say::say;
use crate::web::viewer::Seen;

/// Somebody who looks after the installation.
pub(in crate::web) struct Caretaker(pub Seen);

impl<S: Send + Sync> FromRequestParts<S> for Caretaker {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let seen = match Seen::from_request_parts(parts, state).await {
            Ok(seen) => seen,
            Err(never) => match never {},
        };
        match policy::administers(seen.viewer) {
            true => Ok(Self(seen)),
            false => Err(Error::NotFound("Page").into()),
        }
    }
}

/// The pages of this place; accounts are only where people log in.
fn tabs(app: &App, here: &str) -> Vec<Tab> {
    let mut tabs = vec![
        Tab::new("/admin", say("admin-health"), here),
        Tab::new("/admin/jobs", say("admin-jobs"), here),
        Tab::new("/admin/users", say("admin-users"), here),
        Tab::new("/admin/audit", say("admin-audit"), here),
    ];
    if app.config().auth.mode == AuthMode::None {
        tabs.retain(|tab| tab.href != "/admin/users");
    }
    tabs
}
