//! `reflector demo`: everything in one process on a private PostgreSQL, with two samples to look at.

mod print;
mod samples;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;

use super::process;
use crate::app::{App, run_web, run_worker};
use crate::config::{Config, cache_dir};
use crate::db::private::{self, PrivateOptions, PrivatePostgres};
use crate::lifecycle::Shutdown;
use crate::queue::Group;

/// Try it out: a private database, two samples, pages on http://localhost:1250
#[derive(Debug, Args)]
pub struct Demo {
    /// End when both samples are done
    #[arg(long)]
    once: bool,
    /// Throw the data of earlier starts away first
    #[arg(long)]
    fresh: bool,
    /// Address and port of the pages
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Where the demo keeps its data [default: `demo` in the cache folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of the sample recordings [default: `samples` in the cache folder]
    #[arg(long, value_name = "DIR")]
    samples: Option<PathBuf>,
    /// Whisper model to hear with
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

impl Demo {
    pub fn run(self) -> anyhow::Result<()> {
        let data = self.data.clone().unwrap_or_else(|| cache_dir().join("demo"));
        let samples = self.samples.clone().unwrap_or_else(|| cache_dir().join("samples"));
        samples::check(&samples)?;
        let cluster = private::place(&data.join("postgres"))?;
        if self.fresh {
            for dir in [&data, &cluster] {
                remove(dir)?;
            }
        }
        std::fs::create_dir_all(&data)
            .with_context(|| format!("the demo's data folder {}", data.display()))?;
        // Started on the main thread, which outlives everything: the server ends when the thread that started it does.
        let postgres = PrivatePostgres::start(PrivateOptions::durable(&cluster))
            .with_context(|| format!("the demo's database in {}", cluster.display()))?;
        let config = self.config(&data, &postgres)?;
        let outcome = process::run_with(config, |app, shutdown| self.body(app, shutdown, data, samples));
        postgres.stop()?;
        outcome
    }

    fn config(&self, data: &Path, postgres: &PrivatePostgres) -> anyhow::Result<Config> {
        let mut config = Config::load()?;
        config.database.url = postgres.url(PrivatePostgres::DATABASE);
        config.redis.url = None;
        config.storage.s3 = None;
        config.storage.dir = data.join("objects");
        config.storage.scratch = Some(data.join("scratch"));
        if let Some(address) = self.listen {
            config.server.listen = address;
        }
        if let Some(model) = &self.model {
            config.speech.model.clone_from(model);
        }
        // A crash is only noticed by another start of this same demo, which should not wait long.
        (config.work.heartbeat_seconds, config.work.dead_after_seconds) = (2, 6);
        if std::env::var_os("REFLECTOR_TELEMETRY__LOG").is_none() {
            config.telemetry.log = "warn".into();
        }
        Ok(config)
    }

    async fn body(self, app: App, shutdown: Shutdown, data: PathBuf, samples: PathBuf) -> anyhow::Result<()> {
        let wanted = app.config().server.listen;
        let listener = TcpListener::bind(wanted).await.with_context(|| {
            format!("{wanted} can't be listened on (is another demo running? --listen takes another)")
        })?;
        print::opening(listener.local_addr()?, &data, app.config());
        let web = run_web(&app, listener, &shutdown);
        let worker = run_worker(&app, &Group::ALL, &shutdown);
        let show = async {
            let added = samples::add(&app, &samples, &data).await?;
            let mut failed = Vec::new();
            for (name, transcript) in added {
                let soft = shutdown.soft();
                tokio::select! {
                    ended = print::follow(&app, name, transcript) => if !ended? { failed.push(name) },
                    () = soft.cancelled() => return anyhow::Ok(()),
                }
            }
            if self.once {
                shutdown.stop();
                if !failed.is_empty() {
                    bail!("not transcribed: {}", failed.join(", "));
                }
            } else {
                print::idle();
            }
            Ok(())
        };
        // A sample that fails to print must not end the pages; it ends the demo only where the samples are all there is to do.
        let show = async {
            let outcome = show.await;
            if outcome.is_err() {
                shutdown.stop();
            }
            outcome
        };
        let (web, worker, show) = tokio::join!(web, worker, show);
        show.and(web).and(worker)
    }
}

fn remove(dir: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("throwing {} away", dir.display()))
        }
        _ => Ok(()),
    }
}
