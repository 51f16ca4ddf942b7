//! `/v1/user/api-keys`: keys for scripts, shown once.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::ok;
use super::transcripts::short;
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{ApiKeyId, UserId};
use crate::model::api_key::{self, ApiKey, NewApiKey};
use crate::policy::Scopes;
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
#[derive(Debug, Deserialize)]
pub(in crate::web) struct CreateApiKey {
    #[serde(default)]
    name: Option<String>,
    /// `read`, `write`; both if left out.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    /// `null`: for ever.
    #[serde(default = "default_days", deserialize_with = "given")]
    expires_in_days: Option<i64>,
}

fn default_days() -> Option<i64> {
    Some(DEFAULT_DAYS)
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i64>, D::Error> {
    Option::<i64>::deserialize(value)
}

/// A key, without itself.
#[derive(Debug, Serialize)]
pub(in crate::web) struct ApiKeyOut {
    id: ApiKeyId,
    user_id: UserId,
    name: Option<String>,
    created_at: DateTime<Utc>,
    prefix: String,
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
#[derive(Debug, Serialize)]
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

/// `POST /v1/user/api-keys`.
pub(in crate::web) async fn create(
    State(app): State<App>,
    seen: Seen,
    ApiJson(body): ApiJson<CreateApiKey>,
) -> Result<Json<CreatedOut>, ApiError> {
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
    Ok(Json(CreatedOut { about: about.into(), key }))
}

/// `GET /v1/user/api-keys`.
pub(in crate::web) async fn list(
    State(app): State<App>,
    seen: Seen,
) -> Result<Json<Vec<ApiKeyOut>>, ApiError> {
    let (user, _) = seen.manages()?;
    let mut conn = read::connect(&app).await?;
    Ok(Json(api_key::list(&mut conn, user).await?.into_iter().map(Into::into).collect()))
}

/// `DELETE /v1/user/api-keys/{id}`.
pub(in crate::web) async fn revoke(
    State(app): State<App>,
    seen: Seen,
    ApiPath(id): ApiPath<ApiKeyId>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let (user, _) = seen.manages()?;
    let mut conn = read::connect(&app).await?;
    if !api_key::revoke(&mut conn, user, id, clock::now()).await? {
        return Err(Error::NotFound("API key").into());
    }
    Ok(ok())
}
