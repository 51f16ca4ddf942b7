//! The first administrator, by the code that `reflector admin setup-code` prints on the machine.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::login::{begin, by_password, too_many};
use crate::app::App;
use crate::auth::client::household;
use crate::auth::secret;
use crate::clock;
use crate::error::Error;
use crate::model::login::{self, SetUp};
use crate::model::user;
use crate::web::extract::PageForm;
use crate::web::login::{admit, email, new_hash, new_password};
use crate::web::respond::{PageError, explained, html, html_with};
use crate::web::say::{filters, say};
use crate::web::viewer::{Client, Https};
use crate::web::{assets, read};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    version: &'static str,
    here: &'static str,
    email: String,
    shortest: usize,
    wrong: Option<String>,
}

impl SetupPage {
    fn new(email: String, wrong: Option<String>) -> Self {
        let shortest = crate::auth::password::SHORTEST;
        Self { version: &assets::VERSION, here: "login", email, shortest, wrong }
    }
}

/// There is such a page until there is an administrator.
///
/// # Errors
/// [`Error::NotFound`].
async fn needed(app: &App) -> Result<(), Error> {
    by_password(app)?;
    match user::has_admin(&mut *read::connect(app).await?).await? {
        true => Err(Error::NotFound("Page")),
        false => Ok(()),
    }
}

/// `GET /setup`.
pub(in crate::web) async fn show(State(app): State<App>) -> Result<Response, PageError> {
    needed(&app).await?;
    Ok(html(&SetupPage::new(String::new(), None)))
}

/// What was typed.
#[derive(Deserialize)]
pub(in crate::web) struct SetupForm {
    code: String,
    email: String,
    password: String,
}

/// `POST /setup`.
pub(in crate::web) async fn finish(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(Https(https)): Extension<Https>,
    headers: HeaderMap,
    PageForm(form): PageForm<SetupForm>,
) -> Result<Response, PageError> {
    needed(&app).await?;
    let again =
        |error: Error, text: String| Ok(html_with(&error, &SetupPage::new(form.email.clone(), Some(text))));
    let checked = email(&form.email).and_then(|address| new_password(&form.password).map(|()| address));
    let address = match checked {
        Ok(address) => address,
        Err(error) => {
            let text = explained(&error);
            return again(error, text);
        }
    };
    // Before the work of a hash. By address alone: nobody guesses a code, and nobody may keep others from using theirs.
    let attempt = match admit(&app, &format!("set-up code from {}", household(client.0)), client.0).await {
        Ok(attempt) => attempt,
        Err(error @ Error::TooMany { seconds }) => {
            return again(error, too_many(seconds));
        }
        Err(error) => return Err(error.into()),
    };
    let hash = new_hash(form.password.clone()).await?;
    let mut conn = read::connect(&app).await?;
    let code = secret::hash(&secret::typed_code(&form.code));
    let user = match login::use_setup_code(&mut conn, &code, &address, &hash, clock::now()).await? {
        SetUp::Made(user) => user,
        SetUp::Refused => {
            return again(Error::Unauthorized, say("login-setup-wrong"));
        }
        SetUp::Taken => {
            let text = say("login-setup-taken");
            return again(Error::Conflict(text.clone()), text);
        }
    };
    login::forgive(&mut conn, attempt).await?;
    drop(conn);
    tracing::info!(user.id = %user.id, "the first administrator has an account");
    begin(&app, &user, client, https, &headers, "/").await
}
