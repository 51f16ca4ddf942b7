//! Whether the identity provider can be used, row by row of what goes wrong with one.

use chrono::{DateTime, Utc};

use super::login::{finding, problem};
use super::{Finding, Problem};
use crate::clock;
use crate::config::{AuthConfig, Config};
use crate::oidc::{Answer, LEEWAY, Oidc, OidcError, Probe};
use crate::tls::Trust;

/// Where the provider sends browsers back to.
const CALLBACK: &str = "/api/auth/callback/authentik";

pub(super) async fn examine(config: &Config, trust: &Trust) -> Vec<Finding> {
    let auth = &config.auth;
    let oidc = match Oidc::new(auth, trust) {
        Ok(Some(oidc)) => oidc,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let remedy = "the key must be the provider's own, in PEM, in a file that this user may read";
            return vec![finding(Err(problem(error.to_string(), remedy, false)))];
        }
    };
    let mut findings = vec![finding(audience(auth))];
    if auth.issuer.is_none() {
        let text = "only programs can log in: auth.issuer is not set";
        let remedy = "set auth.issuer and auth.client_id, if people are to log in, too";
        findings.push(finding(Err(problem(text, remedy, true))));
        if auth.jwks_url.is_none() {
            return findings;
        }
    } else {
        findings.push(finding(clocks(&oidc).await));
    }
    let published = match oidc.published().await {
        Ok(published) => published,
        Err(error) => {
            let problem = match oidc.look().await {
                Ok(Some(answer)) if matches!(answer.status, 502..=504) => {
                    not_up(&auth.provider_name(), &answer)
                }
                _ => unusable(&error),
            };
            findings.push(finding(Err(problem)));
            return findings;
        }
    };
    if let Some(issuer) = &auth.issuer {
        findings.push(finding(Ok(format!("{issuer} answers, and calls itself that"))));
    }
    findings.push(finding(keys(&oidc, published.keys, published.pinned)));
    if oidc.serves_browsers() {
        findings.push(finding(callback(config, &oidc).await));
        findings.push(finding(secret(&oidc, Probe::Code).await));
        findings.push(finding(secret(&oidc, Probe::Refresh).await));
    }
    findings
}

fn unusable(error: &OidcError) -> Problem {
    let remedy = match error {
        OidcError::Unreachable(_) => {
            "see that the provider runs, that this machine may reach it (services.reflector.network.allow), and that tls.ca has its authority"
        }
        _ => {
            "correct auth.issuer; on the same host, see that Caddy reaches the provider and the provider is healthy"
        }
    };
    problem(error.to_string(), remedy, false)
}

/// The provider's address answers, and the provider does not: a proxy says so in its place, or its own front before it is ready.
fn not_up(name: &str, answer: &Answer) -> Problem {
    let body = String::from_utf8_lossy(&answer.body);
    let said: String = body
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
        .chars()
        .take(120)
        .collect();
    let status = answer.status;
    // A proxy's own words are none, or a page with the status by its name.
    let usual = ["<", "Bad Gateway", "Service Unavailable", "Gateway Time"];
    if said.is_empty() || usual.iter().any(|words| said.contains(words)) {
        let caddy = answer.server.as_deref().is_some_and(|server| server.contains("Caddy"));
        let who = if caddy { "Caddy" } else { "a proxy" };
        let text = format!(
            "{who} answers {status} in the place of {name}: nobody answers where it passes that name on to"
        );
        let remedy = "start the provider (Authentik: its server's unit or container), and have the proxy pass on to where it listens: services.reflector.auth.authentik.address; `journalctl -u caddy` says what it tried";
        return problem(text, remedy, false);
    }
    let text = format!("{name} answers {status}, {said:?}: it runs, and is not ready");
    let remedy = "wait: Authentik takes minutes for its first start; if it stays so, look at its own log, its database and its worker";
    problem(text, remedy, false)
}

fn audience(auth: &AuthConfig) -> Result<String, Problem> {
    let audience = auth.audience().unwrap_or_default();
    let client = auth.client_id.as_deref().unwrap_or(audience);
    if audience == client {
        return Ok(format!("tokens must be meant for {audience}"));
    }
    let text = format!("tokens must be meant for {audience}, and the client is called {client}");
    let remedy = "auth.audience (AUTH_JWT_AUDIENCE) must be the OAuth client ID, unless the provider is set up otherwise";
    Err(problem(text, remedy, true))
}

async fn clocks(oidc: &Oidc) -> Result<String, Problem> {
    let ours = clock::now();
    let date = oidc.look().await.ok().flatten().and_then(|answer| answer.date);
    let Some(theirs) = date else { return Ok("the provider does not tell the time".into()) };
    compare(ours, theirs)
}

fn compare(ours: DateTime<Utc>, theirs: DateTime<Utc>) -> Result<String, Problem> {
    let apart = (ours - theirs).num_seconds().abs();
    if apart <= LEEWAY.as_secs().cast_signed() {
        return Ok(format!("the provider's clock and this one are {apart} s apart"));
    }
    let text = format!(
        "the provider's clock and this one are {apart} s apart: tokens are not valid yet, or have run out"
    );
    Err(problem(text, "set both by NTP (`timedatectl set-ntp true`)", false))
}

fn keys(oidc: &Oidc, keys: usize, pinned: Option<bool>) -> Result<String, Problem> {
    match (keys, pinned) {
        (_, Some(false)) => Err(problem(
            "the key in auth.jwt_public_key_file is none of those that the provider publishes",
            "take it from the right provider's keys, or leave auth.jwt_public_key_file out: then they are followed as they change",
            false,
        )),
        (0, _) => Err(problem(
            format!("{} publishes no key for auth.jwt_algorithm", oidc.name()),
            "choose a signing key in the provider's settings (Authentik: Advanced protocol settings), or name its algorithm",
            false,
        )),
        (_, Some(true)) => Ok("the key of the settings is one that the provider publishes".into()),
        (keys, None) => Ok(format!("{keys} published key{} can be used", if keys == 1 { "" } else { "s" })),
    }
}

async fn callback(config: &Config, oidc: &Oidc) -> Result<String, Problem> {
    let Some(site) = config.server.site_url.as_deref() else {
        return Err(problem(
            "where the provider sends people back to depends on how they came: server.site_url is not set",
            "set server.site_url to the address people use",
            true,
        ));
    };
    let callback = format!("{}{CALLBACK}", site.trim_end_matches('/'));
    match oidc.probe_callback(&callback).await {
        Ok(status) if status < 400 => Ok(format!("the provider sends people back to {callback}")),
        Ok(status) => Err(problem(
            format!("the provider answers {status} to a login that is to come back to {callback}"),
            "register exactly that as redirect URI at the provider, slash by slash, and see that auth.client_id is its client ID",
            false,
        )),
        Err(error) => Err(unusable(&error)),
    }
}

async fn secret(oidc: &Oidc, probe: Probe) -> Result<String, Problem> {
    let what = match probe {
        Probe::Code => "takes codes",
        Probe::Refresh => "renews tokens",
    };
    let remedy = match probe {
        Probe::Code => {
            "copy client ID and secret from the provider into auth.client_id and auth.client_secret_file"
        }
        Probe::Refresh => {
            "leave auth.refresh_token_url (AUTHENTIK_REFRESH_TOKEN_URL) out, or set it to the provider's token endpoint"
        }
    };
    match oidc.probe_token(probe).await {
        Ok(()) => Ok(format!("the provider knows this application, and {what} from it")),
        Err(error) => Err(problem(error.to_string(), remedy, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_in_the_providers_place_is_told_from_the_provider_itself() {
        let answer = |server: Option<&str>, body: &str| Answer {
            status: 503,
            body: body.into(),
            server: server.map(str::to_owned),
            date: None,
        };
        for body in ["", "\n", "<html>\n<h1>Authentik</h1>", "Service Unavailable"] {
            let said = not_up("Authentik", &answer(Some("Caddy"), body)).text;
            assert!(said.starts_with("Caddy answers 503 in the place of Authentik"), "{said}");
        }
        assert!(not_up("Authentik", &answer(None, "")).text.starts_with("a proxy answers 503"));
        let starting = "failed to connect to authentik backend: authentik starting";
        let said = not_up("Authentik", &answer(Some("Caddy"), starting));
        assert!(said.text.contains("is not ready") && said.text.contains(starting), "{said:?}");
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let now = clock::now();
        assert!(compare(now, now - chrono::Duration::seconds(60)).is_ok());
        let said = compare(now, now + chrono::Duration::seconds(61)).unwrap_err();
        assert!(said.text.contains("61 s apart") && said.remedy.contains("NTP"));
    }
}
