//! `/v1/user/api-keys`: keys for scripts, shown once.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::idempotency::{Secret, told_once};
use super::transcripts::short;
use super::{Done, ok};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{ApiKeyId, UserId};
use crate::model::api_key::{self, ApiKey, NewApiKey};
use crate::policy::Scopes;
use crate::web::api::document::Fails;
use crate::web::extract::{ApiJson, ApiPath};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Seen;

/// A key is good for so long unless it is said otherwise: one that is forgotten ends by itself.
pub(in crate::web) const DEFAULT_DAYS: i64 = 365;
const MOST_DAYS: i64 = 3650;
/// Keys that one person may have.
const MOST_KEYS: usize = 100;

/// What a new key is to be.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct CreateApiKey {
    #[serde(default)]
    #[schema(max_length = 200)]
    name: Option<String>,
    /// `read`, `write`; both if left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Scope>>, min_items = 1)]
    scopes: Option<Vec<String>>,
    /// `null`: for ever.
    #[serde(default = "default_days", deserialize_with = "given")]
    #[schema(minimum = 1, maximum = 3650, default = 365)]
    expires_in_days: Option<i64>,
}

/// What a key may be good for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes words that `policy` reads and writes")]
enum Scope {
    Read,
    Write,
}

fn default_days() -> Option<i64> {
    Some(DEFAULT_DAYS)
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    Option::<i64>::deserialize(value)
}

/// A key, without itself.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct ApiKeyOut {
    id: ApiKeyId,
    user_id: UserId,
    name: Option<String>,
    created_at: DateTime<Utc>,
    /// How it begins.
    prefix: String,
    #[schema(value_type = Vec<Scope>)]
    scopes: Vec<&'static str>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyOut {
    fn from(key: ApiKey) -> Self {
        Self {
            scopes: key.scopes().words(),
            id: key.id,
            user_id: key.user_id,
            name: key.name,
            created_at: key.created_at,
            prefix: key.prefix,
            expires_at: key.expires_at,
            last_used_at: key.used_at,
        }
    }
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(in crate::web) struct CreatedOut {
    #[serde(flatten)]
    about: ApiKeyOut,
    /// Never told again.
    key: String,
}

/// Makes a key: what is kept of it, and itself.
///
/// # Errors
/// There are too many, or `days` is out of bounds.
pub(in crate::web) async fn make(
    conn: &mut Connection,
    user: UserId,
    name: Option<String>,
    scopes: Scopes,
    days: Option<i64>,
) -> Result<(ApiKey, String), Error> {
    if days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        let message = format!("must be from 1 to {MOST_DAYS}, or null for a key without an end");
        return Err(Error::Invalid { field: "expires_in_days", message });
    }
    if api_key::list(conn, user).await?.len() >= MOST_KEYS {
        return Err(Error::Conflict(format!("there are {MOST_KEYS} keys already; revoke one first")));
    }
    let (key, now) = (secret::api_key(), clock::now());
    let new = NewApiKey {
        user,
        name: name.map(|name| short("name", name)).transpose()?.filter(|name| !name.is_empty()),
        key_hash: secret::hash(&key),
        prefix: secret::shown(&key),
        scopes,
        expires_at: days.map(|days| now + Duration::days(days)),
    };
    Ok((api_key::create(conn, &new, now).await?, key))
}

/// Makes a key for a script; it is told this once
#[utoipa::path(post, path = "/user/api-keys", operation_id = "create_api_key", tag = "account",
    security(("bearer" = []), ("session" = [])), request_body = CreateApiKey, responses((status = 200, body = CreatedOut), Fails<409>))]
pub(in crate::web) async fn create(
    State(app): State<App>,
    seen: Seen,
    ApiJson(body): ApiJson<CreateApiKey>,
) -> Result<Secret<CreatedOut>, ApiError> {
    let (user, _) = seen.manages()?;
    let scopes = match body.scopes {
        None => Scopes::ALL,
        Some(words) => Scopes::from_words(&words).ok_or_else(|| Error::Invalid {
            field: "scopes",
            message: "must be a list of \"read\" and \"write\"".into(),
        })?,
    };
    let mut conn = read::connect(&app).await?;
    let (about, key) = make(&mut conn, user, body.name, scopes, body.expires_in_days).await?;
    Ok(told_once(CreatedOut { about: about.into(), key }))
}

/// Keys of whoever asks, without themselves
#[utoipa::path(get, path = "/user/api-keys", operation_id = "list_api_keys", tag = "account",
    security(("bearer" = []), ("session" = [])), responses((status = 200, body = Vec<ApiKeyOut>), Fails<403>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    seen: Seen,
) -> Result<Json<Vec<ApiKeyOut>>, ApiError> {
    let (user, _) = seen.manages()?;
    let mut conn = read::connect(&app).await?;
    Ok(Json(api_key::list(&mut conn, user).await?.into_iter().map(Into::into).collect()))
}

/// Revokes a key
#[utoipa::path(delete, path = "/user/api-keys/{id}", operation_id = "revoke_api_key", tag = "account",
    security(("bearer" = []), ("session" = [])), params(("id" = ApiKeyId, Path)), responses((status = 200, body = Done)))]
pub(in crate::web) async fn revoke(
    State(app): State<App>,
    seen: Seen,
    ApiPath(id): ApiPath<ApiKeyId>,
) -> Result<Json<Done>, ApiError> {
    let (user, _) = seen.manages()?;
    let mut conn = read::connect(&app).await?;
    if !api_key::revoke(&mut conn, user, id, clock::now()).await? {
        return Err(Error::NotFound("API key").into());
    }
    Ok(ok())
}
