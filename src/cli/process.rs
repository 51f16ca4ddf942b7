//! What the long-running commands share: a runtime, signals, and an end that does not hang.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::{Config, TlsConfig};
use crate::lifecycle::Shutdown;
use crate::tls::{self, Trust};

/// Threads that compute are told to stop with the rest; after so long they are left behind.
const LAST_THREADS: Duration = Duration::from_secs(3);

/// What libtorch's own libraries must find in the environment when they are loaded, before `main`; neither has a call for it.
const LIBRARIES: [(&str, &str); 2] = [
    // OpenMP's threads sleep at a barrier: by default they spin there for a while, which starves whatever else computes on the
    // machine, our own other jobs included.
    ("OMP_WAIT_POLICY", "passive"),
    // oneDNN keeps a compiled convolution for each shape it met, 1024 by default. Stretches of speech have hundreds of lengths:
    // a long recording filled 150 MB with shapes that hardly ever come again, and forgetting them costs no time.
    ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64"),
];

/// Gives libtorch's libraries the environment that this program computes best in.
///
/// A process that was started without it starts once more with it, in its own place (`exec`): process id, arguments, standard
/// streams and exit status stay what they are. What somebody set is theirs. To be called before any thread starts.
///
/// # Errors
/// The program can't be started again.
pub(super) fn settle_environment() -> anyhow::Result<()> {
    let missing = || LIBRARIES.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let Some((first, value)) = missing().next() else { return Ok(()) };
    let program =
        std::env::current_exe().with_context(|| format!("finding the program; set {first}={value}"))?;
    let mut arguments = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let failure = again.args(arguments).envs(missing()).exec();
    // A failed `exec` may leave signals as the new program would have had them, so going on is no choice.
    Err(failure).with_context(|| format!("starting again with {first}={value}; set it before"))
}

/// Runs `body` with the settings' handles until it ends by itself or the process is told to stop, twice if need be.
///
/// # Errors
/// The settings can't be used, something they name can't be reached, or `body` fails.
pub(super) fn run<F>(body: impl FnOnce(App, Shutdown) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    run_with(Config::load()?, body)
}

/// [`run`] with settings of the command's own.
///
/// # Errors
/// Something the settings name can't be reached, or `body` fails.
pub(super) fn run_with<F>(config: Config, body: impl FnOnce(App, Shutdown) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    run_alone(config, |config, shutdown| async move { body(App::build(config).await?, shutdown).await })
}

/// [`run_with`] for a command that needs the settings alone: no database, no other service.
///
/// # Errors
/// `body` fails.
pub(super) fn run_alone<F>(config: Config, body: impl FnOnce(Config, Shutdown) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    crate::telemetry::init(&config.telemetry);
    announce(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.listen()?;
        let hard = shutdown.hard();
        tokio::select! {
            outcome = body(config, shutdown) => outcome,
            () = hard.cancelled() => Err(anyhow::anyhow!("stopped before everything had ended")),
        }
    });
    runtime.shutdown_timeout(LAST_THREADS);
    outcome
}

/// Whom the settings trust.
///
/// # Errors
/// Names the entry that can't be used.
pub(super) fn trust(config: &TlsConfig) -> anyhow::Result<Trust> {
    Trust::load(&config.ca).context("tls.ca")
}

/// Makes the settings' authorities known to those who know only the system's: the S3 client, and PostgreSQL's own programs
/// that a backup runs. To be called before any other thread starts.
///
/// # Errors
/// Names the entry that can't be used.
pub(super) fn announce(config: &Config) -> anyhow::Result<()> {
    let trust = trust(&config.tls)?;
    if !trust.authorities().is_empty() {
        // SAFETY: the callers have started no thread yet.
        unsafe { tls::announce(&trust) }.context("tls.ca")?;
    }
    Ok(())
}

/// The settings of this process, their authorities [announced](announce).
///
/// # Errors
/// They can't be used.
pub(super) fn settings() -> anyhow::Result<Config> {
    let config = Config::load()?;
    announce(&config)?;
    Ok(config)
}

/// Listens where `server.listen` says.
pub(super) async fn listen(app: &App) -> anyhow::Result<TcpListener> {
    listen_at(app.config().server.listen, "server.listen").await
}

/// Listens at an address that `setting` names.
pub(super) async fn listen_at(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address} ({setting})"))
}
