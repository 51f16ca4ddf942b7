//! Accounts: who has one, and what those who look after the installation may do with it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Caretaker, tabs};
use crate::app::App;
use crate::auth::{password as rules, secret};
use crate::clock;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::UserId;
use crate::model::user::{self, User};
use crate::policy::{self, Viewer};
use crate::web::extract::{PageForm, PageQuery, UrlPath};
use crate::web::pages::format::Date;
use crate::web::pages::login::{by_password, exists};
use crate::web::pages::tabs::Tab;
use crate::web::respond::{PageError, explained, html, html_with};
use crate::web::say::{filters, say};
use crate::web::viewer::{Https, Seen};
use crate::web::{assets, login, read, security};

#[derive(Template)]
#[template(path = "admin/users.html")]
struct UsersPage {
    version: &'static str,
    here: &'static str,
    tabs: Vec<Tab>,
    done: String,
    /// What takes back what was done.
    undo: Option<UndoView>,
    wrong: Option<String>,
    /// A password that was just made, and whose it is; it is never shown again.
    made: Option<(String, String)>,
    /// Whether people have passwords here.
    by_password: bool,
    shortest: usize,
    /// What was typed before something was wrong with it.
    email: String,
    users: Vec<UserView>,
}

/// The switch the other way.
struct UndoView {
    id: UserId,
    /// The end of its address.
    deed: &'static str,
    on: &'static str,
}

impl UndoView {
    /// Of what happened just before, if the viewer may do the opposite.
    fn new(viewer: Viewer, query: &UsersQuery) -> Option<Self> {
        let (deed, on) = match query.done.as_str() {
            "admin" => ("admin", "no"),
            "plain" => ("admin", "yes"),
            "out" => ("disabled", "no"),
            "in" => ("disabled", "yes"),
            _ => return None,
        };
        let id = query.who.filter(|who| policy::may_shut_out(viewer, *who))?;
        Some(Self { id, deed, on })
    }
}

/// A line of the list.
struct UserView {
    id: UserId,
    email: String,
    admin: bool,
    shut_out: bool,
    /// They log in at the identity provider.
    elsewhere: bool,
    created: Date,
    this: bool,
    may_shut_out: bool,
}

impl UserView {
    fn new(viewer: Viewer, user: User) -> Self {
        Self {
            id: user.id,
            admin: user.is_admin,
            shut_out: user.disabled_at.is_some(),
            elsewhere: user.authentik_uid.is_some(),
            created: Date::new(user.created_at),
            this: viewer.user() == Some(user.id),
            may_shut_out: policy::may_shut_out(viewer, user.id),
            email: user.email.unwrap_or_else(|| say("admin-users-no-address")),
        }
    }
}

async fn page(app: &App, conn: &mut Connection, seen: &Seen) -> Result<UsersPage, Error> {
    exists(app)?;
    let users = user::list(conn).await?;
    Ok(UsersPage {
        version: &assets::VERSION,
        here: "settings",
        tabs: tabs(app, "/admin/users"),
        done: String::new(),
        undo: None,
        wrong: None,
        made: None,
        by_password: app.signer().is_some(),
        shortest: rules::SHORTEST,
        email: String::new(),
        users: users.into_iter().map(|user| UserView::new(seen.viewer, user)).collect(),
    })
}

/// What happened just before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct UsersQuery {
    done: String,
    /// With whose account.
    who: Option<UserId>,
}

/// `GET /admin/users`.
pub(in crate::web) async fn users(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    Extension(Https(https)): Extension<Https>,
    PageQuery(query): PageQuery<UsersQuery>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let done = match query.done.as_str() {
        "made" => say("admin-users-done-made"),
        "password" => say("admin-users-done-password"),
        "admin" => say("admin-users-done-admin"),
        "plain" => say("admin-users-done-plain"),
        "out" => say("admin-users-done-out"),
        "in" => say("admin-users-done-in"),
        _ => String::new(),
    };
    let undo = UndoView::new(seen.viewer, &query).filter(|_| security::led_here(&uri, &headers, https));
    let mut conn = read::connect(&app).await?;
    Ok(html(&UsersPage { done, undo, ..page(&app, &mut conn, &seen).await? }))
}

fn to(done: &str) -> Response {
    Redirect::to(&format!("/admin/users?done={done}")).into_response()
}

/// As [`to`], with the account it was done with: it can be taken back.
fn switched(done: &str, id: UserId, headers: &HeaderMap, https: bool) -> Response {
    security::lead(format!("/admin/users?done={done}&who={id}"), headers, https).into_response()
}

/// A password that was typed, or one that is made; its hash, and what is to be shown if it was made.
async fn hashed(typed: String) -> Result<(String, Option<String>), Error> {
    let made = typed.is_empty().then(secret::setup_code);
    let hash = login::new_hash(made.clone().unwrap_or(typed)).await?;
    Ok((hash, made))
}

/// The form of a new account. A box that is not ticked is not sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct NewUser {
    email: String,
    /// Empty: one is made.
    password: String,
    admin: Option<String>,
}

/// `POST /admin/users`.
pub(in crate::web) async fn create(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    PageForm(form): PageForm<NewUser>,
) -> Result<Response, PageError> {
    by_password(&app)?;
    let typed = form.email.clone();
    let mut conn = read::connect(&app).await?;
    let outcome = make(&mut conn, form).await;
    let shown = page(&app, &mut conn, &seen).await?;
    match outcome {
        Ok((user, None)) => {
            tracing::info!(user.id = %user.id, by = ?seen.viewer.user(), "an account was made");
            Ok(to("made"))
        }
        Ok((user, Some(password))) => {
            tracing::info!(user.id = %user.id, by = ?seen.viewer.user(), "an account was made");
            let made = Some((user.email.unwrap_or_default(), password));
            Ok(html(&UsersPage { made, ..shown }))
        }
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            let wrong = Some(explained(&error));
            Ok(html_with(&error, &UsersPage { wrong, email: typed, ..shown }))
        }
        Err(error) => Err(error.into()),
    }
}

async fn make(conn: &mut Connection, form: NewUser) -> Result<(User, Option<String>), Error> {
    let email = login::email(&form.email)?;
    if user::by_email(conn, &email).await?.is_some() {
        return Err(Error::Conflict(say("admin-users-taken")));
    }
    let (hash, made) = hashed(form.password).await?;
    let user = user::create_with_password(conn, &email, &hash, form.admin.is_some(), clock::now()).await?;
    Ok((user, made))
}

/// The account that a path names.
async fn account(conn: &mut Connection, id: UserId) -> Result<User, Error> {
    user::get(conn, id).await?.ok_or(Error::NotFound("Account"))
}

/// The form of another password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct NewPassword {
    /// Empty: one is made.
    password: String,
}

/// `POST /admin/users/{id}/password`: they are logged out everywhere.
pub(in crate::web) async fn password(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    UrlPath(id): UrlPath<UserId>,
    PageForm(form): PageForm<NewPassword>,
) -> Result<Response, PageError> {
    by_password(&app)?;
    let mut conn = read::connect(&app).await?;
    let user = account(&mut conn, id).await?;
    let (hash, made) = match hashed(form.password).await {
        Ok(hashed) => hashed,
        Err(error @ Error::Invalid { .. }) => {
            let wrong = Some(explained(&error));
            return Ok(html_with(&error, &UsersPage { wrong, ..page(&app, &mut conn, &seen).await? }));
        }
        Err(error) => return Err(error.into()),
    };
    user::set_password(&mut conn, id, &hash, clock::now()).await?;
    tracing::info!(user.id = %id, by = ?seen.viewer.user(), "an account has another password");
    match made {
        // Whoever changes their own is logged out by it too: a page with it would be the last one they see.
        Some(password) if seen.viewer.user() != Some(id) => {
            let made = Some((user.email.unwrap_or_default(), password));
            Ok(html(&UsersPage { made, ..page(&app, &mut conn, &seen).await? }))
        }
        _ => Ok(to("password")),
    }
}

/// The form of a switch.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Switch {
    on: String,
}

/// Whether somebody else's account is to be switched on; not one's own, of which nobody may take a right.
async fn of_another(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    id: UserId,
    switch: &Switch,
) -> Result<bool, Error> {
    exists(app)?;
    account(conn, id).await?;
    if policy::may_shut_out(viewer, id) {
        return Ok(switch.on == "yes");
    }
    Err(Error::Conflict(say("admin-users-own")))
}

/// `POST /admin/users/{id}/admin`: has them look after the installation, or no longer.
pub(in crate::web) async fn admin(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    Extension(Https(https)): Extension<Https>,
    UrlPath(id): UrlPath<UserId>,
    headers: HeaderMap,
    PageForm(switch): PageForm<Switch>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let on = of_another(&app, &mut conn, seen.viewer, id, &switch).await?;
    user::set_admin(&mut conn, id, on, clock::now()).await?;
    tracing::info!(user.id = %id, by = ?seen.viewer.user(), admin = on, "an account has other rights");
    Ok(switched(if on { "admin" } else { "plain" }, id, &headers, https))
}

/// `POST /admin/users/{id}/disabled`: shuts them out at once, or lets them in again.
pub(in crate::web) async fn disabled(
    State(app): State<App>,
    Caretaker(seen): Caretaker,
    Extension(Https(https)): Extension<Https>,
    UrlPath(id): UrlPath<UserId>,
    headers: HeaderMap,
    PageForm(switch): PageForm<Switch>,
) -> Result<Response, PageError> {
    let mut conn = read::connect(&app).await?;
    let on = of_another(&app, &mut conn, seen.viewer, id, &switch).await?;
    user::set_disabled(&mut conn, id, on, clock::now()).await?;
    tracing::info!(user.id = %id, by = ?seen.viewer.user(), disabled = on, "an account was shut out or let in");
    Ok(switched(if on { "out" } else { "in" }, id, &headers, https))
}
