//! The administrator that the settings name, there from the start.

use anyhow::Context;

use crate::auth::{password, secret};
use crate::clock;
use crate::config::{AuthConfig, AuthMode};
use crate::db::Pool;
use crate::model::user;

/// Makes their account, or gives it the settings' password if that is another than at the last start.
///
/// # Errors
/// The hash is none that can be checked; the database.
pub(super) async fn provision(config: &AuthConfig, pool: &Pool) -> anyhow::Result<()> {
    if config.mode != AuthMode::Password {
        return Ok(());
    }
    let Some((email, hash)) = config.admin()? else { return Ok(()) };
    password::understood(&hash).context("auth.admin_password_hash")?;
    let mut conn = pool.get().await?;
    if user::provision(&mut conn, &email, &hash, &secret::hash(&hash), clock::now()).await? {
        tracing::info!("the administrator of the settings has the settings' password");
    }
    Ok(())
}
