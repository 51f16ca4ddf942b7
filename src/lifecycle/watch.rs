//! The beat that keeps the watchdog quiet. It comes from the event loop itself, so it stops when that hangs, and it is left
//! out while a check says that something which only a new start can mend is stuck.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::Notifier;

/// Says what is stuck, in words for the log and `systemctl status`; must answer soon.
pub type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Beats until `stop`, and then goes on beating, since an orderly end takes its time; it ends with its task.
pub async fn beat(notifier: Notifier, checks: Vec<Check>, stop: CancellationToken) {
    let Some(every) = notifier.beat_every() else { return };
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        ticks.tick().await;
        let mut stuck = None;
        if !stop.is_cancelled() {
            for check in &checks {
                // A check that hangs is as bad as one that fails; what it waits for it must bound itself.
                match tokio::time::timeout(every, check()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(reason)) => stuck = Some(reason),
                    Err(_) => stuck = Some("a check of the watchdog does not end".to_owned()),
                }
            }
        }
        match &stuck {
            None => notifier.beat(),
            Some(reason) => {
                tracing::error!(reason, "stuck; the watchdog is left to start this process again");
                notifier.status(reason);
            }
        }
        if told.is_some() && stuck.is_none() {
            tracing::info!("no longer stuck");
            notifier.status("working");
        }
        told = stuck;
    }
}

/// Something that counts while it works: still for too long while busy, it is stuck.
#[derive(Debug)]
pub struct Pulse {
    longest: Duration,
    last: Mutex<Option<(u64, Instant)>>,
}

impl Pulse {
    /// `longest`: how long one step may take.
    pub fn new(longest: Duration) -> Self {
        Self { longest, last: Mutex::default() }
    }

    /// Tells the count of now, `None` while idle; for how long it has been still, if that is too long.
    pub fn stuck(&self, count: Option<u64>) -> Option<Duration> {
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match (count, *last) {
            (None, _) => *last = None,
            (Some(now), Some((before, since))) if now == before => {
                return Some(since.elapsed()).filter(|still| *still >= self.longest);
            }
            (Some(now), _) => *last = Some((now, Instant::now())),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const SILENCE: Duration = Duration::from_millis(300);

    struct Listener(
        UnixDatagram,
        #[expect(dead_code, reason = "kept, so that its socket stays")] tempfile::TempDir,
    );

    impl Listener {
        fn new() -> (Self, Notifier) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            (Self(socket, folder), Notifier::to(path.as_os_str(), Some(SILENCE)))
        }

        /// The next message, if one comes within `wait`.
        fn next(&self, wait: Duration) -> Option<String> {
            self.0.set_read_timeout(Some(wait)).unwrap();
            let mut buffer = [0; 512];
            let length = self.0.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        }

        fn drain(&self) {
            while self.next(Duration::from_millis(1)).is_some() {}
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    }

    #[test]
    fn a_hung_loop_stops_the_beat_and_a_loop_that_goes_on_takes_it_up() {
        let (listener, notifier) = Listener::new();
        let runtime = runtime();
        runtime.spawn(beat(notifier, Vec::new(), CancellationToken::new()));
        for _ in 0..3 {
            assert_eq!(listener.next(SILENCE).as_deref(), Some("WATCHDOG=1"));
        }
        let hung = Arc::new(AtomicBool::new(true));
        for _ in 0..2 {
            let hung = hung.clone();
            runtime.spawn(async move {
                while hung.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        }
        std::thread::sleep(Duration::from_millis(50));
        listener.drain();
        assert_eq!(listener.next(3 * SILENCE), None, "no thread of the loop is free, so nothing beats");
        hung.store(false, Ordering::Release);
        assert_eq!(listener.next(3 * SILENCE).as_deref(), Some("WATCHDOG=1"));
    }

    #[test]
    fn a_check_that_fails_or_hangs_withholds_the_beat() {
        let (listener, notifier) = Listener::new();
        let stuck = Arc::new(AtomicBool::new(false));
        let asked = stuck.clone();
        let check: Check = Arc::new(move || {
            let stuck = asked.load(Ordering::Acquire);
            Box::pin(async move { if stuck { Err("the engine is stuck".into()) } else { Ok(()) } })
        });
        let runtime = runtime();
        runtime.spawn(beat(notifier, vec![check], CancellationToken::new()));
        assert_eq!(listener.next(SILENCE).as_deref(), Some("WATCHDOG=1"));
        stuck.store(true, Ordering::Release);
        std::thread::sleep(SILENCE);
        listener.drain();
        for _ in 0..3 {
            assert_eq!(listener.next(SILENCE).as_deref(), Some("STATUS=the engine is stuck"));
        }
        stuck.store(false, Ordering::Release);
        std::thread::sleep(SILENCE);
        listener.drain();
        assert_eq!(listener.next(SILENCE).as_deref(), Some("WATCHDOG=1"));

        let (listener, notifier) = Listener::new();
        let hangs: Check = Arc::new(|| Box::pin(std::future::pending()));
        runtime.spawn(beat(notifier, vec![hangs], CancellationToken::new()));
        assert_eq!(
            listener.next(2 * SILENCE).as_deref(),
            Some("STATUS=a check of the watchdog does not end")
        );
    }

    #[test]
    fn only_a_busy_count_that_stands_still_is_stuck() {
        let pulse = Pulse::new(Duration::from_millis(40));
        let pause = || std::thread::sleep(Duration::from_millis(50));
        assert_eq!(pulse.stuck(Some(1)), None);
        pause();
        assert!(pulse.stuck(Some(1)).is_some());
        assert_eq!(pulse.stuck(Some(2)), None, "it moves again");
        assert_eq!(pulse.stuck(None), None, "it is idle");
        pause();
        assert_eq!(pulse.stuck(Some(2)), None, "the same count of a new job is not still yet");
        pause();
        assert!(pulse.stuck(Some(2)).is_some());
    }
}
