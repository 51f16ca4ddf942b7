//! Pages that lie beside each other.

use crate::app::App;
use crate::config::AuthMode;
use crate::policy::{self, Viewer};

/// One of them.
pub(super) struct Tab {
    pub href: &'static str,
    /// What the catalogue calls it.
    pub name: &'static str,
    /// It is the one that is shown.
    pub here: bool,
}

impl Tab {
    pub fn new(href: &'static str, name: &'static str, here: &str) -> Self {
        Self { href, name, here: href == here }
    }
}

/// What a viewer may set and know: their account, where they have one, and how the installation does.
pub(super) fn settings(app: &App, viewer: Viewer, here: &str) -> Vec<Tab> {
    let mut tabs = Vec::new();
    if app.config().auth.mode != AuthMode::None && policy::manages_account(viewer).is_some() {
        tabs.push(Tab::new("/settings", "settings-tab-account", here));
    }
    tabs.extend([
        Tab::new("/queue", "settings-tab-queue", here),
        Tab::new("/models", "settings-tab-models", here),
        Tab::new("/storage", "settings-tab-storage", here),
    ]);
    if policy::administers(viewer) {
        tabs.push(Tab::new("/admin", "settings-tab-admin", here));
    }
    tabs
}
