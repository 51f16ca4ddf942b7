//! Which programs this one works with, and their versions: asked now and then, for the page that names them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::App;
use crate::db::survey;

/// What was told is believed for so long: such a program is another one after an update only.
const FRESH: Duration = Duration::from_secs(600);
/// And that one did not tell, for so long: it may have been about to start.
const SILENT: Duration = Duration::from_secs(10);
/// Whoever takes longer is named without a version.
const PATIENCE: Duration = Duration::from_secs(2);

/// Versions, where they could be learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What this program was built with.
    pub libtorch: Option<&'static str>,
    pub ffmpeg: Option<String>,
    pub postgresql: Option<String>,
    /// `None` too where events stay in this process.
    pub redis: Option<String>,
}

impl Parts {
    /// Redis is no sign: it has none to tell where events stay in this process.
    fn fresh(&self) -> Duration {
        if self.ffmpeg.is_some() && self.postgresql.is_some() { FRESH } else { SILENT }
    }
}

/// What was learnt last, and when.
#[derive(Default)]
pub(super) struct LastParts(Mutex<Option<(Instant, Arc<Parts>)>>);

impl App {
    /// Asks them all at once, unless that was done a moment ago. Nobody waits longer than two seconds.
    pub async fn parts(&self) -> Arc<Parts> {
        let mut last = self.0.parts.0.lock().await;
        if let Some((at, parts)) = &*last
            && at.elapsed() < parts.fresh()
        {
            return parts.clone();
        }
        let postgresql = async {
            let mut conn = self.0.pool.get().await.ok()?;
            survey::server_version(&mut conn).await.ok()
        };
        let redis = async { self.0.bus.version().await.ok().flatten() };
        let (ffmpeg, postgresql, redis) =
            tokio::join!(in_time(ffmpeg()), in_time(postgresql), in_time(redis));
        let parts = Arc::new(Parts { libtorch: option_env!("LIBTORCH_LINKED"), ffmpeg, postgresql, redis });
        *last = Some((Instant::now(), parts.clone()));
        parts
    }
}

async fn in_time(asked: impl Future<Output = Option<String>>) -> Option<String> {
    tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
}

async fn ffmpeg() -> Option<String> {
    let ran =
        tokio::process::Command::new("ffmpeg").arg("-version").kill_on_drop(true).output().await.ok()?;
    version(&String::from_utf8_lossy(&ran.stdout))
}

/// Out of `ffmpeg version 7.1.1 Copyright …`.
fn version(said: &str) -> Option<String> {
    Some(said.strip_prefix("ffmpeg version ")?.split_whitespace().next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{FRESH, Parts, SILENT, version};

    #[test]
    fn that_one_did_not_tell_its_version_is_not_believed_for_long() {
        let told = Parts { ffmpeg: Some("5.1".into()), postgresql: Some("17".into()), ..Parts::default() };
        assert_eq!(told.fresh(), FRESH);
        assert_eq!(Parts { postgresql: None, ..told }.fresh(), SILENT);
    }

    #[test]
    fn ffmpeg_says_its_version_in_its_first_line() {
        let said =
            "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers\nbuilt with gcc\n";
        assert_eq!(version(said).as_deref(), Some("5.1.6-0+deb12u1"));
        assert_eq!(version("no such program"), None);
    }

    #[test]
    fn the_libtorch_that_the_program_was_built_with_has_a_version() {
        assert!(option_env!("LIBTORCH_LINKED").is_some_and(|version| version.starts_with("2.")));
    }
}
