//! The cookie of a session.
//!
//! Over TLS it is called `__Host-…`, which browsers take only from this very host, over TLS and for all paths: neither a page of a
//! neighbouring name nor somebody on the network can put one there. In the clear there is no such name.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// A cookie by its name over TLS and in the clear.
type Name = (&'static str, &'static str);

const SESSION: Name = ("__Host-reflector", "reflector");
/// Which browser was sent to the identity provider; gone when it is back.
const SIGN_IN: Name = ("__Host-reflector-sign-in", "reflector-sign-in");
/// Light or dark; of a browser, whoever is logged in there.
const THEME: Name = ("__Host-reflector-theme", "reflector-theme");
/// The language of the pages; of a browser, too.
const LANGUAGE: Name = ("__Host-reflector-language", "reflector-language");

/// The session that a request names.
pub(super) fn session(headers: &HeaderMap, https: bool) -> Option<String> {
    find(headers, https, SESSION)
}

/// What a browser was given when it was sent to the identity provider.
pub(super) fn sign_in(headers: &HeaderMap, https: bool) -> Option<String> {
    find(headers, https, SIGN_IN)
}

/// The theme that was chosen in this browser.
pub(super) fn theme(headers: &HeaderMap, https: bool) -> Option<String> {
    find(headers, https, THEME)
}

/// The language that was chosen in this browser.
pub(super) fn language(headers: &HeaderMap, https: bool) -> Option<String> {
    find(headers, https, LANGUAGE)
}

fn find(headers: &HeaderMap, https: bool, (secure, plain): Name) -> Option<String> {
    let wanted = if https { secure } else { plain };
    headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == wanted && !cookie.value().is_empty())
        .map(|cookie| cookie.value().to_owned())
}

/// The header that gives a browser its session.
pub(super) fn give(token: &str, https: bool) -> Option<HeaderValue> {
    header(SESSION, token.to_owned(), https, Duration::days(30))
}

/// The header that takes it away.
pub(super) fn take(https: bool) -> Option<HeaderValue> {
    header(SESSION, String::new(), https, Duration::ZERO)
}

/// The header by which a browser that is sent to the provider is known when it is back.
pub(super) fn give_sign_in(token: &str, https: bool) -> Option<HeaderValue> {
    header(SIGN_IN, token.to_owned(), https, Duration::minutes(10))
}

/// The header that takes it away.
pub(super) fn take_sign_in(https: bool) -> Option<HeaderValue> {
    header(SIGN_IN, String::new(), https, Duration::ZERO)
}

/// The header that has a browser keep a theme for a year.
pub(super) fn give_theme(word: &str, https: bool) -> Option<HeaderValue> {
    header(THEME, word.to_owned(), https, Duration::days(365))
}

/// The header that has a browser keep a language for a year.
pub(super) fn give_language(code: &str, https: bool) -> Option<HeaderValue> {
    header(LANGUAGE, code.to_owned(), https, Duration::days(365))
}

fn header((secure, plain): Name, value: String, https: bool, age: Duration) -> Option<HeaderValue> {
    let cookie = Cookie::build((if https { secure } else { plain }, value))
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(age)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_only_the_cookie_of_this_very_host_counts() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; reflector=plain"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-reflector=secure"));
        assert_eq!(session(&headers, true).as_deref(), Some("secure"));
        assert_eq!(session(&headers, false).as_deref(), Some("plain"));
        headers.clear();
        headers.append(COOKIE, HeaderValue::from_static("reflector=; b"));
        assert_eq!(session(&headers, false), None);
        let given = give("x", true).unwrap();
        assert_eq!(given, "__Host-reflector=x; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000");
        assert_eq!(take(false).unwrap(), "reflector=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }
}
