//! What `reflector doctor` finds, for the page of those who look after the installation.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::App;
use crate::clock;
pub use crate::ops::doctor::{Finding, Problem};

/// What was found is shown for so long before everything is tried again: it asks every part, and other servers too.
const FRESH: Duration = Duration::from_secs(60);

/// What was found, and when.
#[derive(Clone)]
pub struct Examined {
    pub findings: Arc<Vec<Finding>>,
    pub at: DateTime<Utc>,
}

/// The last one, for all who look.
#[derive(Default)]
pub(super) struct LastExamined(Mutex<Option<Examined>>);

impl App {
    /// Tries everything the settings name, unless that was done a moment ago and `again` is not wanted. Whoever looks meanwhile waits
    /// for the same result.
    ///
    /// # Errors
    /// The examination itself broke.
    pub async fn examine(&self, again: bool) -> anyhow::Result<Examined> {
        let asked = clock::now();
        let mut last = self.0.examined.0.lock().await;
        if let Some(found) = &*last {
            let age = (asked - found.at).to_std().unwrap_or_default();
            // One that ended while this caller waited is new enough for anybody.
            if found.at >= asked || (!again && age < FRESH) {
                return Ok(found.clone());
            }
        }
        let (app, runtime) = (self.clone(), tokio::runtime::Handle::current());
        // Parts of it look at files and run programs: not on a thread that serves.
        let examining =
            tokio::task::spawn_blocking(move || runtime.block_on(crate::ops::doctor::examine(app.config())));
        let findings = Arc::new(examining.await.context("looking at the installation")?);
        let found = Examined { findings, at: clock::now() };
        *last = Some(found.clone());
        Ok(found)
    }
}
