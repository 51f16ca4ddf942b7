//! `reflector work`: jobs.

use clap::Args;

use super::process;
use crate::app::{run_worker, watch};
use crate::lifecycle::Notifier;
use crate::queue::Group;

/// Work through the queue; any number of machines may
#[derive(Debug, Args)]
pub struct Work {
    /// Only these kinds of jobs, separated by commas: media, speech, llm
    #[arg(long, value_delimiter = ',', default_values_t = Group::ALL)]
    queues: Vec<Group>,
}

impl Work {
    pub fn run(self) -> anyhow::Result<()> {
        process::run(|app, shutdown| async move {
            watch(&app, &Notifier::from_environment(), &self.queues, &shutdown);
            run_worker(&app, &self.queues, &shutdown).await
        })
    }
}
