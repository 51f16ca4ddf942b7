//! `reflector serve`: pages and API.

use clap::Args;

use super::process;
use crate::app::{run_web, watch};
use crate::lifecycle::Notifier;

/// Serve pages and API; jobs are left to `reflector work`
#[derive(Debug, Args)]
pub struct Serve {}

impl Serve {
    pub fn run(self) -> anyhow::Result<()> {
        process::run(|app, shutdown| async move {
            let listener = process::listen(&app).await?;
            watch(&app, &Notifier::from_environment(), &[], &shutdown);
            run_web(&app, listener, &shutdown).await
        })
    }
}
