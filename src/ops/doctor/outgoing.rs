//! Whom this machine calls because a person named the address, and what the settings open to them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Finding, PATIENCE, Problem};
use crate::config::{Config, OutgoingConfig};
use crate::outgoing::Entry;

/// Of what is the machine's own, or its cloud's, something that must be meant.
const OWN: [(IpAddr, u8, &str); 3] = [
    (IpAddr::V4(Ipv4Addr::LOCALHOST), 8, "what listens on this machine alone"),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128, "what listens on this machine alone"),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), 32, "a cloud's service with this machine's keys"),
];

/// Looks at every line of the list.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let entries = &config.outgoing.allow_hosts;
    let mut findings = Vec::new();
    for entry in entries {
        findings.extend(judge(entry).await.err().map(|problem| finding(Err(problem))));
    }
    if findings.is_empty() {
        let text = match entries.as_slice() {
            [] => "public addresses alone".to_owned(),
            entries => format!("public addresses and {}", entries.join(", ")),
        };
        findings.push(finding(Ok(text)));
    }
    findings
}

fn finding(outcome: Result<String, Problem>) -> Finding {
    Finding { what: "webhooks", outcome }
}

async fn judge(entry: &str) -> Result<(), Problem> {
    match Entry::of(entry) {
        Entry::Network(network) => opened(entry, network),
        Entry::Name(name) => {
            let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name.as_str(), 0))).await;
            let wrong = |why: String| Problem {
                text: format!("{entry} in {} {why}", OutgoingConfig::ALLOW_HOSTS),
                remedy: "correct the name, or take it off the list; `getent hosts NAME` shows what this machine finds",
                warning: false,
            };
            let found = found.map_err(|_| wrong("is not looked up in time".into()))?;
            for address in found.map_err(|error| wrong(format!("can't be looked up: {error}")))? {
                opened(entry, address.ip().to_canonical().into())?;
            }
            Ok(())
        }
    }
}

/// Warns of what hardly anybody means to open to whoever makes a room.
fn opened(entry: &str, network: IpNet) -> Result<(), Problem> {
    let meets = |other: &IpNet| network.contains(other) || other.contains(&network);
    let own = OWN.iter().find(|(address, bits, _)| IpNet::new(*address, *bits).is_ok_and(|own| meets(&own)));
    let Some((_, _, what)) = own else { return Ok(()) };
    Err(Problem {
        text: format!("{entry} in {} lets whoever makes a room call {what}", OutgoingConfig::ALLOW_HOSTS),
        remedy: "list the addresses of those hosts alone that take webhooks",
        warning: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_opens_this_machine_is_warned_of_and_a_name_that_leads_nowhere_is_wrong() {
        for good in ["10.0.0.0/8", "192.168.1.7", "fd00::/8", "[fd00::7]"] {
            assert!(judge(good).await.is_ok(), "{good}");
        }
        for own in ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::/0", "::1", "localhost", "169.254.0.0/16"] {
            let problem = judge(own).await.unwrap_err();
            assert!(problem.warning && problem.text.contains("outgoing.allow_hosts"), "{own}: {problem:?}");
        }
        let problem = judge("hooks.invalid").await.unwrap_err();
        assert!(!problem.warning && problem.text.contains("can't be looked up"), "{problem:?}");
    }
}
