//! People. Who may log in, and how, comes with login; until then nobody has an account and every viewer is anonymous.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::app_user;
use crate::ids::UserId;

/// Who is looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    Anonymous,
    User(UserId),
}

impl Viewer {
    /// The account, if there is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Anonymous => None,
            Self::User(id) => Some(id),
        }
    }
}

/// A person with an account.
#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = app_user)]
pub struct User {
    pub id: UserId,
    pub email: Option<String>,
    /// The subject that an identity provider knows the person by.
    pub authentik_uid: Option<String>,
    pub password_hash: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Adds a person.
///
/// # Errors
/// A unique violation when the subject is known already; else those of the database.
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

/// The person with this id.
///
/// # Errors
/// Those of the database.
pub async fn get(conn: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<User>> {
    User::query().find(id).first(conn).await.optional()
}
