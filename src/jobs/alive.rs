//! Tells a service outside that the worker is well: one that hears nothing for a while raises the alarm, also when the whole machine is gone.

use std::time::Duration;

use anyhow::Context as _;
use diesel_async::SimpleAsyncConnection as _;
use reqwest::Url;

use crate::db::Pool;
use crate::tls::Trust;

/// How long after one call the next one comes.
pub const BETWEEN_CALLS: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls an address again and again, with so long in between, for as long as it is polled, the database answers and the speech engine is not
/// stuck; `stuck` says for how long it is.
///
/// # Errors
/// The address can't be called at all.
pub async fn call_for_ever(
    pool: Pool,
    (url, trust): (String, Trust),
    between: Duration,
    stuck: impl Fn() -> Option<Duration> + Send,
) -> anyhow::Result<()> {
    let url: Url = url.parse().context("telemetry.healthcheck_url")?;
    let client = trust.http().timeout(PATIENCE).build().context("telemetry.healthcheck_url")?;
    loop {
        let called = match stuck() {
            Some(still) => Err(anyhow::anyhow!("the speech engine has not moved for {} s", still.as_secs())),
            None => call(&pool, &client, &url).await,
        };
        if let Err(error) = called {
            // Its path is as good as a password.
            let host = url.host_str().unwrap_or_default();
            tracing::warn!(host, error = format!("{error:#}"), "nobody outside was told that all is well");
        }
        tokio::time::sleep(between).await;
    }
}

/// # Errors
/// The database does not answer, or nobody does there.
async fn call(pool: &Pool, client: &reqwest::Client, url: &Url) -> anyhow::Result<()> {
    pool.get().await?.batch_execute("SELECT 1").await.context("the database")?;
    let answer = client.get(url.clone()).send().await.map_err(reqwest::Error::without_url)?;
    answer.error_for_status().map_err(reqwest::Error::without_url)?;
    Ok(())
}
