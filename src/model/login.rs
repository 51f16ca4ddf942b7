//! Attempts to log in, and the code of the first administrator.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::user::{self, User};
use crate::db::schema::{login_attempt, setup_code};
use crate::ids::AttemptId;

/// Key of the advisory lock of logins ("reflectl").
const LOCK: i64 = 0x7265_666c_6563_746c;

/// What [`begin`] found.
#[derive(Debug)]
pub enum Begun<E> {
    /// Noted as failed until [`forgive`] says otherwise, so that many at once are counted like one after another.
    Noted(AttemptId),
    /// Not noted: who waits is let in when the time is over.
    Refused(E),
}

/// Notes an attempt, if `admit` lets it through: it is given when earlier ones failed since `since`, for the account and for the
/// address.
///
/// # Errors
/// Those of the database.
pub async fn begin<E: Send>(
    conn: &mut AsyncPgConnection,
    account: &str,
    address: &str,
    (since, now): (DateTime<Utc>, DateTime<Utc>),
    admit: impl Fn(&[DateTime<Utc>], &[DateTime<Utc>]) -> Result<(), E> + Send + Sync,
) -> QueryResult<Begun<E>> {
    conn.transaction(async |conn| {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<diesel::sql_types::BigInt, _>(LOCK)
            .execute(conn)
            .await?;
        diesel::delete(login_attempt::table.filter(login_attempt::at.le(since))).execute(conn).await?;
        let times = login_attempt::table.select(login_attempt::at);
        let of_account: Vec<_> = times.filter(login_attempt::account.eq(account)).load(conn).await?;
        let of_address: Vec<_> = times.filter(login_attempt::address.eq(address)).load(conn).await?;
        if let Err(wait) = admit(&of_account, &of_address) {
            return Ok(Begun::Refused(wait));
        }
        let id = AttemptId::new();
        diesel::insert_into(login_attempt::table)
            .values((
                login_attempt::id.eq(id),
                login_attempt::account.eq(account),
                login_attempt::address.eq(address),
                login_attempt::at.eq(now),
            ))
            .execute(conn)
            .await?;
        Ok(Begun::Noted(id))
    })
    .await
}

/// The attempt succeeded: it does not count.
///
/// # Errors
/// Those of the database.
pub async fn forgive(conn: &mut AsyncPgConnection, id: AttemptId) -> QueryResult<()> {
    diesel::delete(login_attempt::table.find(id)).execute(conn).await.map(|_| ())
}

/// Makes `code_hash` the only set-up code there is.
///
/// # Errors
/// Those of the database.
pub async fn set_setup_code(
    conn: &mut AsyncPgConnection,
    code_hash: &str,
    expires_at: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        diesel::delete(setup_code::table).execute(conn).await?;
        diesel::insert_into(setup_code::table)
            .values((setup_code::code_hash.eq(code_hash), setup_code::expires_at.eq(expires_at)))
            .execute(conn)
            .await
            .map(|_| ())
    })
    .await
}

/// What became of a set-up code.
#[derive(Debug)]
pub enum SetUp {
    /// The first administrator, whose code is gone.
    Made(User),
    /// The code is wrong, used or too old, or there is an administrator already.
    Refused,
    /// Somebody has this address; the code still holds.
    Taken,
}

/// Makes the first administrator, if the code holds and there is none yet; the code is gone with it, so of two who use it at once
/// one succeeds.
///
/// # Errors
/// Those of the database.
pub async fn use_setup_code(
    conn: &mut AsyncPgConnection,
    code_hash: &str,
    email: &str,
    password_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<SetUp> {
    conn.transaction(async |conn| {
        user::lock(conn).await?;
        let held = setup_code::table.find(code_hash).filter(setup_code::expires_at.gt(now));
        let holds: bool = diesel::select(diesel::dsl::exists(held)).get_result(conn).await?;
        if !holds || user::has_admin(conn).await? {
            return Ok(SetUp::Refused);
        }
        if user::by_email(conn, email).await?.is_some() {
            return Ok(SetUp::Taken);
        }
        diesel::delete(setup_code::table.find(code_hash)).execute(conn).await?;
        user::create_with_password(conn, email, password_hash, true, now).await.map(SetUp::Made)
    })
    .await
}
