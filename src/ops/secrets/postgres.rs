//! PostgreSQL: a role has one password, so there is no overlap; connections that are open stay open.

use anyhow::Context;
use diesel_async::SimpleAsyncConnection;

use super::home::with_password;
use crate::db::{Address, Pool};
use crate::tls::Trust;

/// Gives the role of `address` the password `new`.
///
/// # Errors
/// PostgreSQL does not answer, or takes neither.
pub(super) async fn set(address: &str, old: &str, new: &str, trust: &Trust) -> anyhow::Result<()> {
    let with = |password: &str| Address::new(&with_password(address, password), trust);
    let pool = Pool::new(with(old), 1)?;
    let mut conn = match pool.get().await {
        Ok(conn) => conn,
        // A rotation that broke off between the two steps.
        Err(error) => {
            let again = Pool::new(with(new), 1)?;
            again.get().await.map_err(|_| error).context("the password is refused, the new one too")?
        }
    };
    // Hashed here, so that no log of statements has it; the hash holds no quote.
    let hash = postgres_protocol::password::scram_sha_256(new.as_bytes());
    conn.batch_execute(&format!("ALTER ROLE CURRENT_USER PASSWORD '{hash}'")).await.context("ALTER ROLE")?;
    drop(conn);
    let check = Pool::new(with(new), 1)?;
    check.get().await.map(|_| ()).context("the new password")
}
