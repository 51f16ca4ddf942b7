//! Browsers that are on their way to the identity provider and back.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::db::schema::provider_login;

/// How long the way may take: a password, a second factor, a consent.
pub const LIFETIME: Duration = Duration::minutes(10);
/// As many may be on their way at once: to begin one costs nothing, so somebody may begin many.
const MOST: i64 = 10_000;

/// One of them.
#[derive(Clone, HasQuery, Insertable)]
#[diesel(table_name = provider_login)]
pub struct ProviderLogin {
    pub state_hash: String,
    pub browser_hash: String,
    pub nonce: String,
    pub verifier: String,
    pub next: String,
    pub expires_at: DateTime<Utc>,
}

/// Notes one; false if there are too many already.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    login: &ProviderLogin,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        let over = provider_login::table.filter(provider_login::expires_at.le(now));
        diesel::delete(over).execute(conn).await?;
        if provider_login::table.count().get_result::<i64>(conn).await? >= MOST {
            return Ok(false);
        }
        diesel::insert_into(provider_login::table).values(login).execute(conn).await?;
        Ok(true)
    })
    .await
}

/// Takes one out, once: that of this state, begun in this browser. `None` if there is none, or it took too long.
///
/// # Errors
/// Those of the database.
pub async fn take(
    conn: &mut AsyncPgConnection,
    state_hash: &str,
    browser_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<ProviderLogin>> {
    let this = provider_login::table
        .find(state_hash)
        .filter(provider_login::browser_hash.eq(browser_hash).and(provider_login::expires_at.gt(now)));
    diesel::delete(this).returning(ProviderLogin::as_returning()).get_result(conn).await.optional()
}
