//! What an operator runs: doctor, the table of what makes an installation safe, accounts, certificates, backup, restore, rotation of secrets.

pub mod accounts;
pub mod authentik;
pub mod backup;
pub mod certs;
pub mod doctor;
pub mod hardening;
pub mod secrets;

use anyhow::Context;

use crate::config::Config;
use crate::db::Address;
use crate::tls::Trust;

/// The settings' database, and whom to believe that it is the one.
///
/// # Errors
/// An entry of `tls.ca` can't be used.
fn database(config: &Config) -> anyhow::Result<Address> {
    let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
    Ok(Address::new(&config.database.postgres_url(), &trust))
}
