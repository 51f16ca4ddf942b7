//! From which address a request came, where proxies stand in between.
//!
//! A proxy says so in `X-Forwarded-For`, and so can anybody. Hence only what trusted proxies added is believed: from the right,
//! as far as the addresses are theirs. A proxy on this machine is trusted; others are named by `server.trusted_proxies`.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// Those whose word counts.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Addresses and networks, as in `192.0.2.10` and `10.0.0.0/8`.
    ///
    /// # Errors
    /// The first that is neither.
    pub fn new(list: &[String]) -> Result<Self, String> {
        list.iter()
            .map(|one| {
                let one = one.trim();
                one.parse().or_else(|_| one.parse::<IpAddr>().map(IpNet::from)).map_err(|_| one.to_owned())
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a peer's word counts.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.0.iter().any(|net| net.contains(&peer))
    }

    /// Who asks, given who is connected and the values of `X-Forwarded-For` in order.
    pub fn client<'v>(&self, peer: IpAddr, forwarded: impl IntoIterator<Item = &'v str>) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let said: Vec<&str> =
            forwarded.into_iter().flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut nearest = peer;
        for text in said.into_iter().rev() {
            // What is no address was not written by a proxy that knows its work: nobody before it can be known.
            let Some(address) = address(text) else { return nearest };
            nearest = address;
            if !self.trusts(address) {
                return address;
            }
        }
        nearest
    }
}

/// An address, with or without a port, brackets or quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let plain = text.parse().or_else(|_| text.trim_matches(['[', ']']).parse());
    let found = plain.or_else(|_| text.parse::<std::net::SocketAddr>().map(|place| place.ip()));
    found.ok().map(|found: IpAddr| found.to_canonical())
}

/// What is counted as one: of IPv6 a customer has at least 2^64 addresses.
pub fn household(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let segments = address.segments();
            let net = Ipv6Addr::new(segments[0], segments[1], segments[2], segments[3], 0, 0, 0, 0);
            format!("{net}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_trusted_proxies_added_is_believed() {
        let proxies = Proxies::new(&["192.0.2.10".into(), "10.0.0.0/8".into()]).unwrap();
        for (peer, said, wanted) in [
            ("203.0.113.5", &["198.51.100.1"][..], "203.0.113.5"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("192.0.2.10", &["2001:db8::7"], "2001:db8::7"),
            ("192.0.2.10", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("127.0.0.1", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("192.0.2.11", &["198.51.100.1"], "192.0.2.11"),
        ] {
            let found = proxies.client(peer.parse().unwrap(), said.iter().copied());
            assert_eq!(found.to_string(), wanted, "{peer} {said:?}");
        }
        assert_eq!(Proxies::new(&["proxy.lan".into()]).unwrap_err(), "proxy.lan");
    }

    #[test]
    fn the_addresses_of_one_customer_count_as_one() {
        let of = |text: &str| household(text.parse().unwrap());
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
