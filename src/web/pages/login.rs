//! To log in, and out again. Works without script.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::provider::{LeftPage, origin};
use crate::app::App;
use crate::auth::{secret, way_back};
use crate::clock;
use crate::config::AuthMode;
use crate::error::Error;
use crate::model::session;
use crate::model::user::{self, User};
use crate::oidc::{Oidc, Tokens};
use crate::policy;
use crate::web::extract::{PageForm, PageQuery};
use crate::web::respond::{PageError, html, html_with};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::{Client, Https, Seen};
use crate::web::{assets, cookies, login, provider, read};

#[derive(Template)]
#[template(path = "login.html")]
pub(super) struct LoginPage {
    version: &'static str,
    here: &'static str,
    email: String,
    next: String,
    /// The identity provider by name, where people log in there.
    provider: Option<String>,
    /// Whether browsers can.
    browsers: bool,
    /// Why it did not work.
    wrong: Option<String>,
    /// The visitor has just left.
    out: bool,
    /// Nobody has an account yet.
    first: bool,
}

impl LoginPage {
    pub fn new(app: &App, next: Option<&str>) -> Self {
        let provider = app.oidc();
        Self {
            version: &assets::VERSION,
            here: "login",
            email: String::new(),
            next: way_back::local(next).to_owned(),
            provider: provider.map(|oidc| oidc.name().to_owned()),
            browsers: provider.is_some_and(Oidc::serves_browsers),
            wrong: None,
            out: false,
            first: false,
        }
    }

    /// The same with what went wrong.
    pub fn wrong(self, text: String) -> Self {
        Self { wrong: Some(text), ..self }
    }
}

/// Where to go afterwards, and what happened before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct LoginQuery {
    next: Option<String>,
    out: Option<String>,
    /// What the provider was asked to bring back after a logout.
    state: Option<String>,
}

/// Nothing of this exists where nobody logs in.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) fn exists(app: &App) -> Result<(), Error> {
    if app.config().auth.mode == AuthMode::None { Err(Error::NotFound("Page")) } else { Ok(()) }
}

/// Nor does this where people have no password here.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) fn by_password(app: &App) -> Result<(), Error> {
    if app.config().auth.mode == AuthMode::Password { Ok(()) } else { Err(Error::NotFound("Page")) }
}

/// `GET /login`.
pub(in crate::web) async fn show(
    State(app): State<App>,
    seen: Seen,
    PageQuery(query): PageQuery<LoginQuery>,
) -> Result<Response, PageError> {
    exists(&app)?;
    let page = LoginPage::new(&app, query.next.as_deref());
    if policy::manages_account(seen.viewer).is_some() {
        return Ok(see(&page.next));
    }
    let first = app.oidc().is_none() && !user::has_admin(&mut *read::connect(&app).await?).await?;
    let out = query.out.is_some() || query.state.as_deref() == Some("out");
    Ok(html(&LoginPage { out, first, ..page }))
}

/// What was typed.
#[derive(Deserialize)]
pub(in crate::web) struct LoginForm {
    email: String,
    password: String,
    next: Option<String>,
}

/// `POST /login`.
pub(in crate::web) async fn enter(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(Https(https)): Extension<Https>,
    headers: HeaderMap,
    PageForm(form): PageForm<LoginForm>,
) -> Result<Response, PageError> {
    by_password(&app)?;
    let page = LoginPage { email: form.email.clone(), ..LoginPage::new(&app, form.next.as_deref()) };
    let (wrong, error) = match login::check(&app, &form.email, &form.password, client.0).await {
        Ok(Some(user)) => return begin(&app, &user, client, https, &headers, &page.next).await,
        Ok(None) => (say("login-wrong"), Error::Unauthorized),
        Err(error @ Error::TooMany { seconds }) => (too_many(seconds), error),
        Err(error) => return Err(error.into()),
    };
    Ok(html_with(&error, &LoginPage { wrong: Some(wrong), ..page }))
}

/// How long to wait, in words.
pub(super) fn too_many(seconds: u64) -> String {
    say_with("login-too-many", &[("minutes", seconds.div_ceil(60).max(1).into())])
}

/// Gives this browser a session and leads it on. One that it had before ends: nobody can have planted it.
///
/// # Errors
/// As [`begin_vouched`].
pub(super) async fn begin(
    app: &App,
    user: &User,
    client: Client,
    https: bool,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, PageError> {
    begin_vouched(app, user, client, https, headers, next, None).await
}

/// The same by an identity provider's word: with what it gave for later, and for how long its word is good.
///
/// # Errors
/// [`Error::Unauthorized`] where the account was changed since `user` was read; those of the database.
pub(super) async fn begin_vouched(
    app: &App,
    user: &User,
    Client(address): Client,
    https: bool,
    headers: &HeaderMap,
    next: &str,
    word: Option<(&Tokens, Option<Duration>)>,
) -> Result<Response, PageError> {
    let token = secret::random();
    let word = word.map(|(tokens, good_for)| provider::vouched(&token, tokens, good_for)).transpose()?;
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut conn = read::connect(app).await?;
    if let Some(old) = cookies::session(headers, https) {
        session::end_by_token(&mut conn, &secret::hash(&old)).await?;
    }
    let address = address.to_string();
    let session = session::create(&mut conn, user, &secret::hash(&token), agent, &address, clock::now())
        .await?
        .ok_or(Error::Unauthorized)?;
    if let Some(word) = &word {
        session::vouch(&mut conn, session, word, clock::now()).await?;
    }
    tracing::info!(user.id = %user.id, address, "a browser is logged in");
    let cookie = cookies::give(&token, https)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a session is no header's value")))?;
    let mut response = see(next);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// `POST /logout`: of this site, and then of the identity provider, where people log in there.
pub(in crate::web) async fn leave(
    State(app): State<App>,
    Extension(Https(https)): Extension<Https>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    exists(&app)?;
    let mut tokens = None;
    if let Some(cookie) = cookies::session(&headers, https) {
        let mut conn = read::connect(&app).await?;
        let hash = secret::hash(&cookie);
        if app.oidc().is_some() {
            let found = session::find(&mut conn, &hash, clock::now()).await?;
            tokens = found.and_then(|(session, _)| provider::tokens(&cookie, &session));
        }
        session::end_by_token(&mut conn, &hash).await?;
    }
    let mut response = match (app.oidc(), tokens) {
        (Some(oidc), Some(tokens)) => {
            let back = format!("{}/login", origin(&app, &uri, &headers, https));
            match oidc.end(Some(&tokens.id), &back).await {
                Ok(Some(url)) => html(&LeftPage {
                    version: &assets::VERSION,
                    here: "login",
                    name: oidc.name().to_owned(),
                    url: url.into(),
                }),
                Ok(None) => see("/login?out=1"),
                // The session here is over all the same.
                Err(error) => {
                    tracing::warn!(%error, "somebody logged out here, and the identity provider could not be told");
                    see("/login?out=1")
                }
            }
        }
        _ => see("/login?out=1"),
    };
    if let Some(cookie) = cookies::take(https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(super) fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.to_owned())]).into_response()
}
