//! Accounts, as an operator looks after them on the machine itself.

use anyhow::{Context, bail, ensure};
use chrono::Duration;

use crate::auth::{password, secret};
use crate::clock;
use crate::config::Config;
use crate::db::{Connection, Pool};
use crate::model::login;
use crate::model::user::{self, User};

/// How long a set-up code is good for.
const CODE_LIFETIME: Duration = Duration::hours(1);

/// The accounts of the settings' database.
pub struct Accounts(Connection);

impl Accounts {
    /// Connects.
    ///
    /// # Errors
    /// The database can't be reached, or its tables are not this version's.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let address = super::database(config)?;
        let current = crate::db::migrate::is_current(&address).await.context("PostgreSQL (database.url)")?;
        ensure!(current, "the database's tables are not this version's: run `reflector migrate` first");
        Ok(Self(Pool::new(&address, 1)?.get().await?))
    }

    /// Makes an account that logs in with a password.
    ///
    /// # Errors
    /// There is one with this address, or address or password can't be used.
    pub async fn add(&mut self, email: &str, password: &str, admin: bool) -> anyhow::Result<User> {
        let email = email.trim();
        let whole = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        ensure!(whole && !email.contains(char::is_whitespace), "{email:?} is no e-mail address");
        if user::by_email(&mut self.0, email).await?.is_some() {
            bail!("{email} has an account; `reflector admin user password {email}` changes its password");
        }
        let hash = hash(password)?;
        Ok(user::create_with_password(&mut self.0, email, &hash, admin, clock::now()).await?)
    }

    /// Everybody.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&mut self) -> anyhow::Result<Vec<User>> {
        Ok(user::list(&mut self.0).await?)
    }

    /// Gives somebody another password; every session and token of theirs ends.
    ///
    /// # Errors
    /// There is no such account, or the password can't be used.
    pub async fn set_password(&mut self, email: &str, password: &str) -> anyhow::Result<()> {
        let found = self.find(email).await?;
        let hash = hash(password)?;
        Ok(user::set_password(&mut self.0, found.id, &hash, clock::now()).await?)
    }

    /// Shuts somebody out at once, or lets them in again.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn set_disabled(&mut self, email: &str, disabled: bool) -> anyhow::Result<()> {
        let found = self.find(email).await?;
        Ok(user::set_disabled(&mut self.0, found.id, disabled, clock::now()).await?)
    }

    /// A new set-up code, the only one that holds, for the first administrator.
    ///
    /// # Errors
    /// There is an administrator already.
    pub async fn setup_code(&mut self) -> anyhow::Result<String> {
        ensure!(
            !user::has_admin(&mut self.0).await?,
            "there is an administrator already; `reflector admin user add` makes further accounts"
        );
        let code = secret::setup_code();
        login::set_setup_code(&mut self.0, &secret::hash(&code), clock::now() + CODE_LIFETIME).await?;
        Ok(code)
    }

    async fn find(&mut self, email: &str) -> anyhow::Result<User> {
        user::by_email(&mut self.0, email).await?.with_context(|| {
            format!("nobody has the address {email}; `reflector admin user list` shows who there is")
        })
    }
}

/// The hash of a new password.
///
/// # Errors
/// It is too short or too long.
pub fn hash(password: &str) -> anyhow::Result<String> {
    password::check(password)?;
    Ok(password::hash(password)?)
}
