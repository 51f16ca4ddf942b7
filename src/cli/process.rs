//! What the long-running commands share: a runtime, signals, and an end that does not hang.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::Config;
use crate::lifecycle::Shutdown;

/// Threads that compute are told to stop with the rest; after so long they are left behind.
const LAST_THREADS: Duration = Duration::from_secs(3);

/// Sees to it that OpenMP's threads sleep at a barrier: by default they spin there for a while, which starves whatever else
/// computes on the machine, our own other jobs included.
///
/// libgomp reads `OMP_WAIT_POLICY` when it is loaded, before `main`, and has no call to change it afterwards. So a process
/// that was started without it starts once more with it, in its own place (`exec`): process id, arguments, standard
/// streams and exit status stay what they are. A policy that somebody set is theirs. To be called before any thread starts.
///
/// # Errors
/// The program can't be started again.
pub(super) fn sleep_at_barriers() -> anyhow::Result<()> {
    const POLICY: &str = "OMP_WAIT_POLICY";
    if std::env::var_os(POLICY).is_some() {
        return Ok(());
    }
    let program = std::env::current_exe().with_context(|| format!("finding the program; set {POLICY}"))?;
    let mut arguments = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let failure = again.args(arguments).env(POLICY, "passive").exec();
    // A failed `exec` may leave signals as the new program would have had them, so going on is no choice.
    Err(failure).with_context(|| format!("starting again with {POLICY}=passive; set it before"))
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
    crate::telemetry::init(&config.telemetry);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.listen()?;
        let hard = shutdown.hard();
        let whole = async {
            let app = App::build(config).await?;
            body(app, shutdown).await
        };
        tokio::select! {
            outcome = whole => outcome,
            () = hard.cancelled() => Err(anyhow::anyhow!("stopped before everything had ended")),
        }
    });
    runtime.shutdown_timeout(LAST_THREADS);
    outcome
}

/// Listens where `server.listen` says.
pub(super) async fn listen(app: &App) -> anyhow::Result<TcpListener> {
    listen_at(app.config().server.listen, "server.listen").await
}

/// Listens at an address that `setting` names.
pub(super) async fn listen_at(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address} ({setting})"))
}
