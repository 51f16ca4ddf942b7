//! To the identity provider and back, under the ancestor's addresses too: a provider that was set up for it needs no change.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::login::{LoginPage, begin_vouched, leave, see};
use crate::app::App;
use crate::auth::{secret, way_back};
use crate::clock;
use crate::error::Error;
use crate::model::provider_login::{self, LIFETIME, ProviderLogin};
use crate::oidc::{Oidc, OidcError, Refusal};
use crate::web::extract::PageQuery;
use crate::web::respond::{PageError, html_with};
use crate::web::say::{filters, say, say_with};
use crate::web::viewer::{Client, Https};
use crate::web::{cookies, provider, read, security};

/// Where the provider sends browsers back to: the ancestor's address, which existing providers know.
pub(in crate::web) const CALLBACK: &str = "/api/auth/callback/authentik";

/// The provider, if browsers log in there; nothing of this exists otherwise.
fn exists(app: &App) -> Result<&Oidc, Error> {
    app.oidc().filter(|oidc| oidc.serves_browsers()).ok_or(Error::NotFound("Page"))
}

/// The address that people use: that of the settings, else the one that was asked, which is one of this machine's.
pub(in crate::web) fn origin(app: &App, uri: &Uri, headers: &HeaderMap, https: bool) -> String {
    let asked = || {
        let scheme = if https { "https" } else { "http" };
        format!("{scheme}://{}", security::authority(uri, headers).unwrap_or("localhost"))
    };
    let site = app.config().server.site_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    site.map_or_else(asked, |url| url.trim_end_matches('/').to_owned())
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct StartQuery {
    next: Option<String>,
    /// The ancestor's name for it, with the site's own origin before the path.
    #[serde(rename = "callbackUrl")]
    callback_url: Option<String>,
}

impl StartQuery {
    fn next(&self, origin: &str) -> &str {
        let named = self.callback_url.as_deref();
        let path = named.map(|url| url.strip_prefix(origin).unwrap_or(url));
        way_back::local(self.next.as_deref().or(path))
    }
}

/// `GET /login/provider` and the ancestor's `/api/auth/signin/authentik`: off to the provider.
pub(in crate::web) async fn start(
    State(app): State<App>,
    Extension(Https(https)): Extension<Https>,
    uri: Uri,
    headers: HeaderMap,
    PageQuery(query): PageQuery<StartQuery>,
) -> Result<Response, PageError> {
    let oidc = exists(&app)?;
    let origin = origin(&app, &uri, &headers, https);
    let next = query.next(&origin);
    let begun = match oidc.begin(&format!("{origin}{CALLBACK}")).await {
        Ok(begun) => begun,
        Err(error) => return Ok(failed(&app, next, &error)),
    };
    // One cookie for all the tabs of a browser.
    let cookie = cookies::sign_in(&headers, https).filter(|cookie| cookie.len() == secret::random().len());
    let cookie = cookie.unwrap_or_else(secret::random);
    let now = clock::now();
    let login = ProviderLogin {
        state_hash: secret::hash(&begun.state),
        browser_hash: provider::browser_hash(&cookie),
        nonce: begun.nonce,
        verifier: begun.verifier,
        next: next.to_owned(),
        expires_at: now + LIFETIME,
    };
    if !provider_login::begin(&mut *read::connect(&app).await?, &login, now).await? {
        let busy = "too many people are logging in right now; try again in a few minutes";
        return Err(Error::Unavailable(busy.into()).into());
    }
    let mut response = see(begun.url.as_str());
    if let Some(cookie) = cookies::give_sign_in(&cookie, https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What the provider sends back.
#[derive(Deserialize)]
pub(in crate::web) struct BackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    /// Who answers (RFC 9207), where the provider tells.
    iss: Option<String>,
}

/// `GET /api/auth/callback/authentik`: back from the provider.
pub(in crate::web) async fn back(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(Https(https)): Extension<Https>,
    uri: Uri,
    headers: HeaderMap,
    PageQuery(query): PageQuery<BackQuery>,
) -> Result<Response, PageError> {
    let oidc = exists(&app)?;
    let (state, cookie) = (query.state.as_deref(), cookies::sign_in(&headers, https));
    let begun = match state.zip(cookie.as_deref()) {
        Some((state, cookie)) => {
            let (state, browser) = (secret::hash(state), provider::browser_hash(cookie));
            provider_login::take(&mut *read::connect(&app).await?, &state, &browser, clock::now()).await?
        }
        None => None,
    };
    let Some(begun) = begun else {
        let text = say("login-begin-again");
        return Ok(again(&app, "/", &Error::BadRequest(text.clone()), text));
    };
    let expected = query.iss.as_deref().is_none_or(|iss| oidc.is_issuer(iss));
    let code = match (&query.error, &query.code) {
        (None, Some(code)) if expected => code,
        (None, _) if !expected => return Ok(failed(&app, &begun.next, &Refusal::Issuer.into())),
        (error, _) => {
            let error = error.as_deref().unwrap_or("no code");
            tracing::info!(error, "the identity provider let somebody in not");
            let text = refused(oidc.name(), error);
            return Ok(again(&app, &begun.next, &Error::Unauthorized, text));
        }
    };
    let callback = format!("{}{CALLBACK}", origin(&app, &uri, &headers, https));
    let signed_in = match oidc.finish(&callback, code, &begun.nonce, &begun.verifier).await {
        Ok(signed_in) => signed_in,
        Err(error) => return Ok(failed(&app, &begun.next, &error)),
    };
    let user = provider::account(&app, &signed_in.person).await?;
    if user.disabled_at.is_some() {
        return Ok(again(&app, &begun.next, &Error::Forbidden, say("login-shut-out")));
    }
    let word = (&signed_in.tokens, signed_in.good_for);
    let mut response = begin_vouched(&app, &user, client, https, &headers, &begun.next, Some(word)).await?;
    if let Some(cookie) = cookies::take_sign_in(https) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `GET /api/auth/signin`: the ancestor's page with the button.
pub(in crate::web) async fn sign_in(
    State(app): State<App>,
    Extension(Https(https)): Extension<Https>,
    uri: Uri,
    headers: HeaderMap,
    PageQuery(query): PageQuery<StartQuery>,
) -> Result<Response, PageError> {
    exists(&app)?;
    let next = match query.next(&origin(&app, &uri, &headers, https)) {
        "/" => String::new(),
        next => {
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            format!("?{}", pairs.append_pair("next", next).finish())
        }
    };
    Ok(see(&format!("/login{next}")))
}

/// `GET /api/auth/signout`: the ancestor asks there whether one means it; here the button is at /settings.
pub(in crate::web) async fn sign_out(State(app): State<App>) -> Result<Response, PageError> {
    exists(&app)?;
    Ok(see("/settings"))
}

/// `POST /api/auth/signout`.
pub(in crate::web) async fn leave_by_old_name(
    state: State<App>,
    https: Extension<Https>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    exists(&state.0)?;
    leave(state, https, uri, headers).await
}

/// What a provider's `error` means for whoever wanted to come in. Its own words are not repeated: anybody could have put them there.
fn refused(name: &str, error: &str) -> String {
    let id = match error {
        "access_denied" => "login-provider-denied",
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            "login-provider-first"
        }
        "invalid_scope" | "unauthorized_client" | "unsupported_response_type" | "invalid_request" => {
            "login-provider-request"
        }
        "temporarily_unavailable" | "server_error" => "login-provider-later",
        _ => "login-provider-refused",
    };
    say_with(id, &[("provider", name.into())])
}

/// The login page with what went wrong, and what to do about it.
fn failed(app: &App, next: &str, error: &OidcError) -> Response {
    tracing::warn!(%error, "a login at the identity provider failed");
    let name = app.oidc().map(Oidc::name).unwrap_or_default();
    let text = |id: &str| say_with(id, &[("provider", name.into())]);
    let (status, text) = match error {
        OidcError::Refused(refusal) => {
            (Error::Unauthorized, say_with("login-provider-token", &[("why", refusal.to_string().into())]))
        }
        OidcError::Unreachable(_) => {
            let text = text("login-provider-away");
            (Error::Unavailable(text.clone()), text)
        }
        OidcError::Provider(_) => {
            let text = text("login-provider-odd");
            (Error::Unavailable(text.clone()), text)
        }
        OidcError::Ended(_) => (Error::Unauthorized, text("login-provider-ended")),
    };
    again(app, next, &status, text)
}

fn again(app: &App, next: &str, error: &Error, text: String) -> Response {
    html_with(error, &LoginPage::new(app, Some(next)).wrong(text))
}

/// The page that leads on to the provider's own logout. A form may lead to this site only (its policy says so), a page anywhere.
#[derive(Template)]
#[template(path = "left.html")]
pub(super) struct LeftPage {
    pub version: &'static str,
    pub here: &'static str,
    pub name: String,
    pub url: String,
}
