//! The policy headers of every answer, errors and refusals included: one middleware, so that no route can miss them.
//!
//! TLS ends at a proxy. It is known to be there where `server.site_url` is https, or where a proxy on this machine says
//! `X-Forwarded-Proto: https`, or one that `server.trusted_proxies` names; nobody else is believed. From where a request came is
//! found out here too, for the same reason.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, SERVER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use axum::http::{HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::security::{authority, host_of};
use super::viewer::{Client, Https, Near};
use crate::auth::client::Proxies;
use crate::config::ServerConfig;

/// Everything from ourselves or not at all; no inline script or style exists, so none is allowed, and no script may turn
/// text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

pub(super) const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
pub(super) const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const EMBEDDER: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
/// What the page that records may use beside; no other page says so.
pub(super) const RECORDS: &str =
    "camera=(), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()";
/// What proxies add; any of them shows that one stands in between.
const FORWARDED: [HeaderName; 5] = [
    FORWARDED_FOR,
    FORWARDED_PROTO,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("via"),
];
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

const EVERY: [(HeaderName, &str); 9] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // The filter of old browsers could be turned against a page; the policy above does its work.
    (X_XSS_PROTECTION, "0"),
    (PERMISSIONS, "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()"),
    (OPENER, "same-origin"),
    // The door knows what other sites may play, and has said so already.
    (RESOURCE, "same-origin"),
    (EMBEDDER, "require-corp"),
    (CACHE_CONTROL, "no-store"),
];

/// One year.
const HSTS: &str = "max-age=31536000; includeSubDomains";

/// What is known of the address that people use.
#[derive(Clone, Debug)]
pub(super) struct Site(Arc<Known>);

#[derive(Debug)]
struct Known {
    /// Host of `server.site_url`, if that is https.
    host: Option<String>,
    proxies: Proxies,
}

impl Site {
    /// Keeps the host of `server.site_url` if that is https.
    pub(super) fn new(config: &ServerConfig) -> Self {
        let url = config.site_url.as_deref().and_then(|url| url.parse::<Uri>().ok());
        let url = url.filter(|url| url.scheme_str() == Some("https"));
        let host = url.and_then(|url| url.host().map(str::to_ascii_lowercase));
        // The settings were checked before.
        let proxies = Proxies::new(&config.trusted_proxies).unwrap_or_default();
        Self(Arc::new(Known { host, proxies }))
    }
}

/// How a request reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By TLS, under a name.
    Encrypted,
    /// In the clear or unknown, from this machine to this machine.
    Local,
    /// In the clear over a network.
    Plain,
}

/// The address that is connected to us; one that nobody trusts where none is known.
fn peer(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// Whether somebody on this machine asks, and no proxy for somebody else.
fn near(request: &Request) -> bool {
    let through = FORWARDED.iter().any(|name| request.headers().contains_key(name));
    peer(request).to_canonical().is_loopback() && !through
}

/// Whether a proxy that is believed says that the visitor's browser speaks TLS to it.
fn said_https(site: &Site, request: &Request) -> bool {
    let said = request.headers().get(FORWARDED_PROTO).is_some_and(|value| value == "https");
    said && site.0.proxies.trusts(peer(request))
}

/// Who asks, for whoever counts or lists it.
fn client(site: &Site, request: &Request) -> IpAddr {
    // One that is no text counts as one that is no address.
    let said =
        request.headers().get_all(FORWARDED_FOR).into_iter().map(|value| value.to_str().unwrap_or("?"));
    site.0.proxies.client(peer(request), said)
}

fn way(site: &Site, request: &Request) -> Way {
    let host = authority(request.uri(), request.headers()).map(host_of).unwrap_or_default();
    let name = host.to_ascii_lowercase();
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let ourselves = name == "localhost" || name.ends_with(".localhost");
    if ourselves || address.is_some_and(|address| address.is_loopback()) {
        return Way::Local;
    }
    if site.0.host.as_deref() == Some(name.as_str()) || said_https(site, request) {
        Way::Encrypted
    } else {
        Way::Plain
    }
}

/// Adds the policy headers to every answer.
pub(super) async fn add(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let way = way(&site, &request);
    let (https, client) = (way == Way::Encrypted || said_https(&site, &request), client(&site, &request));
    request.extensions_mut().insert(Https(https));
    request.extensions_mut().insert(Client(client));
    let near = near(&request);
    request.extensions_mut().insert(Near(near));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in EVERY {
        // Of these a handler that knows better has said so already.
        let own = [CACHE_CONTROL, PERMISSIONS, RESOURCE].contains(&name);
        if !own || !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    // No browser tells another site where it came from. `no-referrer` also blanks the `Origin` of a plain form, which is
    // made up for by `Sec-Fetch-Site`; but that one is not sent in the clear over a network.
    let referrer = if way == Way::Plain { "same-origin" } else { "no-referrer" };
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    // Never for loopback names: it would bind every other server on that machine.
    if way == Way::Encrypted {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.remove(SERVER);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, peer: Option<&str>, proto: Option<&str>) -> Request {
        let mut request = Request::builder().uri("/").header("host", host);
        if let Some(proto) = proto {
            request = request.header(FORWARDED_PROTO, proto);
        }
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        }
        request
    }

    #[test]
    fn tls_is_believed_of_our_own_address_and_of_a_proxy_on_this_machine() {
        let site = |url: Option<&str>| {
            Site::new(&ServerConfig { site_url: url.map(Into::into), ..ServerConfig::default() })
        };
        let https = site(Some("https://Reflector.example:8443"));
        for (site, host, peer, proto, wanted) in [
            (&https, "reflector.example:8443", None, None, Way::Encrypted),
            (&https, "REFLECTOR.example", Some("192.0.2.1:9"), None, Way::Encrypted),
            (&https, "other.example", Some("127.0.0.1:9"), None, Way::Plain),
            (&site(Some("http://reflector.example")), "reflector.example", None, None, Way::Plain),
            (&site(None), "192.0.2.7", Some("127.0.0.1:9"), Some("https"), Way::Encrypted),
            (&site(None), "192.0.2.7", Some("[::ffff:127.0.0.1]:9"), Some("https"), Way::Encrypted),
            (&site(None), "192.0.2.7", Some("192.0.2.1:9"), Some("https"), Way::Plain),
            (&site(None), "192.0.2.7", Some("127.0.0.1:9"), Some("http"), Way::Plain),
            (&site(None), "localhost:1250", Some("127.0.0.1:9"), Some("https"), Way::Local),
            (&site(None), "[::1]:1250", Some("127.0.0.1:9"), None, Way::Local),
            (&https, "localhost", None, None, Way::Local),
        ] {
            assert_eq!(way(site, &request(host, peer, proto)), wanted, "{host} {peer:?} {proto:?}");
        }
    }
}
