//! Start and stop: a first signal asks, a second one (or patience running out) insists; what the service manager hears of it, and
//! how connections are served in between.

mod notify;
pub mod serve;
mod unread;
mod watch;

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use notify::Notifier;
pub use watch::{Check, Pulse, beat};

/// How long what is running may take after the first signal.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Tells the parts of a process to stop, and waits for them.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens for SIGTERM and Ctrl-C: the first cancels [`soft`](Self::soft), a second or the end of [`PATIENCE`]
    /// cancels [`hard`](Self::hard).
    ///
    /// # Errors
    /// The system refuses to let signals be caught.
    pub fn listen(&self) -> std::io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let this = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = this.soft.cancelled() => {}
            }
            tracing::info!("stopping; a second signal ends at once");
            this.stop();
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = tokio::time::sleep(PATIENCE) => {}
            }
            this.hard.cancel();
        });
        Ok(())
    }

    /// Asks everything to stop, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Fires when it is time to take no more work and finish what is running.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Fires when what is still running must be left as it is.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Runs a part of the process; [`finish`](Self::finish) waits for it.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Waits until every part has ended, or until it is insisted on. True if all ended by themselves.
    pub async fn finish(&self) -> bool {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => true,
            () = self.hard.cancelled() => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn parts_are_asked_and_waited_for() {
        let shutdown = Shutdown::new();
        let soft = shutdown.soft();
        let part = shutdown.spawn(async move {
            soft.cancelled().await;
            7
        });
        shutdown.stop();
        assert!(shutdown.finish().await);
        assert_eq!(part.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_part_that_does_not_end_is_left_when_insisted_on() {
        let shutdown = Shutdown::new();
        shutdown.spawn(std::future::pending::<()>());
        shutdown.hard().cancel();
        assert!(!shutdown.finish().await);
    }
}
