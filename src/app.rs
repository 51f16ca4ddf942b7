//! Every long-lived handle of a process, built once from the settings, and the two things a process can do with them.

mod admin;
mod examine;
mod offer;
mod parts;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::audio::Scratch;
use crate::auth::listen;
use crate::auth::token::Signer;
use crate::bus::Bus;
use crate::config::{Config, OutgoingConfig};
use crate::db::{Address, Pool};
use crate::fonts::Fonts;
use crate::jobs::{Environment, Outbox, Speech, Stages};
use crate::lifecycle::Shutdown;
use crate::llm::{LlmSettings, Understanding};
use crate::model::listening;
use crate::notify::{Mailer, Webhooks, Zulip};
use crate::oidc::Oidc;
use crate::outgoing::AllowedHosts;
use crate::queue::{Group, Queue, WorkerSettings};
use crate::storage::Storage;
use crate::tls::Trust;

pub use examine::{Examined, Finding, Problem};
pub use offer::run_speech_server;
pub use parts::Parts;
pub use watch::{watch, watch_speech};

/// Handles, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    trust: Trust,
    signer: Option<Signer>,
    listening: listen::Signer,
    oidc: Option<Oidc>,
    pool: Pool,
    queue: Queue,
    storage: Storage,
    bus: Bus,
    understanding: Understanding,
    speech: Speech,
    webhooks: Webhooks,
    outbox: Outbox,
    fonts: Arc<Fonts>,
    examined: examine::LastExamined,
    parts: parts::LastParts,
    requests: TaskTracker,
}

/// How long jobs may go on after it was asked to stop.
const GRACE: Duration = Duration::from_secs(2);
/// How long requests may.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

impl App {
    /// Connects to everything that the settings name and brings the database's tables up to date.
    ///
    /// # Errors
    /// Says which of them can't be reached or trusted, and why.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
        let signer = config.auth.key()?.map(|key| Signer::new(&key));
        let oidc = Oidc::new(&config.auth, &trust)?;
        let database = Address::new(&config.database.postgres_url(), &trust);
        crate::db::migrate::up(&database).await.context("PostgreSQL (database.url)")?;
        let pool = Pool::new(&database, config.database.pool_size).context("PostgreSQL (database.url)")?;
        admin::provision(&config.auth, &pool).await?;
        let secret = listening::secret(&mut *pool.get().await?).await.context("the installation's secret")?;
        let queue = Queue::new(&database, config.database.pool_size)?;
        queue.init().await?;
        let storage = Storage::open(&config.storage).context("storage")?;
        let bus = match &config.redis.url {
            Some(url) => Bus::redis(url, &trust).await.context("Redis (redis.url)")?,
            None => Bus::in_process(),
        };
        let understanding = Understanding::from_settings(LlmSettings {
            url: config.llm.url.clone(),
            api_key: config.llm.api_key.clone(),
            model: config.llm.model.clone(),
            context_window: config.llm.context_window,
            timeout: Duration::from_secs(config.llm.timeout_seconds),
            trust: trust.clone(),
            ..LlmSettings::default()
        })?;
        let speech = Speech::new(&config.speech, &config.models.dir, &trust).context("speech")?;
        let allowed = AllowedHosts::new(OutgoingConfig::ALLOW_HOSTS, &config.outgoing.allow_hosts);
        let webhooks = Webhooks::new(&trust, allowed, &config.server.site())?;
        let outbox = Outbox::new(&config, &trust)?;
        let fonts = Arc::new(Fonts::new(&config.export.fonts));
        Ok(Self(Arc::new(Inner {
            fonts,
            config,
            trust,
            signer,
            listening: listen::Signer::new(&secret),
            oidc,
            pool,
            queue,
            storage,
            bus,
            understanding,
            speech,
            webhooks,
            outbox,
            examined: Default::default(),
            parts: Default::default(),
            requests: TaskTracker::new(),
        })))
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Whom to believe: for whatever calls somebody over TLS.
    pub fn trust(&self) -> &Trust {
        &self.0.trust
    }

    /// The identity provider, where people log in there.
    pub fn oidc(&self) -> Option<&Oidc> {
        self.0.oidc.as_ref()
    }

    /// What signs and reads tokens, where people log in with a password.
    pub fn signer(&self) -> Option<&Signer> {
        self.0.signer.as_ref()
    }

    /// What signs and reads addresses to listen at.
    pub fn listening(&self) -> &listen::Signer {
        &self.0.listening
    }

    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    pub fn storage(&self) -> &Storage {
        &self.0.storage
    }

    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// What tells the receivers of rooms.
    pub fn webhooks(&self) -> &Webhooks {
        &self.0.webhooks
    }

    /// Letters and messages, and whom they may go to.
    pub fn outbox(&self) -> &Outbox {
        &self.0.outbox
    }

    /// What transcripts are sent by as letters, if they are.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.0.outbox.mailer()
    }

    /// Where transcripts are posted, if they are.
    pub fn zulip(&self) -> Option<&Zulip> {
        self.0.outbox.zulip()
    }

    /// What PDF is set in.
    pub fn fonts(&self) -> &Arc<Fonts> {
        &self.0.fonts
    }

    /// Requests that go on when their client goes away; the web server ends after them.
    pub fn requests(&self) -> &TaskTracker {
        &self.0.requests
    }

    /// The speech engine of this process, which runs only where speech is worked on.
    pub fn speech(&self) -> &Speech {
        &self.0.speech
    }
}

/// Where media lie while they are worked on.
fn scratch_dir(config: &Config) -> PathBuf {
    config.storage.scratch.clone().unwrap_or_else(|| std::env::temp_dir().join("reflector"))
}

/// Serves pages and API on `listener` until it is time to stop; requests that are under way then have a moment to end.
///
/// # Errors
/// The listener breaks.
pub async fn run_web(app: &App, listener: TcpListener, shutdown: &Shutdown) -> anyhow::Result<()> {
    let stop = shutdown.soft();
    let serving = async {
        let served = crate::web::serve(app.clone(), listener, stop.clone().cancelled_owned()).await;
        app.requests().close();
        app.requests().wait().await;
        served
    };
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        outcome = serving => outcome.context("the web server"),
        () = patience => Ok(()),
    }
}

/// Works through the queue's jobs of `groups` until it is time to stop; what runs then goes back to the queue.
///
/// # Errors
/// The scratch folder can't be used. Nothing else ends it: a database that goes away is waited for.
pub async fn run_worker(app: &App, groups: &[Group], shutdown: &Shutdown) -> anyhow::Result<()> {
    let App(inner) = app;
    let work = &inner.config.work;
    let root = scratch_dir(&inner.config);
    let scratch = Scratch::new(&root).with_context(|| format!("the scratch folder {}", root.display()))?;
    let environment = Environment {
        pool: inner.pool.clone(),
        storage: inner.storage.clone(),
        bus: inner.bus.clone(),
        understanding: inner.understanding.clone(),
        scratch,
        speech: inner.speech.clone(),
        webhooks: inner.webhooks.clone(),
        outbox: inner.outbox.clone(),
        last_words: Default::default(),
    };
    let handler = Arc::new(Stages::new(environment.clone()));
    let workers = groups.iter().map(|group| {
        let settings = WorkerSettings {
            group: *group,
            // The engine is one thread: a second job would only wait for it, with its PCM on the disk.
            concurrency: if *group == Group::Speech { 1 } else { work.concurrency },
            heartbeat: Duration::from_secs(work.heartbeat_seconds),
            dead_after: Duration::from_secs(work.dead_after_seconds),
            grace: GRACE,
            stop: shutdown.soft(),
        };
        inner.queue.work(settings, handler.clone())
    });
    let keep = crate::jobs::Keep::of(&inner.config);
    let times = inner.config.failures.retry_days;
    let sweeping = crate::jobs::sweep_for_ever(environment.clone(), keep, times);
    let sweeping = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(sweeping));
    let calling = inner.config.telemetry.healthcheck_url.clone().map(|url| {
        let (pool, trust, stuck) = (inner.pool.clone(), inner.trust.clone(), watch::stuck(app));
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
            let calling = crate::jobs::call_for_ever(pool, (url, trust), crate::jobs::BETWEEN_CALLS, stuck);
            if let Err(error) = calling.await {
                tracing::error!(error = format!("{error:#}"), "nobody outside is told that all is well");
            }
        }))
    });
    let reporting = groups.contains(&Group::Speech).then(|| {
        let reporting = crate::jobs::report_for_ever(environment.clone(), inner.config.speech.model.clone());
        tokio_util::task::AbortOnDropHandle::new(tokio::spawn(reporting))
    });
    futures::future::join_all(workers).await;
    drop((sweeping, calling, reporting));
    environment.last_words.close();
    environment.last_words.wait().await;
    Ok(())
}
