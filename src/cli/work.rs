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
            let worker = run_worker(&app, &self.queues, &shutdown);
            match app.config().work.listen {
                None => worker.await,
                Some(address) => {
                    let listener = process::listen_at(address, "work.listen").await?;
                    let told =
                        crate::web::serve_worker(app.clone(), listener, shutdown.soft().cancelled_owned());
                    tokio::try_join!(worker, async { Ok(told.await?) }).map(|_| ())
                }
            }
        })
    }
}
