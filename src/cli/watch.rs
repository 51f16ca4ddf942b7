//! How long commands show where they are, and hear that they should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::ops::backup::Watch;

/// Steps and bytes on a terminal; nothing but what is worth a line elsewhere.
pub(super) struct Terminal {
    bar: ProgressBar,
    bytes: std::sync::atomic::AtomicU64,
    stopped: Arc<AtomicBool>,
}

impl Terminal {
    /// Listens for SIGINT and SIGTERM from now on.
    ///
    /// # Errors
    /// Signals can't be listened for.
    pub(super) fn new(runtime: &Handle) -> anyhow::Result<Self> {
        // Hidden by itself where standard error is no terminal.
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        let stopped = Arc::new(AtomicBool::new(false));
        let _inside = runtime.enter();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let (mut asked, stopped) = (signal(kind)?, stopped.clone());
            runtime.spawn(async move {
                asked.recv().await;
                stopped.store(true, Ordering::Relaxed);
            });
        }
        Ok(Self { bar, bytes: 0.into(), stopped })
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Terminal {
    fn phase(&self, what: &str, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {pos}/{len}  {prefix}",
            None => "{spinner} {msg}  {prefix}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_length(total.unwrap_or(0));
        self.bar.set_position(0);
        self.bar.set_message(what.to_owned());
    }

    fn step(&self) {
        self.bar.inc(1);
    }

    fn passed(&self, bytes: u64) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Once a few megabytes: formatting it at every buffer would cost more than the copying.
        if before >> 22 != (before + bytes) >> 22 {
            self.bar.set_prefix(indicatif::HumanBytes(before + bytes).to_string());
        }
    }

    #[expect(clippy::print_stdout, reason = "the command's own words")]
    fn say(&self, line: &str) {
        self.bar.suspend(|| println!("{line}"));
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
