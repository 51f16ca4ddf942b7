//! `reflector all`: everything in one process.

use clap::Args;

use super::process;
use crate::app::{run_web, run_worker, watch};
use crate::lifecycle::Notifier;
use crate::queue::Group;

/// Serve pages and API and work through the queue, in one process
#[derive(Debug, Args)]
pub struct All {}

impl All {
    pub fn run(self) -> anyhow::Result<()> {
        process::run(|app, shutdown| async move {
            let listener = process::listen(&app).await?;
            watch(&app, &Notifier::from_environment(), &Group::ALL, &shutdown);
            let web = run_web(&app, listener, &shutdown);
            let worker = run_worker(&app, &Group::ALL, &shutdown);
            tokio::try_join!(web, worker).map(|_| ())
        })
    }
}
