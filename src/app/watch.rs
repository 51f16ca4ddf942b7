//! What the service manager hears of a process: ready, its state, its end, and the beat of the watchdog.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use crate::lifecycle::{Check, Notifier, Pulse, Shutdown, beat};
use crate::queue::Group;
use crate::speech::Engine;

/// How long one step of the speech engine may take: a batch of windows of the largest model on a slow CPU takes minutes.
const LONGEST_STEP: Duration = Duration::from_secs(600);
/// A database that does not answer is not mended by a new start of ours.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tells the service manager when this process is ready (all of `groups` are worked), and beats from then on. Returns at once;
/// what it starts ends with the runtime.
pub fn watch(app: &App, notifier: &Notifier, groups: &[Group], shutdown: &Shutdown) {
    let (app, notifier, groups, stop) = (app.clone(), notifier.clone(), groups.to_vec(), shutdown.soft());
    tokio::spawn(async move {
        app.0.queue.working(&groups).await;
        let listen = app.config().server.listen;
        notifier.ready(&match groups.is_empty() {
            true => format!("serving on {listen}"),
            false => {
                format!("working: {}", groups.iter().map(Group::to_string).collect::<Vec<_>>().join(", "))
            }
        });
        let checks = if groups.is_empty() { Vec::new() } else { vec![engine(&app), heartbeat(&app)] };
        let (ending, told) = (stop.clone(), Stopping(notifier.clone()));
        tokio::spawn(async move {
            ending.cancelled().await;
            drop(told);
        });
        beat(notifier, checks, stop).await;
    });
}

/// The same for a process that offers the models alone, at `place`.
pub fn watch_speech(engine: &Engine, notifier: &Notifier, place: SocketAddr, shutdown: &Shutdown) {
    notifier.ready(&format!("offering speech on {place}"));
    let (ending, told) = (shutdown.soft(), Stopping(notifier.clone()));
    tokio::spawn(async move {
        ending.cancelled().await;
        drop(told);
    });
    let engine = engine.clone();
    let checks = vec![moving(move || engine.steps())];
    tokio::spawn(beat(notifier.clone(), checks, shutdown.soft()));
}

/// Tells that the process stops when it is dropped: a server without connections may end before any task runs again.
struct Stopping(Notifier);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.stopping();
    }
}

/// The speech engine's thread hangs, as it does in a GPU kernel that never ends.
fn engine(app: &App) -> Check {
    let speech = app.speech().clone();
    moving(move || speech.steps())
}

/// For how long the speech engine of this process has been still at its work, each time it is asked, if that is too long.
pub(super) fn stuck(app: &App) -> impl Fn() -> Option<Duration> + Send + Sync + 'static {
    let (speech, pulse) = (app.speech().clone(), Pulse::new(LONGEST_STEP));
    move || pulse.stuck(speech.steps())
}

fn moving(steps: impl Fn() -> Option<u64> + Send + Sync + 'static) -> Check {
    let pulse = Arc::new(Pulse::new(LONGEST_STEP));
    Arc::new(move || {
        let still = pulse.stuck(steps());
        Box::pin(async move {
            match still {
                None => Ok(()),
                Some(still) => Err(format!("the speech engine has not moved for {} s", still.as_secs())),
            }
        })
    })
}

/// The workers' rows in the database stand still although the database answers.
fn heartbeat(app: &App) -> Check {
    let queue = app.0.queue.clone();
    let silence = Duration::from_secs(app.config().work.dead_after_seconds);
    Arc::new(move || {
        let queue = queue.clone();
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, queue.silent(silence)).await {
                Ok(Ok(groups)) if !groups.is_empty() => {
                    let names: Vec<_> = groups.iter().map(Group::to_string).collect();
                    Err(format!("no sign of life of the workers for {} reaches the queue", names.join(", ")))
                }
                _ => Ok(()),
            }
        })
    })
}
