//! What login page and API share: a password is compared, slowly enough, and not too often.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

use super::read;
use crate::app::App;
use crate::auth::password::{self, Verdict};
use crate::auth::{client, limiter, secret};
use crate::clock;
use crate::error::Error;
use crate::model::login::{self, Begun};
use crate::model::user::{self, User};

/// What did not succeed is answered after so long, whatever it was: a hash of another kind takes another time.
const FAILS_AFTER: Duration = Duration::from_millis(600);
/// Passwords compared at once: each takes a core and 19 MiB.
static COMPARING: Semaphore = Semaphore::const_new(2);
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters of an e-mail address.
const LONGEST_EMAIL: usize = 254;

/// What is told for a wrong password, an unknown account and one that is shut out alike.
pub(super) const WRONG: &str = "Incorrect email or password";

/// Whoever has this address and password; `None` if nobody does.
///
/// # Errors
/// [`Error::TooMany`] after ten failures in five minutes, by account or by address; those of the database.
pub(super) async fn check(
    app: &App,
    email: &str,
    password: &str,
    address: IpAddr,
) -> Result<Option<User>, Error> {
    let begun = Instant::now();
    let attempt = admit(app, &email.trim().to_lowercase(), address).await?;
    let found = find(app, email, password).await?;
    match &found {
        Some(_) => login::forgive(&mut *read::connect(app).await?, attempt).await?,
        None => {
            // Never what was typed: somebody may type a password in the place of the address.
            tracing::info!(address = client::household(address), "a login failed");
            sleep_until(begun + FAILS_AFTER).await;
        }
    }
    Ok(found)
}

/// Notes an attempt with `what`, an account or a code, as failed.
///
/// # Errors
/// [`Error::TooMany`].
pub(super) async fn admit(app: &App, what: &str, address: IpAddr) -> Result<crate::ids::AttemptId, Error> {
    let now = clock::now();
    let mut conn = read::connect(app).await?;
    let times = (limiter::since(now), now);
    let place = client::household(address);
    let admit = |account: &[_], place: &[_]| limiter::admit(account, now).and(limiter::admit(place, now));
    match login::begin(&mut conn, &secret::hash(what), &place, times, admit).await? {
        Begun::Noted(attempt) => Ok(attempt),
        Begun::Refused(seconds) => {
            tracing::warn!(address = place, "too many attempts to log in");
            Err(Error::TooMany { seconds })
        }
    }
}

async fn find(app: &App, email: &str, password: &str) -> Result<Option<User>, Error> {
    let endless = email.len() > LONGEST_EMAIL || password.len() > password::LONGEST;
    let found = match endless {
        true => None,
        false => user::by_email(&mut *read::connect(app).await?, email).await?,
    };
    let found = found.filter(|user| user.disabled_at.is_none());
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let given = if endless { String::new() } else { password.to_owned() };
    let (verdict, renewed) = hashing(move || {
        let verdict = password::verify(&given, hash.as_deref());
        let renewed = (verdict == Verdict::RightButOld).then(|| password::hash(&given));
        (verdict, hash.zip(renewed.and_then(Result::ok)))
    })
    .await?;
    let Some(user) = found.filter(|_| verdict != Verdict::Wrong) else { return Ok(None) };
    if let Some((old, new)) = renewed {
        user::renew_hash(&mut *read::connect(app).await?, user.id, &old, &new).await?;
    }
    Ok(Some(user))
}

/// Computes with passwords on a thread of its own, when it is its turn.
///
/// # Errors
/// [`Error::Unavailable`] when too many wait.
pub(super) async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let busy =
        || Error::Unavailable("too many people are logging in right now; try again in a moment".into());
    let turn = timeout(PATIENCE, COMPARING.acquire()).await.map_err(|_| busy())?;
    // Whoever goes away meanwhile keeps the turn until the work is done.
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|error| Error::Internal(error.into()))
}

/// The hash of a new password.
///
/// # Errors
/// [`Error::Invalid`] with the limit, if it is too short or too long.
pub(super) async fn new_hash(password: String) -> Result<String, Error> {
    new_password(&password)?;
    hashing(move || password::hash(&password)).await?.map_err(invalid)
}

/// Whether that can be a password.
///
/// # Errors
/// As [`new_hash`].
pub(super) fn new_password(password: &str) -> Result<(), Error> {
    password::check(password).map_err(invalid)
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
fn invalid(error: password::PasswordError) -> Error {
    Error::Invalid { field: "password", message: error.to_string() }
}

/// An address that could be somebody's.
///
/// # Errors
/// [`Error::Invalid`].
pub(super) fn email(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let whole = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if whole && text.len() <= LONGEST_EMAIL && text.chars().all(|c| !c.is_control() && !c.is_whitespace()) {
        return Ok(text.to_owned());
    }
    Err(Error::Invalid { field: "email", message: "is no e-mail address".into() })
}
