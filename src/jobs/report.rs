//! Tells pages, which other processes serve, what the speech engine of this one has in memory.

use std::time::Duration;

use super::environment::Environment;
use crate::clock;
use crate::model::engine::{self, EngineState};

const BETWEEN: Duration = Duration::from_secs(10);

/// Notes it every ten seconds, for as long as it is polled. `model`: what the settings name.
pub async fn report_for_ever(env: Environment, model: String) {
    let worker = worker();
    loop {
        let told: Result<(), crate::db::DbError> = async {
            let mut conn = env.pool.get().await?;
            engine::note(&mut conn, &state(&env, &worker, &model)).await?;
            Ok(())
        }
        .await;
        if let Err(error) = told {
            // The workers themselves say so when the database is away.
            tracing::debug!(%error, "nobody knows what the speech engine has in memory");
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

fn state(env: &Environment, worker: &str, model: &str) -> EngineState {
    let health = env.speech.started().map(crate::speech::Engine::health);
    EngineState {
        worker: worker.to_owned(),
        model: model.to_owned(),
        device: health.as_ref().map(|health| health.device.clone()),
        numbers: health.as_ref().map(|health| health.dtype.clone()),
        loaded: health.as_ref().is_some_and(|health| health.loaded),
        failure: health.and_then(|health| health.failure),
        memory_bytes: resident().unwrap_or(0),
        seen_at: clock::now(),
    }
}

/// Host and process.
fn worker() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}:{}", if host.is_empty() { "localhost" } else { host }, std::process::id())
}

/// Bytes of this process that are in memory; `None` where the system does not tell.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_knows_itself() {
        assert!(resident().is_some_and(|bytes| bytes > 1_000_000));
        assert!(worker().ends_with(&format!(":{}", std::process::id())));
    }
}
