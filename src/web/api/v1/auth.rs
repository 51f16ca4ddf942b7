//! `POST /v1/auth/login` and `GET /v1/me`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::token;
use crate::clock;
use crate::error::Error;
use crate::ids::UserId;
use crate::web::api::document::Fails;
use crate::web::extract::ApiJson;
use crate::web::login;
use crate::web::respond::{ApiError, unauthorized};
use crate::web::viewer::{Client, Seen};

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
pub(in crate::web) struct LoginBody {
    email: String,
    password: String,
}

/// A token, and for how long it is good.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct LoginOut {
    access_token: String,
    token_type: TokenType,
    /// Seconds.
    expires_in: i64,
}

/// How a token is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TokenType {
    Bearer,
}

/// Gives a token for an address and a password
///
/// A wrong password and an unknown account are told alike. Ten failures in five minutes, by account or by address, are enough.
#[utoipa::path(post, path = "/auth/login", operation_id = "login", tag = "account", security(()),
    request_body = LoginBody, responses((status = 200, body = LoginOut), Fails<404>, Fails<429>))]
pub(in crate::web) async fn login(
    State(app): State<App>,
    Extension(Client(address)): Extension<Client>,
    ApiJson(body): ApiJson<LoginBody>,
) -> Result<Response, ApiError> {
    let signer = app.signer().ok_or(Error::NotFound("Page"))?;
    let Some(user) = login::check(&app, &body.email, &body.password, address).await? else {
        return Ok(unauthorized(login::WRONG));
    };
    let access_token = signer
        .issue(user.id, user.email.as_deref(), user.credentials_at, clock::now())
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a token can't be written")))?;
    Ok(Json(LoginOut { access_token, token_type: TokenType::Bearer, expires_in: token::LIFETIME })
        .into_response())
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct MeOut {
    sub: UserId,
    email: Option<String>,
}

/// Who is logged in; `null` where nobody is
#[utoipa::path(get, path = "/me", operation_id = "get_me", tag = "account", responses((status = 200, body = Option<MeOut>)))]
pub(in crate::web) async fn me(seen: Seen) -> Json<Option<MeOut>> {
    Json(seen.viewer.user().map(|sub| MeOut { sub, email: seen.email }))
}
