//! The door: every request passes here, and here alone it becomes somebody's.
//!
//! Where people log in, whoever shows nothing gets no further than [`OPEN`], unless the operator's public mode lets visitors in. Where nobody
//! does, public mode makes everybody a visitor.
//! That holds for addresses that do not exist yet as for those that do: a new route is closed until it is on the list.

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, HeaderName, LOCATION, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::headers::RESOURCE;
use super::respond::{ApiError, PageError, unauthorized};
use super::viewer::{Https, Look, Menu, Near, Seen, Shown, Theme, Viewer, of_token, with_look, with_menu};
use super::{cookies, listen, provider, read, say};
use crate::app::App;
use crate::auth::secret;
use crate::clock;
use crate::config::{AuthMode, Language};
use crate::error::Error;
use crate::model::{api_key, session};
use crate::oidc::{Oidc, OidcError, Refusal};
use crate::policy;

/// Where programs log in: with a token that has run out still in hand, say.
const LOGIN: &str = "/v1/auth/login";
/// The description of the API.
const API: &str = "/openapi.json";
/// What everybody may ask for where people log in: how to log in, what a login page consists of, whether the server lives, and what
/// its API looks like, which is the same for every installation.
const OPEN: &[&str] = &[
    "/login",
    "/login/provider",
    "/api/auth/signin",
    "/api/auth/signin/authentik",
    "/api/auth/callback/authentik",
    "/api/auth/signout",
    "/setup",
    "/health",
    "/livez",
    "/readyz",
    "/trust",
    "/ca.crt",
    "/appearance",
    API,
    "/docs",
    LOGIN,
    "/v1/me",
    "/v1/config",
    "/privacy",
];
/// Of these, what is the same for everybody: the database is not asked who asks.
const ALIVE: &[&str] = &["/health", "/livez", "/readyz", "/ca.crt", API];
/// Style sheet, scripts and icon.
const ASSETS: &str = "/assets/";
/// Quotes: whoever has the link is let in.
pub(super) const QUOTE: &str = "/quote/";
/// A WebSocket that tells by its close code that one must log in: a browser's script can't read why one was refused.
const SOCKET: &str = "/v1/events";
/// Numbers about the service: for administrators, and for whoever watches from this machine.
const METRICS: &str = "/metrics";

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Why a request is nobody's.
enum Unknown {
    /// It names a session that has ended.
    Session,
    /// It shows a token or a key that does not hold, or two of different people.
    Claim,
    /// It shows a token of the identity provider that does not hold, and why.
    Refused(Refusal),
    /// It can't be found out now.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Unknown {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Finds out who asks, and lets them in or not.
pub(super) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let https = request.extensions().get::<Https>().is_some_and(|Https(yes)| *yes);
    let chosen = cookies::theme(request.headers(), https);
    let theme = chosen.as_deref().and_then(Theme::of).unwrap_or_default();
    let wanted = cookies::language(request.headers(), https).as_deref().and_then(Language::of);
    let language = wanted.or_else(|| say::accepted(request.headers())).unwrap_or(app.config().ui.language);
    // Where a form was sent is no address to come back to.
    let path = match *request.method() {
        Method::GET => request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        _ => "/".to_owned(),
    };
    with_look(Look { theme, language, path }, admit(app, request, next)).await
}

async fn admit(app: App, mut request: Request, next: Next) -> Response {
    let auth = &app.config().auth;
    if auth.mode == AuthMode::None {
        return alike(&app, request, next).await;
    }
    let https = request.extensions().get::<Https>().is_some_and(|Https(yes)| *yes);
    let path = request.uri().path().to_owned();
    let told = path == SOCKET && request.headers().contains_key(SEC_WEBSOCKET_VERSION);
    let open = told || OPEN.contains(&path.as_str());
    let visitor = Seen::nobody(Viewer::Visitor { public: auth.public_mode });
    if path.starts_with(ASSETS) || path.starts_with(QUOTE) || ALIVE.contains(&path.as_str()) {
        request.extensions_mut().insert(visitor);
        return next.run(request).await;
    }
    if let Some((id, token)) = listen::asked(&request) {
        return match listen::recognise(&app, id, &token).await {
            Ok(Some(seen)) => heard_elsewhere(seen, request, next).await,
            Ok(None) => unauthorized("The token of this address does not hold, or not any more"),
            Err(error) => ApiError(error).into_response(),
        };
    }
    let mut ended = false;
    let seen = match recognise(&app, request.headers(), https).await {
        Ok(seen) => seen.unwrap_or(visitor),
        Err(Unknown::Session) if open => {
            ended = true;
            visitor
        }
        Err(Unknown::Session) => return forget(refuse(&request), https),
        Err(Unknown::Claim | Unknown::Refused(_)) if told || path == LOGIN => visitor,
        Err(Unknown::Refused(why)) => return unauthorized(&why.to_string()),
        Err(Unknown::Claim) => return ApiError(Error::Unauthorized).into_response(),
        Err(Unknown::Failed(_)) if open && !told => visitor,
        Err(Unknown::Failed(error)) if is_api(&path) => return ApiError(error).into_response(),
        Err(Unknown::Failed(error)) => return PageError(error).into_response(),
    };
    let enters = if path == METRICS {
        let near = request.extensions().get::<Near>().is_some_and(|Near(yes)| *yes);
        policy::may_watch(seen.viewer, near)
    } else {
        open || policy::may_enter(seen.viewer)
    };
    if !enters {
        return refuse(&request);
    }
    let menu = if policy::manages_account(seen.viewer).is_some() { Menu::Person } else { Menu::Visitor };
    request.extensions_mut().insert(seen);
    let response = with_menu(menu, next.run(request)).await;
    // A login that has just succeeded has a session of its own to give.
    if ended && !response.headers().contains_key(SET_COOKIE) { forget(response, https) } else { response }
}

/// Where nobody logs in all are alike, whatever they show: visitors in public mode, otherwise people who may do everything.
async fn alike(app: &App, mut request: Request, next: Next) -> Response {
    let (viewer, menu) = match app.config().auth.is_open() {
        true => (Viewer::Anonymous, Menu::Plain),
        false => (Viewer::Visitor { public: true }, Menu::Guest),
    };
    let near = request.extensions().get::<Near>().is_some_and(|Near(yes)| *yes);
    if request.uri().path() == METRICS && !policy::may_watch(viewer, near) {
        return with_menu(menu, async { PageError(Error::NotFound("Page")).into_response() }).await;
    }
    request.extensions_mut().insert(Seen::nobody(viewer));
    with_menu(menu, next.run(request)).await
}

/// Answers whoever listens with a token, also within another site's page: they have been given the address.
async fn heard_elsewhere(seen: Seen, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(seen);
    let mut response = next.run(request).await;
    response.headers_mut().insert(RESOURCE, HeaderValue::from_static("cross-origin"));
    response
}

fn is_api(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

/// To the API's clients 401; pages lead to the login, and from there back.
pub(super) fn refuse(request: &Request) -> Response {
    let uri = request.uri();
    if is_api(uri.path()) {
        return ApiError(Error::Unauthorized).into_response();
    }
    // A script that fetches a part of a page must not take the login for it.
    let scripted = request.headers().get(FETCH_DEST).is_some_and(|what| what != "document");
    if scripted {
        return PageError(Error::Unauthorized).into_response();
    }
    let back = match *request.method() {
        Method::GET | Method::HEAD => uri.path_and_query().map_or("/", |path| path.as_str()),
        _ => "/",
    };
    let mut to = String::from("/login");
    if back != "/" {
        to = format!(
            "{to}?{}",
            form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish()
        );
    }
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}

/// Has the browser forget a session that is none.
fn forget(mut response: Response, https: bool) -> Response {
    if let Some(cookie) = cookies::take(https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Whose request it is; `None` if it shows nothing. What a program shows counts before a browser's cookie.
async fn recognise(app: &App, headers: &HeaderMap, https: bool) -> Result<Option<Seen>, Unknown> {
    let token = match bearer(headers) {
        Some(token) => Some(by_token(app, token).await?),
        None => None,
    };
    let key = match headers.get(API_KEY) {
        Some(key) => Some(by_key(app, key).await?),
        None => None,
    };
    match (token, key) {
        (Some(token), Some(key)) if token.viewer.user() != key.viewer.user() => Err(Unknown::Claim),
        // The key may be good for less.
        (_, Some(seen)) | (Some(seen), None) => Ok(Some(seen)),
        (None, None) => match cookies::session(headers, https) {
            Some(cookie) => by_session(app, &cookie).await.map(Some),
            None => Ok(None),
        },
    }
}

/// The token of a request: in `Authorization`, or, since browsers can't set that for a WebSocket, as the sub-protocol after
/// `bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let in_header = || {
        let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    let in_protocol = || {
        let (scheme, token) = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?.split_once(',')?;
        scheme.trim().eq_ignore_ascii_case("bearer").then_some(token.trim())
    };
    in_header().or_else(in_protocol)
}

async fn by_token(app: &App, token: &str) -> Result<Seen, Unknown> {
    if let Some(oidc) = app.oidc() {
        return by_bearer(app, oidc, token).await;
    }
    let login = app.signer().and_then(|signer| signer.read(token, clock::now())).ok_or(Unknown::Claim)?;
    let user = of_token(app, login).await?.ok_or(Unknown::Claim)?;
    Ok(Seen { viewer: user.viewer(), email: user.email, shown: Shown::Token(login) })
}

/// Whoever the identity provider's token names, with an account from the first one on.
async fn by_bearer(app: &App, oidc: &Oidc, token: &str) -> Result<Seen, Unknown> {
    let bearer = oidc.bearer(token).await.map_err(|error| match error {
        OidcError::Refused(why) => Unknown::Refused(why),
        error => {
            tracing::warn!(%error, "a token could not be checked");
            let text =
                format!("{} can't be asked for its keys right now; try again in a moment", oidc.name());
            Unknown::Failed(Error::Unavailable(text))
        }
    })?;
    let user = provider::account(app, &bearer.person).await?;
    if user.disabled_at.is_some() {
        return Err(Unknown::Claim);
    }
    let shown = Shown::Bearer { user: user.id, ends_at: bearer.ends_at };
    Ok(Seen { viewer: user.viewer(), email: user.email, shown })
}

async fn by_key(app: &App, key: &HeaderValue) -> Result<Seen, Unknown> {
    let key = key.to_str().map_err(|_| Unknown::Claim)?.trim();
    let mut conn = read::connect(app).await?;
    let found = api_key::find(&mut conn, &secret::hash(key), clock::now()).await?;
    let (key, user) = found.ok_or(Unknown::Claim)?;
    let viewer = Viewer::Key { user: user.id, scopes: key.scopes() };
    Ok(Seen { viewer, email: user.email, shown: Shown::Key(key.id) })
}

async fn by_session(app: &App, cookie: &str) -> Result<Seen, Unknown> {
    let mut conn = read::connect(app).await?;
    let found = session::find(&mut conn, &secret::hash(cookie), clock::now()).await?;
    drop(conn);
    let (session, user) = found.ok_or(Unknown::Session)?;
    let goes_on = match app.oidc() {
        Some(oidc) => provider::goes_on(app, oidc, cookie, &session).await?,
        // One of when people logged in at a provider is nobody's now.
        None => session.vouched_at.is_none(),
    };
    if !goes_on {
        return Err(Unknown::Session);
    }
    Ok(Seen { viewer: user.viewer(), email: user.email, shown: Shown::Session(session.id) })
}
