//! Which hosts may be asked where somebody else names them: nobody must reach through this machine what they can't reach
//! themselves. Media that a caller of the speech server names and webhooks of rooms go this way; what the operator sets is the
//! operator's own business and does not.
//!
//! Names are checked after they are looked up, on the very addresses that are then connected to, so a name that changes its
//! address between the two gains nothing. Redirects, where they are followed, go the same way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use url::{Host, Url};

use crate::tls::Trust;

/// Addresses of version 4 that are no public host's (IANA's registry of special addresses).
const NOT_PUBLIC: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
];
/// Version 6: what is routed, but for documentation, Teredo and the other protocols' own, and 6to4.
const ROUTED: &str = "2000::/3";
const NOT_PUBLIC_6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// Hosts at private addresses that the operator allows.
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    names: Vec<String>,
    networks: Vec<IpNet>,
    setting: &'static str,
}

/// One line of such a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Addresses, or a single one.
    Network(IpNet),
    /// A host's name in small letters, without a dot at its end.
    Name(String),
}

impl Entry {
    /// What is no network and no address is a name.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let address = || text.trim_matches(['[', ']']).parse::<IpAddr>().map(IpNet::from);
        match text.parse::<IpNet>().or_else(|_| address()) {
            Ok(network) => Self::Network(network),
            Err(_) => Self::Name(text.trim_end_matches('.').to_ascii_lowercase()),
        }
    }
}

impl AllowedHosts {
    /// Names of hosts, addresses and networks, as `setting` lists them.
    pub fn new(setting: &'static str, entries: &[String]) -> Self {
        let mut allowed = Self { names: Vec::new(), networks: Vec::new(), setting };
        for entry in entries {
            match Entry::of(entry) {
                Entry::Network(network) => allowed.networks.push(network),
                Entry::Name(name) => allowed.names.push(name),
            }
        }
        allowed
    }

    fn has_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }

    fn refused(&self, host: impl Into<String>) -> Refused {
        Refused { host: host.into(), setting: self.setting }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            !NOT_PUBLIC.iter().any(|net| net.parse::<Ipv4Net>().is_ok_and(|net| net.contains(&address)))
        }
        IpAddr::V6(address) => {
            let within = |net: &str| net.parse::<Ipv6Net>().is_ok_and(|net| net.contains(&address));
            within(ROUTED) && !NOT_PUBLIC_6.iter().any(|net| within(net))
        }
    }
}

/// A host that must not be asked.
#[derive(Debug, thiserror::Error)]
#[error("{host} is not at a public address; the operator lists it in {setting} if it may be asked")]
pub struct Refused {
    host: String,
    setting: &'static str,
}

/// Why an address is none that may be asked.
///
/// # Errors
/// Another scheme than http or https, no host, or a number that is refused. Names are judged when they are looked up.
pub fn judge(allowed: &AllowedHosts, url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("an address must be http:// or https://, not {}:", url.scheme()));
    }
    let number = match url.host() {
        None => return Err("the address names no host".into()),
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
    };
    if allowed.has_address(number) { Ok(()) } else { Err(allowed.refused(number.to_string()).to_string()) }
}

/// A client that reaches only what is allowed; the caller judges the first address, since one in numbers is not looked up. It
/// follows so many redirects, each judged too.
pub fn client(trust: &Trust, allowed: &Arc<AllowedHosts>, redirects: usize) -> reqwest::ClientBuilder {
    let judges = allowed.clone();
    let policy = redirect::Policy::custom(move |attempt| {
        if redirects == 0 {
            return attempt.stop();
        }
        if attempt.previous().len() > redirects {
            return attempt.error(format!("more than {redirects} redirects"));
        }
        match judge(&judges, attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(why) => attempt.error(why),
        }
    });
    trust
        .http()
        // A proxy would look names up where we can't judge what they lead to.
        .no_proxy()
        .dns_resolver(Arc::new(GuardedLookup(allowed.clone())))
        .redirect(policy)
}

/// The innermost cause of a failure, without the address, which may carry a secret; and whether it is a refusal of ours.
pub fn cause(error: &reqwest::Error) -> (String, bool) {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    (cause.to_string(), error.is_redirect() || cause.is::<Refused>())
}

/// Looks names up and leaves out what must not be asked.
struct GuardedLookup(Arc<AllowedHosts>);

impl Resolve for GuardedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let name = name.as_str();
            let found = tokio::net::lookup_host((name, 0)).await?;
            let trusted = allowed.has_name(name);
            let usable: Vec<SocketAddr> =
                found.filter(|found| trusted || allowed.has_address(found.ip())).collect();
            if usable.is_empty() {
                return Err(allowed.refused(name).into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entries: &[&str], url: &str) -> bool {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        judge(&AllowedHosts::new("test.allow", &entries), &url.parse().unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_are_refused_in_every_way_to_write_them() {
        for url in [
            "http://127.0.0.1/a",
            "http://2130706433/a",
            "http://0x7f.1/a",
            "http://10.1.2.3/a",
            "http://169.254.169.254/latest/meta-data",
            "http://192.168.1.1:8080/a",
            "http://100.64.0.1/a",
            "http://0.0.0.0/a",
            "http://224.0.0.1/a",
            "http://255.255.255.255/a",
            "http://[::1]/a",
            "http://[::]/a",
            "http://[::ffff:127.0.0.1]/a",
            "http://[fe80::1]/a",
            "http://[fd00::1]/a",
            "http://[64:ff9b::7f00:1]/a",
            "http://[2002:7f00:1::]/a",
            "http://[2001:db8::1]/a",
            "ftp://8.8.8.8/a",
            "file:///etc/passwd",
        ] {
            assert!(!allows(&[], url), "{url}");
        }
        for url in ["http://8.8.8.8/a", "https://[2606:4700::1111]/a", "https://storage.example/a"] {
            assert!(allows(&[], url), "{url}");
        }
    }

    #[test]
    fn what_the_operator_lists_is_allowed_and_its_neighbours_are_not() {
        assert!(allows(&["10.0.0.0/8"], "http://10.1.2.3/a"));
        assert!(allows(&["127.0.0.1"], "http://127.0.0.1:9000/a"));
        assert!(!allows(&["127.0.0.1"], "http://127.0.0.2/a"));
        assert!(allows(&["fd00::/8"], "http://[fd00::7]/a"));
        let names = AllowedHosts::new("test.allow", &["Storage.lan.".into()]);
        assert!(names.has_name("storage.LAN") && !names.has_name("evil.storage.lan"));
    }

    #[tokio::test]
    async fn a_name_is_judged_by_the_addresses_it_leads_to() {
        let look = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            let lookup = GuardedLookup(Arc::new(AllowedHosts::new("test.allow", &entries)));
            async move { lookup.resolve("localhost".parse().unwrap()).await.map(Iterator::count) }
        };
        let refused = look(&[]).await.unwrap_err();
        assert!(refused.to_string().contains("test.allow"), "{refused}");
        assert!(look(&["localhost"]).await.unwrap() > 0);
        assert!(look(&["127.0.0.0/8"]).await.unwrap() > 0);
    }
}
