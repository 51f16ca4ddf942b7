//! Who is asking: what `door` found out about a request, for its handlers. What that allows is decided by `policy` alone.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::app::App;
use crate::auth::token;
use crate::clock;
use crate::config::Language;
use crate::error::Error;
use crate::ids::{ApiKeyId, SessionId, UserId};
use crate::model::{api_key, session, user};
use crate::policy;
pub(super) use crate::policy::Viewer;
use crate::web::read;
use crate::web::say::say;

/// Extracts the viewer of a request.
pub(super) struct Asking(pub Viewer);

/// Everything that is known about who asks.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub viewer: Viewer,
    /// The account's address, where there is an account.
    pub email: Option<String>,
    pub shown: Shown,
}

/// What they showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    /// The cookie of a session.
    Session(SessionId),
    /// A token of `POST /v1/auth/login`.
    Token(token::Login),
    /// A token that the identity provider signed for this person, and when it ends, in seconds since 1970.
    Bearer {
        user: UserId,
        ends_at: i64,
    },
    Key(ApiKeyId),
}

impl Seen {
    /// Somebody who shows nothing.
    pub fn nobody(viewer: Viewer) -> Self {
        Self { viewer, email: None, shown: Shown::Nothing }
    }

    /// Whether what they showed still holds: for what lasts longer than a request.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn still(&self, app: &App) -> Result<bool, Error> {
        let now = clock::now();
        Ok(match self.shown {
            Shown::Nothing => true,
            Shown::Session(id) => session::holds(&mut *read::connect(app).await?, id, now).await?,
            Shown::Key(id) => api_key::holds(&mut *read::connect(app).await?, id, now).await?,
            Shown::Bearer { user, ends_at } => {
                let found = user::get(&mut *read::connect(app).await?, user).await?;
                now.timestamp() < ends_at && found.is_some_and(|user| user.disabled_at.is_none())
            }
            Shown::Token(login) => now.timestamp() < login.ends_at && of_token(app, login).await?.is_some(),
        })
    }

    /// Whose keys, sessions and password these are to manage, and the session it is done from.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where nobody is logged in, [`Error::Forbidden`] to a key.
    pub fn manages(&self) -> Result<(UserId, Option<SessionId>), Error> {
        let from = match self.shown {
            Shown::Session(id) => Some(id),
            _ => None,
        };
        match policy::manages_account(self.viewer) {
            Some(user) => Ok((user, from)),
            None if self.viewer.user().is_some() => Err(Error::Forbidden),
            None => Err(Error::Unauthorized),
        }
    }
}

/// Whose token it is, if they may still come in and have the same password as then.
///
/// # Errors
/// Those of the database.
pub(super) async fn of_token(app: &App, login: token::Login) -> Result<Option<user::User>, Error> {
    let found = user::get(&mut *read::connect(app).await?, login.user).await?;
    let same = |user: &user::User| login.credentials_at == user.credentials_at.timestamp_micros();
    Ok(found.filter(|user| user.disabled_at.is_none() && same(user)))
}

/// From which address a request came, as far as proxies can be believed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub IpAddr);

/// Whether somebody on this machine asks by themselves, and not through a proxy, which would ask for anybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near(pub bool);

/// Whether the visitor's browser speaks TLS, to us or to a proxy before us.
#[derive(Clone, Copy, Debug)]
pub(super) struct Https(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A request that came around the door is nobody's.
        let seen = parts.extensions.get::<Seen>();
        Ok(Self(seen.map_or(Viewer::Visitor { public: false }, |seen| seen.viewer)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let seen = parts.extensions.get::<Seen>().cloned();
        Ok(seen.unwrap_or_else(|| Self::nobody(Viewer::Visitor { public: false })))
    }
}

tokio::task_local! {
    static MENU: Menu;
    static LOOK: Look;
}

/// How a page looks, and where it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub theme: Theme,
    pub language: Language,
    /// Its address on this site, to come back to.
    pub path: String,
}

/// One of the themes or languages to choose from.
pub(super) struct Choice {
    pub word: &'static str,
    pub name: String,
    pub pressed: bool,
}

impl Look {
    /// Whether the person chose, and not the system.
    pub fn is_chosen(&self) -> bool {
        self.theme != Theme::Auto
    }

    /// What browsers paint around a page of the chosen theme.
    pub fn colour(&self) -> &'static str {
        if self.theme == Theme::Dark { "#151513" } else { "#faf9f6" }
    }

    pub fn choices(&self) -> Vec<Choice> {
        let choice = |theme: Theme| Choice {
            word: theme.word(),
            name: say(theme.name()),
            pressed: theme == self.theme,
        };
        Theme::ALL.into_iter().map(choice).collect()
    }

    /// Every language there is, by the name that those who speak it have for it.
    pub fn languages(&self) -> Vec<Choice> {
        let choice = |language: Language| Choice {
            word: language.code(),
            name: language.name().to_owned(),
            pressed: language == self.language,
        };
        Language::ALL.into_iter().map(choice).collect()
    }
}

/// Light or dark, as the person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its word in cookie, form and style sheet.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The name of its name in the catalogue.
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "site-theme-auto",
            Self::Light => "site-theme-light",
            Self::Dark => "site-theme-dark",
        }
    }

    /// By its word; `None`: it is no theme.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}

/// Makes `look` that of every page that `answer` renders.
pub(super) async fn with_look<F: Future>(look: Look, answer: F) -> F::Output {
    LOOK.scope(look, answer).await
}

/// The look of the page that is rendered.
pub(super) fn look() -> Look {
    LOOK.try_with(Clone::clone).unwrap_or_default()
}

/// The language of the page that is rendered; English outside of any.
pub(super) fn language() -> Language {
    LOOK.try_with(|look| look.language).unwrap_or_default()
}

/// What a page's menu offers, beside what everybody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Menu {
    /// Nobody logs in here, and everybody may do everything.
    Plain,
    /// Nobody logs in here, and nobody may change anything.
    Guest,
    /// To log in.
    Visitor,
    /// To change one's own settings.
    Person,
}

/// Makes `menu` that of every page that `answer` renders.
pub(super) async fn with_menu<F: Future>(menu: Menu, answer: F) -> F::Output {
    MENU.scope(menu, answer).await
}

/// The menu of the page that is rendered: for templates, which would otherwise all have to be told.
pub(super) fn menu() -> Menu {
    MENU.try_with(|menu| *menu).unwrap_or(Menu::Plain)
}
