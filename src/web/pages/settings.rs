//! One's own account: where one is logged in, keys for scripts, the password.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::format::Date;
use super::login::{begin, by_password, exists};
use super::tabs::{self, Tab};
use crate::app::App;
use crate::clock;
use crate::error::Error;
use crate::ids::{ApiKeyId, SessionId};
use crate::model::{ApiKey, Session, api_key, session, user};
use crate::policy::{Scopes, Viewer};
use crate::web::api::v1::api_keys;
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::respond::{PageError, detail, explained, html, html_with};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::{Client, Https, Seen};
use crate::web::{assets, login, read};

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    email: String,
    admin: bool,
    /// Whether there is a password to change.
    by_password: bool,
    shortest: usize,
    /// What happened just before.
    done: String,
    wrong: Option<String>,
    /// A key that was just made; it is never shown again.
    made: Option<String>,
    sessions: Vec<SessionView>,
    keys: Vec<KeyView>,
}

struct SessionView {
    id: SessionId,
    browser: String,
    address: String,
    used: Date,
    this: bool,
}

struct KeyView {
    id: ApiKeyId,
    name: String,
    prefix: String,
    good_for: &'static str,
    used: Option<Date>,
    ends: Option<Date>,
    over: bool,
}

impl SessionView {
    fn new(session: Session, this: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            browser: browser(&session.user_agent),
            address: session.address,
            used: Date::new(session.used_at),
            this: this == Some(session.id),
        }
    }
}

impl KeyView {
    fn new(key: ApiKey, now: DateTime<Utc>) -> Self {
        let good_for = match key.scopes() {
            Scopes { read: true, write: true } => "settings-scope-both",
            Scopes { write: true, .. } => "settings-scope-write",
            Scopes { read: true, .. } => "settings-scope-read",
            _ => "settings-scope-none",
        };
        Self {
            id: key.id,
            good_for,
            used: key.used_at.map(Date::new),
            ends: key.expires_at.map(Date::new),
            over: key.expires_at.is_some_and(|end| end <= now),
            name: key.name.unwrap_or_else(|| say("settings-key-unnamed")),
            prefix: key.prefix,
        }
    }
}

/// What a browser is, in words: "Firefox on Linux".
fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    // In this order: most claim to be several others.
    let program = first(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => {
            say_with("settings-browser", &[("program", program.into()), ("system", system.into())])
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => say("settings-browser-other"),
    }
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct SettingsQuery {
    done: Option<String>,
}

async fn page(app: &App, seen: &Seen) -> Result<SettingsPage, Error> {
    exists(app)?;
    let (user, this) = seen.manages()?;
    let now = clock::now();
    let mut conn = read::connect(app).await?;
    let sessions = session::list(&mut conn, user, now).await?;
    let keys = api_key::list(&mut conn, user).await?;
    Ok(SettingsPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs::settings(app, seen.viewer, "/settings"),
        email: seen.email.clone().unwrap_or_default(),
        admin: matches!(seen.viewer, Viewer::Admin(_)),
        by_password: app.signer().is_some(),
        shortest: crate::auth::password::SHORTEST,
        done: String::new(),
        wrong: None,
        made: None,
        sessions: sessions.into_iter().map(|one| SessionView::new(one, this)).collect(),
        keys: keys.into_iter().map(|key| KeyView::new(key, now)).collect(),
    })
}

/// `GET /settings`.
pub(in crate::web) async fn show(
    State(app): State<App>,
    seen: Seen,
    PageQuery(query): PageQuery<SettingsQuery>,
) -> Result<Response, PageError> {
    let done = match query.done.as_deref() {
        Some("session") => say("settings-done-session"),
        Some("sessions") => say("settings-done-sessions"),
        Some("key") => say("settings-done-key"),
        Some("password") => say("settings-done-password"),
        _ => String::new(),
    };
    Ok(html(&SettingsPage { done, ..page(&app, &seen).await? }))
}

/// `POST /settings/sessions/{id}/end`.
pub(in crate::web) async fn end_session(
    State(app): State<App>,
    seen: Seen,
    UrlPath(id): UrlPath<SessionId>,
) -> Result<Redirect, PageError> {
    let (user, _) = seen.manages()?;
    if !session::end(&mut *read::connect(&app).await?, user, id).await? {
        return Err(Error::NotFound("Session").into());
    }
    Ok(Redirect::to("/settings?done=session"))
}

/// `POST /settings/sessions/end-others`.
pub(in crate::web) async fn end_others(State(app): State<App>, seen: Seen) -> Result<Redirect, PageError> {
    let (user, this) = seen.manages()?;
    session::end_others(&mut *read::connect(&app).await?, user, this).await?;
    Ok(Redirect::to("/settings?done=sessions"))
}

/// The form of a new key.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct KeyForm {
    name: String,
    scopes: String,
    days: String,
}

/// `POST /settings/keys`: the page that shows the key, this once.
pub(in crate::web) async fn create_key(
    State(app): State<App>,
    seen: Seen,
    PageForm(form): PageForm<KeyForm>,
) -> Result<Response, PageError> {
    exists(&app)?;
    let (user, _) = seen.manages()?;
    let words: Vec<&str> = form.scopes.split(' ').collect();
    let unknown = |field| Error::Invalid { field, message: "is none of those on the page".into() };
    let scopes = Scopes::from_words(&words).ok_or_else(|| unknown("scopes"))?;
    let days = match form.days.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| unknown("days"))?),
    };
    let mut conn = read::connect(&app).await?;
    let (_, key) = api_keys::make(&mut conn, user, Some(form.name), scopes, days).await?;
    drop(conn);
    Ok(html(&SettingsPage { made: Some(key), ..page(&app, &seen).await? }))
}

/// `POST /settings/keys/{id}/revoke`.
pub(in crate::web) async fn revoke_key(
    State(app): State<App>,
    seen: Seen,
    UrlPath(id): UrlPath<ApiKeyId>,
) -> Result<Redirect, PageError> {
    let (user, _) = seen.manages()?;
    if !api_key::revoke(&mut *read::connect(&app).await?, user, id, clock::now()).await? {
        return Err(Error::NotFound("API key").into());
    }
    Ok(Redirect::to("/settings?done=key"))
}

/// The form of a new password.
#[derive(Deserialize)]
pub(in crate::web) struct PasswordForm {
    current: String,
    password: String,
}

/// `POST /settings/password`: with the old one, so that an unguarded browser is not enough.
pub(in crate::web) async fn password(
    State(app): State<App>,
    Extension(Client(address)): Extension<Client>,
    Extension(Https(https)): Extension<Https>,
    headers: HeaderMap,
    seen: Seen,
    PageForm(form): PageForm<PasswordForm>,
) -> Result<Response, PageError> {
    by_password(&app)?;
    let shown = page(&app, &seen).await?;
    let (me, this) = seen.manages()?;
    let email = shown.email.clone();
    let again =
        |error: &Error, text: String| Ok(html_with(error, &SettingsPage { wrong: Some(text), ..shown }));
    let known = match login::check(&app, &email, &form.current, address).await {
        Ok(found) => found.is_some_and(|user| user.id == me),
        Err(error @ Error::TooMany { .. }) => return again(&error, explained(&error)),
        Err(error) => return Err(error.into()),
    };
    if !known {
        let wrong = Error::Invalid { field: "current", message: "is wrong".into() };
        return again(&wrong, say("settings-wrong-password"));
    }
    match login::new_hash(form.password).await {
        Ok(hash) => {
            let mut conn = read::connect(&app).await?;
            // Every session ends, this one too: somebody else may have its cookie.
            user::set_password(&mut conn, me, &hash, clock::now()).await?;
            let user = user::get(&mut conn, me).await?.ok_or(Error::Unauthorized)?;
            drop(conn);
            let to = "/settings?done=password";
            match this {
                Some(_) => begin(&app, &user, Client(address), https, &headers, to).await,
                None => Ok(Redirect::to(to).into_response()),
            }
        }
        Err(Error::Invalid { field, message }) => {
            let text = detail(&message);
            again(&Error::Invalid { field, message }, text)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_told_apart_in_words() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "Another program"),
            ("", "Another program"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
