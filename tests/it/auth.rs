//! Who is asking: logins, sessions, tokens, keys, and what is closed to whom.

mod account;
mod adversary;
mod authentik;
mod cells;
mod doctor;
mod found;
mod keys;
mod limits;
mod oidc;
mod oidc_bearer;
mod oidc_caddy;
mod oidc_doctor;
mod operator;
mod public_table;
mod routes;
mod sessions;

use reflector::config::{AuthMode, Config};
use reflector::model::User;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::site::{PASSWORD, Site};

const KEY: &str = "0123456789abcdef0123456789abcdef";
pub const ADA: &str = "ada@example.org";

fn by_password(config: &mut Config) {
    config.auth.mode = AuthMode::Password;
    config.auth.secret_key = Some(KEY.into());
}

/// A site where people log in.
pub async fn guarded() -> Site {
    Site::set(by_password).await
}

/// One where visitors may look at what is for everybody.
pub async fn public() -> Site {
    Site::set(|config| {
        by_password(config);
        config.auth.public_mode = true;
    })
    .await
}

/// Somebody with an account and the password of these tests.
pub async fn person(site: &Site, email: &str, admin: bool) -> User {
    site.account(email, admin).await
}

async fn login(site: &Site, email: &str, password: &str) -> (u16, Value) {
    site.send("POST", "/v1/auth/login", &json!({ "email": email, "password": password })).await
}

pub async fn token(site: &Site, email: &str) -> String {
    let (status, body) = login(site, email, PASSWORD).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// The login page's form, as a browser sends it.
async fn form(site: &Site, email: &str, password: &str, next: &str) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("password", password)
        .append_pair("next", next)
        .finish();
    post(site, "/login", &body, "").await
}

async fn post(site: &Site, path: &str, body: &str, cookie: &str) -> Response {
    let request = site.client.post(site.url(path)).body(body.to_owned()).header("cookie", cookie);
    request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap()
}

/// The cookie of a browser that has just logged in.
pub async fn cookie(site: &Site, email: &str) -> String {
    let response = form(site, email, PASSWORD, "/").await;
    assert_eq!(response.status(), 303);
    let set = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    set.split(';').next().unwrap().to_owned()
}

/// Asks with one header; status, where it leads, and the text.
async fn ask(site: &Site, path: &str, (name, value): (&str, &str)) -> (u16, String, String) {
    let response = site.client.get(site.url(path)).header(name, value).send().await.unwrap();
    let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (response.status().as_u16(), to.unwrap_or_default(), response.text().await.unwrap())
}

/// Sends JSON with one header.
pub async fn send(site: &Site, method: &str, path: &str, header: (&str, &str), body: &Value) -> (u16, Value) {
    let request = site.client.request(method.parse().unwrap(), site.url(path)).header(header.0, header.1);
    let response = request.json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
}
