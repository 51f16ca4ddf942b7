//! Pages that lie beside each other.

use crate::app::App;
use crate::config::AuthMode;
use crate::policy::{self, Viewer};
use crate::web::say::say;

/// One of them.
pub(super) struct Tab {
    pub href: &'static str,
    pub name: String,
    /// It is the one that is shown.
    pub here: bool,
}

impl Tab {
    pub fn new(href: &'static str, name: impl Into<String>, here: &str) -> Self {
        Self { href, name: name.into(), here: href == here }
    }
}

/// What a viewer may set and know: their account, where they have one, and how the installation does.
pub(super) fn settings(app: &App, viewer: Viewer, here: &str) -> Vec<Tab> {
    let mut tabs = Vec::new();
    if app.config().auth.mode != AuthMode::None && policy::manages_account(viewer).is_some() {
        tabs.push(Tab::new("/settings", say("tabs-account"), here));
    }
    tabs.extend([
        Tab::new("/queue", say("tabs-queue"), here),
        Tab::new("/models", say("tabs-models"), here),
        Tab::new("/storage", say("tabs-storage"), here),
    ]);
    if policy::administers(viewer) {
        tabs.push(Tab::new("/admin", say("tabs-admin"), here));
    }
    tabs
}
