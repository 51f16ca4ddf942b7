//! To log in, and out again. Works without script.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::app::App;
use crate::auth::{secret, way_back};
use crate::clock;
use crate::config::AuthMode;
use crate::error::Error;
use crate::model::session;
use crate::model::user::{self, User};
use crate::policy;
use crate::web::extract::{PageForm, PageQuery};
use crate::web::respond::{PageError, html, html_with};
use crate::web::viewer::{Client, Https, Seen};
use crate::web::{assets, cookies, login, read};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    version: &'static str,
    here: &'static str,
    email: String,
    next: String,
    /// Why it did not work.
    wrong: Option<String>,
    /// The visitor has just left.
    out: bool,
    /// Nobody has an account yet.
    first: bool,
}

impl LoginPage {
    fn new(next: Option<&str>) -> Self {
        Self {
            version: &assets::VERSION,
            here: "login",
            email: String::new(),
            next: way_back::local(next).to_owned(),
            wrong: None,
            out: false,
            first: false,
        }
    }
}

/// Where to go afterwards, and what happened before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct LoginQuery {
    next: Option<String>,
    out: Option<String>,
}

/// Nothing of this exists where nobody logs in.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) fn exists(app: &App) -> Result<(), Error> {
    if app.config().auth.mode == AuthMode::None { Err(Error::NotFound("Page")) } else { Ok(()) }
}

/// `GET /login`.
pub(in crate::web) async fn show(
    State(app): State<App>,
    seen: Seen,
    PageQuery(query): PageQuery<LoginQuery>,
) -> Result<Response, PageError> {
    exists(&app)?;
    let page = LoginPage::new(query.next.as_deref());
    if policy::manages_account(seen.viewer).is_some() {
        return Ok(see(&page.next));
    }
    let first = !user::has_admin(&mut *read::connect(&app).await?).await?;
    Ok(html(&LoginPage { out: query.out.is_some(), first, ..page }))
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
    exists(&app)?;
    let page = LoginPage { email: form.email.clone(), ..LoginPage::new(form.next.as_deref()) };
    let (wrong, error) = match login::check(&app, &form.email, &form.password, client.0).await {
        Ok(Some(user)) => return begin(&app, &user, client, https, &headers, &page.next).await,
        Ok(None) => (format!("{}.", login::WRONG), Error::Unauthorized),
        Err(error @ Error::TooMany { seconds }) => {
            (format!("Too many attempts. Try again in {}.", wait(seconds)), error)
        }
        Err(error) => return Err(error.into()),
    };
    Ok(html_with(&error, &LoginPage { wrong: Some(wrong), ..page }))
}

/// A time to wait, in words.
pub(super) fn wait(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        0 | 1 => "a minute".into(),
        minutes => format!("{minutes} minutes"),
    }
}

/// Gives this browser a session and leads it on. One that it had before ends: nobody can have planted it.
///
/// # Errors
/// [`Error::Unauthorized`] where the account was changed since `user` was read; those of the database.
pub(super) async fn begin(
    app: &App,
    user: &User,
    Client(address): Client,
    https: bool,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, PageError> {
    let token = secret::random();
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut conn = read::connect(app).await?;
    if let Some(old) = cookies::session(headers, https) {
        session::end_by_token(&mut conn, &secret::hash(&old)).await?;
    }
    let address = address.to_string();
    session::create(&mut conn, user, &secret::hash(&token), agent, &address, clock::now())
        .await?
        .ok_or(Error::Unauthorized)?;
    tracing::info!(user.id = %user.id, address, "a browser is logged in");
    let cookie = cookies::give(&token, https)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a session is no header's value")))?;
    let mut response = see(next);
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}

/// `POST /logout`.
pub(in crate::web) async fn leave(
    State(app): State<App>,
    Extension(Https(https)): Extension<Https>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    exists(&app)?;
    if let Some(cookie) = cookies::session(&headers, https) {
        session::end_by_token(&mut *read::connect(&app).await?, &secret::hash(&cookie)).await?;
    }
    let mut response = see("/login?out=1");
    if let Some(cookie) = cookies::take(https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.to_owned())]).into_response()
}
