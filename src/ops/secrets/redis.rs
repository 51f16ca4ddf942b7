//! Redis: the default user may have several passwords.

use anyhow::Context;
use redis::{AsyncConnectionConfig, IntoConnectionInfo, aio::MultiplexedConnection};

use crate::bus;
use crate::tls::Trust;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// Makes `new` valid beside the password that is.
///
/// # Errors
/// Redis does not answer, or takes neither.
pub(super) async fn allow(address: &str, old: &str, new: &str, trust: &Trust) -> anyhow::Result<()> {
    let mut server = match connect(address, old, trust).await {
        Ok(server) => server,
        // A rotation that broke off, and a Redis that was started since.
        Err(error) => connect(address, new, trust).await.map_err(|_| error)?,
    };
    let () = redis::cmd("ACL")
        .arg("SETUSER")
        .arg("default")
        .arg(format!(">{new}"))
        .query_async(&mut server)
        .await
        .context("Redis")?;
    Ok(())
}

/// Makes `new` the only valid one.
///
/// # Errors
/// Redis does not answer, or does not take `new`.
pub(super) async fn only(address: &str, new: &str, trust: &Trust) -> anyhow::Result<()> {
    let mut server = connect(address, new, trust).await?;
    let () = redis::cmd("CONFIG")
        .arg("SET")
        .arg("requirepass")
        .arg(new)
        .query_async(&mut server)
        .await
        .context("Redis")?;
    Ok(())
}

async fn connect(address: &str, password: &str, trust: &Trust) -> anyhow::Result<MultiplexedConnection> {
    let info = address.into_connection_info().context("the address of Redis")?;
    let login = info.redis_settings().clone().set_password(password);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    bus::client(info.set_redis_settings(login), trust)?
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .context("Redis can't be reached, or refuses the password")
}
