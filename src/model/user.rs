//! People: who is looking, and the accounts they log in to.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::db::schema::app_user;
use crate::ids::UserId;

/// Key of the advisory lock of those who look for an account before they make it ("reflectu").
const LOCK: i64 = 0x7265_666c_6563_7475;

/// Who is looking. What that allows is decided by `policy` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody logs in here (`auth.mode` is none): whoever reaches the port. What nobody owns is theirs.
    Anonymous,
    /// Not logged in where others are; `public` if the operator's public mode lets them see anything at all.
    Visitor { public: bool },
    /// A person who is logged in.
    User(UserId),
    /// One who looks after the installation, and after what nobody owns; other people's things are not theirs.
    Admin(UserId),
    /// A script with a key of that person's, for what the key is good for.
    Key { user: UserId, scopes: Scopes },
}

impl Viewer {
    /// The account, if there is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Anonymous | Self::Visitor { .. } => None,
            Self::User(id) | Self::Admin(id) | Self::Key { user: id, .. } => Some(id),
        }
    }
}

/// What an API key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes {
    /// See, listen, take away.
    pub read: bool,
    /// Add, change, process, delete.
    pub write: bool,
}

impl Scopes {
    /// Everything that a key can be good for.
    pub const ALL: Self = Self { read: true, write: true };

    /// From their words; `None` where one is unknown or there is none.
    pub fn from_words<S: AsRef<str>>(words: &[S]) -> Option<Self> {
        let mut scopes = Self { read: false, write: false };
        for word in words {
            match word.as_ref() {
                "read" => scopes.read = true,
                "write" => scopes.write = true,
                _ => return None,
            }
        }
        (scopes.read || scopes.write).then_some(scopes)
    }

    /// Their words, in a fixed order.
    pub fn words(self) -> Vec<&'static str> {
        [(self.read, "read"), (self.write, "write")]
            .into_iter()
            .filter_map(|(yes, word)| yes.then_some(word))
            .collect()
    }
}

/// A person with an account.
#[derive(Clone, HasQuery, Insertable)]
#[diesel(table_name = app_user)]
pub struct User {
    pub id: UserId,
    pub email: Option<String>,
    /// The subject that an identity provider knows the person by.
    pub authentik_uid: Option<String>,
    pub password_hash: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub is_admin: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when this password is theirs: tokens from before are worth nothing.
    pub credentials_at: DateTime<Utc>,
    /// SHA-256 of the hash that the settings last gave this account.
    pub provisioned: Option<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("is_admin", &self.is_admin).finish_non_exhaustive()
    }
}

impl User {
    /// This person as a viewer, logged in with their own credentials.
    pub fn viewer(&self) -> Viewer {
        if self.is_admin { Viewer::Admin(self.id) } else { Viewer::User(self.id) }
    }
}

diesel::define_sql_function! {
    /// SQL's LOWER of a text, as the index on e-mail addresses has it.
    fn lower(text: diesel::sql_types::Nullable<diesel::sql_types::Text>) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

/// Adds a person.
///
/// # Errors
/// A unique violation when the subject or the address is known already; else those of the database.
pub async fn create(
    conn: &mut AsyncPgConnection,
    email: Option<&str>,
    authentik_uid: Option<&str>,
) -> QueryResult<User> {
    diesel::insert_into(app_user::table)
        .values((
            app_user::id.eq(UserId::new()),
            app_user::email.eq(email),
            app_user::authentik_uid.eq(authentik_uid),
        ))
        .returning(User::as_returning())
        .get_result(conn)
        .await
}

/// Adds a person who logs in with a password.
///
/// # Errors
/// A unique violation when the address is known already, in any case; else those of the database.
pub async fn create_with_password(
    conn: &mut AsyncPgConnection,
    email: &str,
    password_hash: &str,
    is_admin: bool,
    now: DateTime<Utc>,
) -> QueryResult<User> {
    diesel::insert_into(app_user::table)
        .values((
            app_user::id.eq(UserId::new()),
            app_user::email.eq(email.trim()),
            app_user::password_hash.eq(password_hash),
            app_user::is_admin.eq(is_admin),
            app_user::credentials_at.eq(now),
        ))
        .returning(User::as_returning())
        .get_result(conn)
        .await
}

/// The person with this id.
///
/// # Errors
/// Those of the database.
pub async fn get(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<User>> {
    User::query().find(id).first(conn).await.optional()
}

/// The person with this address, in any case.
///
/// # Errors
/// Those of the database.
pub async fn by_email(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<User>> {
    let wanted = email.trim().to_lowercase();
    User::query().filter(lower(app_user::email).eq(wanted)).first(conn).await.optional()
}

/// What accounts are called: their addresses, where they have any.
///
/// # Errors
/// Those of the database.
pub async fn names(conn: &mut AsyncPgConnection, of: &[UserId]) -> QueryResult<HashMap<UserId, String>> {
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(UserId, Option<String>)> = app_user::table
        .filter(app_user::id.eq_any(of))
        .select((app_user::id, app_user::email))
        .load(conn)
        .await?;
    Ok(rows.into_iter().filter_map(|(id, email)| Some((id, email?))).collect())
}

/// Everybody, by address.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection) -> QueryResult<Vec<User>> {
    User::query().order((app_user::email.asc(), app_user::id.asc())).load(conn).await
}

/// Whether somebody can log in who looks after the installation.
///
/// # Errors
/// Those of the database.
pub async fn has_admin(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let able = app_user::table.filter(
        app_user::is_admin.and(app_user::disabled_at.is_null()).and(app_user::password_hash.is_not_null()),
    );
    diesel::select(exists(able)).get_result(conn).await
}

/// Gives somebody another password. What was made with the old one ends with it: tokens and sessions.
///
/// # Errors
/// Those of the database.
pub async fn set_password(
    conn: &mut AsyncPgConnection,
    id: UserId,
    password_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        diesel::update(app_user::table.find(id))
            .set((
                app_user::password_hash.eq(password_hash),
                app_user::credentials_at.eq(now),
                app_user::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        super::session::end_others(conn, id, None).await?;
        Ok(())
    })
    .await
}

/// Keeps the same password under another hash, if it still is `old`.
///
/// # Errors
/// Those of the database.
pub async fn renew_hash(conn: &mut AsyncPgConnection, id: UserId, old: &str, new: &str) -> QueryResult<()> {
    let unchanged = app_user::table.find(id).filter(app_user::password_hash.eq(old));
    diesel::update(unchanged).set(app_user::password_hash.eq(new)).execute(conn).await.map(|_| ())
}

/// Shuts somebody out, with every session, or lets them in again.
///
/// # Errors
/// Those of the database.
pub async fn set_disabled(
    conn: &mut AsyncPgConnection,
    id: UserId,
    disabled: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        // Tokens from before must not come back to life with the account.
        diesel::update(app_user::table.find(id))
            .set((
                app_user::disabled_at.eq(disabled.then_some(now)),
                app_user::credentials_at.eq(now),
                app_user::updated_at.eq(now),
            ))
            .execute(conn)
            .await?;
        if disabled {
            super::session::end_others(conn, id, None).await?;
        }
        Ok(())
    })
    .await
}

/// Has somebody look after the installation, or no longer.
///
/// # Errors
/// Those of the database.
pub async fn set_admin(
    conn: &mut AsyncPgConnection,
    id: UserId,
    is_admin: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(app_user::table.find(id))
        .set((app_user::is_admin.eq(is_admin), app_user::updated_at.eq(now)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Makes the administrator of the settings, or gives them the settings' password if that is another than last time; true if
/// anything changed. `mark` stands for the hash. Who was shut out stays so.
///
/// # Errors
/// Those of the database.
pub async fn provision(
    conn: &mut AsyncPgConnection,
    email: &str,
    password_hash: &str,
    mark: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        lock(conn).await?;
        let id = match by_email(conn, email).await? {
            Some(user) if user.provisioned.as_deref() == Some(mark) => return Ok(false),
            Some(user) => {
                set_password(conn, user.id, password_hash, now).await?;
                user.id
            }
            None => create_with_password(conn, email, password_hash, true, now).await?.id,
        };
        diesel::update(app_user::table.find(id))
            .set((app_user::is_admin.eq(true), app_user::provisioned.eq(mark)))
            .execute(conn)
            .await?;
        Ok(true)
    })
    .await
}

/// Whoever an identity provider knows by `subject`, with an account from their first visit on. `email` is theirs by the provider's
/// word; whether it made sure of that is the caller's to know. An account with that address and no subject of its own is theirs;
/// one that belongs to another subject never is, and they get one without an address.
///
/// # Errors
/// Those of the database.
pub async fn of_subject(
    conn: &mut AsyncPgConnection,
    subject: &str,
    email: Option<&str>,
    is_admin: bool,
    now: DateTime<Utc>,
) -> QueryResult<User> {
    let email = email.map(str::trim);
    let settled = |user: &User| {
        (user.is_admin || !is_admin) && email.is_none_or(|email| user.email.as_deref() == Some(email))
    };
    if let Some(user) = by_subject(conn, subject).await?
        && settled(&user)
    {
        return Ok(user);
    }
    conn.transaction(async |conn| {
        lock(conn).await?;
        let holder = match email {
            Some(email) => by_email(conn, email).await?,
            None => None,
        };
        let id = match (by_subject(conn, subject).await?, &holder) {
            (Some(user), _) => user.id,
            (None, Some(holder)) if holder.authentik_uid.is_none() => {
                diesel::update(app_user::table.find(holder.id))
                    .set((app_user::authentik_uid.eq(subject), app_user::updated_at.eq(now)))
                    .execute(conn)
                    .await?;
                holder.id
            }
            (None, _) => create(conn, None, Some(subject)).await?.id,
        };
        let this = app_user::table.find(id);
        // In another case than before it is the same address.
        if let Some(email) = email
            && holder.is_none_or(|holder| holder.id == id)
        {
            diesel::update(this).set(app_user::email.eq(email)).execute(conn).await?;
        }
        if is_admin {
            diesel::update(this).set(app_user::is_admin.eq(true)).execute(conn).await?;
        }
        User::query().find(id).first(conn).await
    })
    .await
}

async fn by_subject(conn: &mut AsyncPgConnection, subject: &str) -> QueryResult<Option<User>> {
    User::query().filter(app_user::authentik_uid.eq(subject)).first(conn).await.optional()
}

/// Whether somebody whom an identity provider knows looks after the installation.
///
/// # Errors
/// Those of the database.
pub async fn has_admin_of_provider(conn: &mut AsyncPgConnection) -> QueryResult<bool> {
    let able = app_user::table.filter(
        app_user::is_admin.and(app_user::disabled_at.is_null()).and(app_user::authentik_uid.is_not_null()),
    );
    diesel::select(exists(able)).get_result(conn).await
}

/// Keeps others from making accounts until the caller's transaction ends.
pub(super) async fn lock(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .execute(conn)
        .await
        .map(|_| ())
}
