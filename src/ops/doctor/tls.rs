//! Whom this installation trusts, and whom it offers to its visitors.

use super::{Finding, Problem};
use crate::config::TlsConfig;
use crate::tls::{Certificate, Trust, site};

/// Fewer days than this are a warning: enough time to have another one trusted everywhere.
const SOON: i64 = 30;

/// Looks at every certificate that the settings name, and says whom to trust from here on.
pub(super) fn examine(config: &TlsConfig) -> (Vec<Finding>, Trust) {
    let mut findings = Vec::new();
    let trust = match Trust::load(&config.ca) {
        Ok(trust) => trust,
        Err(error) => {
            let text = format!("tls.ca: {error}");
            let remedy = "correct tls.ca; `reflector certs show PATH` says what a file holds. Nothing starts before that";
            findings.push(finding(Err(Problem { text, remedy, warning: false })));
            Trust::system()
        }
    };
    if config.ca.is_empty() {
        findings.push(finding(Ok("the system's certificate authorities are trusted (no tls.ca)".into())));
    }
    for authority in trust.authorities() {
        let place = format!("{} in {}", authority.certificate.subject, authority.file.display());
        let remedy = "put the authority's next certificate beside it in tls.ca, and restart";
        findings.push(finding(lasting(&authority.certificate, format!("{place} is trusted"), remedy)));
    }
    if let Some(file) = &config.site_ca {
        let outcome = match site::root(file) {
            Ok(root) => {
                let text = format!("/trust offers {} from {}", root.subject, file.display());
                lasting(
                    &root,
                    text,
                    "make a new authority with `reflector certs init` in another folder, and have it trusted",
                )
            }
            Err(error) => Err(Problem {
                text: format!("tls.site_ca: {error}"),
                remedy: "name the certificate of the pages' authority, or leave tls.site_ca out",
                warning: false,
            }),
        };
        findings.push(Finding { what: "certificate for visitors", outcome });
    }
    (findings, trust)
}

fn lasting(certificate: &Certificate, text: String, remedy: &'static str) -> Result<String, Problem> {
    let days = certificate.days_left();
    let text = format!("{text}, {days} days left");
    if days < SOON { Err(Problem { text, remedy, warning: true }) } else { Ok(text) }
}

fn finding(outcome: Result<String, Problem>) -> Finding {
    Finding { what: "certificates", outcome }
}
