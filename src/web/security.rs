//! What protects people's browsers beside the policy headers: the check of `Host`, and which origins may open a WebSocket.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::cookies;
use crate::auth::secret;
use crate::config::ServerConfig;

/// Names under which this server may be addressed.
///
/// A page of a foreign site can point its own name at our address (DNS rebinding) and would then count as same-origin; it
/// can't make the browser send another `Host`. So a name must be one that we know. An address in numbers is safe: nobody
/// can rebind that.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Arc<Option<String>>);

impl Hosts {
    pub(super) fn new(config: &ServerConfig) -> Self {
        let site = config.site_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
        Self(Arc::new(site.and_then(|url| url.host().map(str::to_ascii_lowercase))))
    }

    fn allows(&self, authority: &str) -> bool {
        let name = host_of(authority).to_ascii_lowercase();
        let name = name.trim_end_matches('.');
        name == "localhost"
            || name.ends_with(".localhost")
            || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
            || self.0.as_deref() == Some(name)
    }
}

/// The host of `host:port`, brackets of IPv6 kept.
pub(super) fn host_of(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

/// Under which name a request was made.
pub(super) fn authority<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    uri.authority().map(|authority| authority.as_str()).or_else(|| headers.get(HOST)?.to_str().ok())
}

/// Refuses requests under a name that is not ours.
pub(super) async fn check_host(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    match authority(request.uri(), request.headers()) {
        Some(name) if hosts.allows(name) => next.run(request).await,
        _ => (
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not answer under this name. If it should, set server.site_url to the address people use.\n",
        )
            .into_response(),
    }
}

/// Whether a WebSocket may be opened: browsers don't keep foreign pages from it, but they say who asks. Programs that are
/// no browsers send no origin.
pub(super) fn same_origin(uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok()) else { return false };
    let (Some(theirs), Some(ours)) = (origin.authority(), authority(uri, headers)) else { return false };
    theirs.as_str().eq_ignore_ascii_case(ours)
}

/// Where the mark of an address stands, at its end.
const MARK: &str = "&by=";

/// Leads to an address with a query, which says what was done and may offer to take it back. It has a mark that this session alone can have
/// got from us: browsers that ask without TLS do not say what led them here.
pub(super) fn lead(to: String, headers: &HeaderMap, https: bool) -> Redirect {
    match cookies::session(headers, https) {
        Some(session) => Redirect::to(&format!("{to}{MARK}{}", secret::mark(&session, &to))),
        None => Redirect::to(&to),
    }
}

/// Whether [`lead`] led this session here. An address that came from elsewhere anybody may have written: it offers nothing to be pressed.
/// Where there is no session there is no account that it could be about.
pub(super) fn led_here(uri: &Uri, headers: &HeaderMap, https: bool) -> bool {
    let from_here = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let Some(session) = cookies::session(headers, https) else { return from_here };
    let address = uri.path_and_query().map_or("", |address| address.as_str());
    let marked = address.rsplit_once(MARK).is_some_and(|(to, mark)| secret::mark(&session, to) == mark);
    from_here && marked
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::COOKIE;

    use super::*;

    fn hosts(site: Option<&str>) -> Hosts {
        Hosts::new(&ServerConfig { site_url: site.map(Into::into), ..ServerConfig::default() })
    }

    #[test]
    fn known_names_and_numbers_pass_others_do_not() {
        let hosts = hosts(Some("https://Reflector.example:8443/"));
        for good in [
            "localhost:1250",
            "LOCALHOST",
            "app.localhost",
            "127.0.0.1:1",
            "[::1]:1250",
            "192.168.1.9",
            "reflector.example",
        ] {
            assert!(hosts.allows(good), "{good}");
        }
        for bad in
            ["evil.example", "localhost.evil.example:1250", "reflector.example.evil", "", "notlocalhost"]
        {
            assert!(!hosts.allows(bad), "{bad}");
        }
    }

    #[test]
    fn one_is_led_here_by_our_own_pages_alone() {
        let uri = Uri::from_static("/admin/users?done=out");
        let led = |site: &'static str| {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static("sec-fetch-site"),
                HeaderValue::from_static(site),
            )]);
            led_here(&uri, &headers, false)
        };
        assert!(led("same-origin") && led_here(&uri, &HeaderMap::new(), false));
        assert!(!led("none") && !led("cross-site") && !led("same-site"));
    }

    #[test]
    fn an_address_that_offers_something_is_good_for_the_session_that_got_it() {
        let of = |cookie| HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookie))]);
        let (ada, bob) = (of("reflector=ada"), of("reflector=bob"));
        let to = "/admin/users?done=out&who=x";
        let led = lead(to.into(), &ada, false).into_response();
        let marked = led.headers()["location"].to_str().unwrap().to_owned();
        let here = |address: &str, headers| led_here(&address.parse().unwrap(), headers, false);
        assert!(here(&marked, &ada) && !here(&marked, &bob));
        assert!(!here(to, &ada) && !here(&marked.replace("out", "in"), &ada));
    }

    #[test]
    fn a_socket_is_opened_by_our_own_pages_and_by_programs() {
        let uri = Uri::from_static("/v1/transcripts/x/events");
        let ask = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("localhost:1250"));
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            same_origin(&uri, &headers)
        };
        assert!(ask(None) && ask(Some("http://localhost:1250")));
        assert!(
            !ask(Some("http://localhost:9999")) && !ask(Some("https://evil.example")) && !ask(Some("null"))
        );
    }
}
