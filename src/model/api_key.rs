//! Keys for scripts. The key itself is nowhere.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::user::{Scopes, User};
use crate::db::schema::{app_user, user_api_key};
use crate::ids::{ApiKeyId, UserId};

/// The last use is noted as exactly as this.
const RESOLUTION: Duration = Duration::minutes(1);

/// A key.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = user_api_key)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub user_id: UserId,
    pub name: Option<String>,
    /// How the key begins.
    pub prefix: String,
    scopes: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// What it is good for: nothing, if this program does not know its words.
    pub fn scopes(&self) -> Scopes {
        Scopes::from_words(&self.scopes).unwrap_or(Scopes { read: false, write: false })
    }
}

/// A key to be.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub user: UserId,
    pub name: Option<String>,
    pub key_hash: String,
    pub prefix: String,
    pub scopes: Scopes,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Notes a key.
///
/// # Errors
/// Those of the database.
pub async fn create(
    conn: &mut AsyncPgConnection,
    new: &NewApiKey,
    now: DateTime<Utc>,
) -> QueryResult<ApiKey> {
    diesel::insert_into(user_api_key::table)
        .values((
            user_api_key::id.eq(ApiKeyId::new()),
            user_api_key::user_id.eq(new.user),
            user_api_key::name.eq(&new.name),
            user_api_key::key_hash.eq(&new.key_hash),
            user_api_key::prefix.eq(&new.prefix),
            user_api_key::scopes.eq(new.scopes.words()),
            user_api_key::created_at.eq(now),
            user_api_key::expires_at.eq(new.expires_at),
        ))
        .returning(ApiKey::as_returning())
        .get_result(conn)
        .await
}

/// The key with this hash and whose it is, if it holds and the person may still come in.
///
/// # Errors
/// Those of the database.
pub async fn find(
    conn: &mut AsyncPgConnection,
    key_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<(ApiKey, User)>> {
    let lasting = user_api_key::expires_at.is_null().or(user_api_key::expires_at.gt(now));
    let found: Option<(ApiKey, User)> = user_api_key::table
        .inner_join(app_user::table)
        .filter(user_api_key::key_hash.eq(key_hash))
        .filter(user_api_key::revoked_at.is_null())
        .filter(lasting)
        .filter(app_user::disabled_at.is_null())
        .select((ApiKey::as_select(), User::as_select()))
        .first(conn)
        .await
        .optional()?;
    if let Some((key, _)) = &found
        && key.used_at.is_none_or(|used| used < now - RESOLUTION)
    {
        let this = user_api_key::table.find(key.id);
        diesel::update(this).set(user_api_key::used_at.eq(now)).execute(conn).await?;
    }
    Ok(found)
}

/// Whether a key still holds.
///
/// # Errors
/// Those of the database.
pub async fn holds(conn: &mut AsyncPgConnection, id: ApiKeyId, now: DateTime<Utc>) -> QueryResult<bool> {
    let lasting = user_api_key::expires_at.is_null().or(user_api_key::expires_at.gt(now));
    let alive = user_api_key::table
        .inner_join(app_user::table)
        .filter(user_api_key::id.eq(id))
        .filter(user_api_key::revoked_at.is_null())
        .filter(lasting)
        .filter(app_user::disabled_at.is_null());
    diesel::select(diesel::dsl::exists(alive)).get_result(conn).await
}

/// Somebody's keys that were not revoked, the newest first; those that ran out are among them.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, user: UserId) -> QueryResult<Vec<ApiKey>> {
    ApiKey::query()
        .filter(user_api_key::user_id.eq(user).and(user_api_key::revoked_at.is_null()))
        .order((user_api_key::created_at.desc(), user_api_key::id.desc()))
        .load(conn)
        .await
}

/// Takes a key's validity away; false if the person has no such key.
///
/// # Errors
/// Those of the database.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    user: UserId,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let theirs = user_api_key::table
        .find(id)
        .filter(user_api_key::user_id.eq(user).and(user_api_key::revoked_at.is_null()));
    let revoked = diesel::update(theirs).set(user_api_key::revoked_at.eq(now)).execute(conn).await?;
    Ok(revoked > 0)
}
