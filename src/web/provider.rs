//! People who log in at an identity provider: whose account it is, and whether the provider still says so.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::read;
use crate::app::App;
use crate::auth::{seal, secret};
use crate::clock;
use crate::error::Error;
use crate::model::session::{self, Session, Vouched};
use crate::model::user::{self, User};
use crate::oidc::{Oidc, OidcError, Person, Tokens};

/// What is given of a provider that must be asked again for: at the earliest after so long, whatever it says.
const SHORTEST: Duration = Duration::from_secs(60);
/// And where it does not say.
const USUAL: Duration = Duration::from_secs(5 * 60);
/// Who asks the provider has so long before somebody else does.
const ASKING: chrono::Duration = chrono::Duration::seconds(30);
/// A session goes on while its provider can't be asked, for as long as this since it last vouched.
const UNREACHED: chrono::Duration = chrono::Duration::hours(24);

/// The account of somebody whom the provider knows, made at their first visit.
///
/// # Errors
/// Those of the database.
pub(super) async fn account(app: &App, person: &Person) -> Result<User, Error> {
    let wanted = app.config().auth.admin_email.as_deref().map(str::trim);
    let admin =
        wanted.zip(person.email.as_deref()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other));
    let mut conn = read::connect(app).await?;
    let email = person.email.as_deref();
    Ok(user::of_subject(&mut conn, &person.subject, email, admin, clock::now()).await?)
}

/// What a session keeps of the provider's word: sealed with `cookie`, its own secret.
///
/// # Errors
/// [`Error::Internal`] if it can't be sealed, which would be a mistake of this program.
pub(super) fn vouched(cookie: &str, tokens: &Tokens, good_for: Option<Duration>) -> Result<Vouched, Error> {
    let text = serde_json::to_vec(tokens).map_err(|error| Error::Internal(error.into()))?;
    let sealed = seal::seal(cookie, &text)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("what the provider gave can't be sealed")))?;
    let lasts = chrono::Duration::from_std(good_for.unwrap_or(USUAL).max(SHORTEST)).unwrap_or(ASKING);
    let renew_at = tokens.refresh.is_some().then(|| clock::now() + lasts);
    Ok(Vouched { tokens: sealed, renew_at })
}

/// What the provider gave for a session, if `cookie` is the session's.
pub(super) fn tokens(cookie: &str, session: &Session) -> Option<Tokens> {
    serde_json::from_slice(&seal::open(cookie, session.provider_tokens.as_deref()?)?).ok()
}

/// Whether a session may go on: the provider is asked when it is time. Of many requests one asks, and the others don't wait.
///
/// # Errors
/// Those of the database.
pub(super) async fn goes_on(app: &App, oidc: &Oidc, cookie: &str, session: &Session) -> Result<bool, Error> {
    let now = clock::now();
    // A session from when people logged in with a password.
    let Some(vouched_at) = session.vouched_at else { return Ok(false) };
    if session.renew_at.is_none_or(|at| at > now) {
        return Ok(true);
    }
    let claimed =
        session::claim_renewal(&mut *read::connect(app).await?, session.id, now, now + ASKING).await?;
    if !claimed {
        return Ok(true);
    }
    // On its own: a provider that gives new tokens takes the old ones for stolen when they come again, so what it gave must be
    // kept even if the browser has gone away meanwhile.
    let (app, oidc, cookie, session) = (app.clone(), oidc.clone(), cookie.to_owned(), session.clone());
    let asking = tokio::spawn(renew(app, oidc, cookie, session, vouched_at));
    asking.await.map_err(|error| Error::Internal(error.into()))?
}

async fn renew(
    app: App,
    oidc: Oidc,
    cookie: String,
    session: Session,
    vouched_at: DateTime<Utc>,
) -> Result<bool, Error> {
    let Some(held) = tokens(&cookie, &session) else {
        return end(app, session, "its tokens can't be read".into()).await;
    };
    match oidc.renew(&held).await {
        Ok(Some(renewal)) => {
            let vouched = vouched(&cookie, &renewal.tokens, renewal.good_for)?;
            session::vouch(&mut *read::connect(&app).await?, session.id, &vouched, clock::now()).await?;
            Ok(true)
        }
        Ok(None) => Ok(true),
        Err(OidcError::Ended(why)) => end(app, session, why).await,
        Err(error) if clock::now() - vouched_at > UNREACHED => end(app, session, error.to_string()).await,
        Err(error) => {
            tracing::warn!(%error, "a session could not be confirmed by its identity provider; it goes on for now");
            Ok(true)
        }
    }
}

async fn end(app: App, session: Session, why: String) -> Result<bool, Error> {
    tracing::info!(user.id = %session.user_id, why, "a session ended: its identity provider does not confirm it");
    session::end(&mut *read::connect(&app).await?, session.user_id, session.id).await?;
    Ok(false)
}

/// What the cookie of a browser on its way to the provider is kept as.
pub(super) fn browser_hash(cookie: &str) -> String {
    secret::hash(&format!("sign-in {cookie}"))
}
