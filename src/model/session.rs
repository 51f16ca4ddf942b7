//! Browsers that are logged in.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::user::User;
use crate::db::schema::{app_user, session};
use crate::ids::{SessionId, UserId};

/// A session ends so long after its last use ...
const IDLE: Duration = Duration::days(7);
/// ... and so long after the login at the latest.
const LIFETIME: Duration = Duration::days(30);
/// The longest for a session that its provider can't be asked about: as long as a day's work.
const UNASKED: Duration = Duration::hours(12);
/// The last use is noted as exactly as this: not every request is to write.
const RESOLUTION: Duration = Duration::minutes(1);
/// Characters of a browser's name for itself that are kept.
const AGENT: usize = 300;

/// One browser.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = session)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub created_at: DateTime<Utc>,
    pub used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub user_agent: String,
    pub address: String,
    /// When an identity provider last vouched for it; `None` where a password began it.
    pub vouched_at: Option<DateTime<Utc>>,
    /// When the provider is to be asked again.
    pub renew_at: Option<DateTime<Utc>>,
    /// What the provider gave for that, sealed with the session's cookie.
    pub provider_tokens: Option<String>,
}

/// What an identity provider said of a session.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// What it gave for later, sealed.
    pub tokens: String,
    /// When it is to be asked again; `None`: it can't be, and the session ends sooner for that.
    pub renew_at: Option<DateTime<Utc>>,
}

/// Notes a login of `user`, as they were when their password was compared; `token_hash` is of what the cookie holds. `None` if
/// they were shut out or got another password meanwhile: then every session was ended, and this one must not come after that.
///
/// # Errors
/// Those of the database.
pub async fn create(
    conn: &mut AsyncPgConnection,
    user: &User,
    token_hash: &str,
    user_agent: &str,
    address: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<SessionId>> {
    conn.transaction(async |conn| {
        // Whoever changes the account waits for this, and ends the session then.
        let same = app_user::credentials_at.eq(user.credentials_at).and(app_user::disabled_at.is_null());
        let account = app_user::table.find(user.id).filter(same).select(app_user::id).for_share();
        if account.first::<UserId>(conn).await.optional()?.is_none() {
            return Ok(None);
        }
        // Those that ended are of no use to anybody.
        let ended = session::expires_at.le(now).or(session::used_at.le(now - IDLE));
        diesel::delete(session::table.filter(ended)).execute(conn).await?;
        let id = SessionId::new();
        diesel::insert_into(session::table)
            .values((
                session::id.eq(id),
                session::user_id.eq(user.id),
                session::token_hash.eq(token_hash),
                session::created_at.eq(now),
                session::used_at.eq(now),
                session::expires_at.eq(now + LIFETIME),
                session::user_agent.eq(user_agent.chars().take(AGENT).collect::<String>()),
                session::address.eq(address),
            ))
            .execute(conn)
            .await?;
        Ok(Some(id))
    })
    .await
}

/// The session of a cookie and whose it is, if it still holds and the person may still come in.
///
/// # Errors
/// Those of the database.
pub async fn find(
    conn: &mut AsyncPgConnection,
    token_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Session, User)>> {
    let holding = session::token_hash
        .eq(token_hash)
        .and(session::expires_at.gt(now))
        .and(session::used_at.gt(now - IDLE))
        .and(app_user::disabled_at.is_null());
    let found: Option<(Session, User)> = session::table
        .inner_join(app_user::table)
        .filter(holding)
        .select((Session::as_select(), User::as_select()))
        .first(conn)
        .await
        .optional()?;
    if let Some((session, _)) = &found
        && session.used_at < now - RESOLUTION
    {
        diesel::update(session::table.find(session.id)).set(session::used_at.eq(now)).execute(conn).await?;
    }
    Ok(found)
}

/// Notes what an identity provider says of a session that was just begun or renewed.
///
/// # Errors
/// Those of the database.
pub async fn vouch(
    conn: &mut AsyncPgConnection,
    id: SessionId,
    vouched: &Vouched,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        diesel::update(session::table.find(id))
            .set((
                session::vouched_at.eq(now),
                session::renew_at.eq(vouched.renew_at),
                session::provider_tokens.eq(&vouched.tokens),
            ))
            .execute(conn)
            .await?;
        if vouched.renew_at.is_none() {
            let unasked = session::table.find(id).filter(session::expires_at.gt(now + UNASKED));
            diesel::update(unasked).set(session::expires_at.eq(now + UNASKED)).execute(conn).await?;
        }
        Ok(())
    })
    .await
}

/// Makes the caller the one who asks the provider about a session that is due, until `until`; false if somebody else is.
///
/// # Errors
/// Those of the database.
pub async fn claim_renewal(
    conn: &mut AsyncPgConnection,
    id: SessionId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<bool> {
    let due = session::table.find(id).filter(session::renew_at.le(now));
    diesel::update(due).set(session::renew_at.eq(until)).execute(conn).await.map(|rows| rows > 0)
}

/// Whether a session still holds.
///
/// # Errors
/// Those of the database.
pub async fn holds(conn: &mut AsyncPgConnection, id: SessionId, now: DateTime<Utc>) -> QueryResult<bool> {
    let holding = session::id.eq(id).and(session::expires_at.gt(now)).and(session::used_at.gt(now - IDLE));
    diesel::select(diesel::dsl::exists(session::table.filter(holding))).get_result(conn).await
}

/// Where somebody is logged in, the latest use first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    conn: &mut AsyncPgConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Session>> {
    let theirs =
        session::user_id.eq(user).and(session::expires_at.gt(now)).and(session::used_at.gt(now - IDLE));
    Session::query().filter(theirs).order(session::used_at.desc()).load(conn).await
}

/// Ends one session of a person; false if they have no such session.
///
/// # Errors
/// Those of the database.
pub async fn end(conn: &mut AsyncPgConnection, user: UserId, id: SessionId) -> QueryResult<bool> {
    let theirs = session::table.find(id).filter(session::user_id.eq(user));
    diesel::delete(theirs).execute(conn).await.map(|rows| rows > 0)
}

/// Ends the session of a cookie, if there is one.
///
/// # Errors
/// Those of the database.
pub async fn end_by_token(conn: &mut AsyncPgConnection, token_hash: &str) -> QueryResult<()> {
    diesel::delete(session::table.filter(session::token_hash.eq(token_hash))).execute(conn).await.map(|_| ())
}

/// Ends every session of a person, but for one.
///
/// # Errors
/// Those of the database.
pub async fn end_others(
    conn: &mut AsyncPgConnection,
    user: UserId,
    keep: Option<SessionId>,
) -> QueryResult<usize> {
    let mut theirs = diesel::delete(session::table).filter(session::user_id.eq(user)).into_boxed();
    if let Some(keep) = keep {
        theirs = theirs.filter(session::id.ne(keep));
    }
    theirs.execute(conn).await
}
