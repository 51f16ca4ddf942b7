//! What `doctor` finds at the address that people use, with a real Caddy in front: who answers there, and whether somebody who has not
//! logged in is led to the login.

use reflector::config::Config;
use reflector::ops::doctor;
use serde_json::json;

use super::by_password;
use crate::support::certs::{Caddy, Workbench, free_port};
use crate::support::identity::{CALLBACK, Identity};
use crate::support::site::Site;

const NAME: &str = "reflector.test";

/// An authority of the house, and what it certified for Caddy.
fn house() -> Workbench {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", NAME]);
    bench
}

/// The settings of a site that people reach by `host` at Caddy's port.
fn behind(site: &Site, bench: &Workbench, host: &str, port: u16) -> Config {
    let mut config = site.app.config().clone();
    config.server.site_url = Some(format!("https://{host}:{port}"));
    config.server.listen = site.address;
    config.tls.ca = vec![bench.path("certs").into()];
    config
}

/// What is told of the site's address, or of logins, with the remedies of what is wrong.
async fn told(what: &str, config: &Config) -> String {
    let findings = doctor::access(config).await;
    let lines =
        findings.into_iter().filter(|finding| finding.what == what).map(|finding| match finding.outcome {
            Ok(text) => format!("ok: {text}"),
            Err(problem) => format!("wrong: {} -> {}", problem.text, problem.remedy),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// Each of `words` is said.
#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word}\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_in_the_place_of_this_program_is_found() {
    let bench = house();
    let site = Site::set(|config| {
        by_password(config);
        config.server.site_url = Some(format!("https://{NAME}/"));
    })
    .await;
    let good = Caddy::before(&bench, "certs", site.address.port());
    let well = behind(&site, &bench, "localhost", good.port);
    let said = told("site", &well).await;
    says(&said, &["answers, and is this program", "ok: a page that needs a login leads to the login"]);
    assert!(!said.contains("wrong:"), "{said}");

    // A name that nobody looks up here is served by the Caddy of this machine.
    let said = told("site", &behind(&site, &bench, NAME, good.port)).await;
    let first = format!("ok: what stands in front on this machine answers as https://{NAME}:{}/", good.port);
    says(&said, &[&first, "leads to the login"]);

    // Caddy is there, and what it passes on to is not.
    let dead = Caddy::before(&bench, "certs", free_port());
    let mut config = behind(&site, &bench, "localhost", dead.port);
    let said = told("site", &config).await;
    let text = format!(
        "Caddy answers 502 at https://localhost:{}/: it does not reach this program, which answers at {}",
        dead.port, site.address
    );
    says(&said, &[&text, "pass everything on to server.listen"]);
    config.server.listen = ([127, 0, 0, 1], free_port()).into();
    let said = told("site", &config).await;
    says(&said, &["Caddy answers 502", "this program does not answer at", "systemctl status reflector-web"]);

    for (body, words) in [
        ("respond 503", ["Caddy answers 503 at", "journalctl -u caddy"]),
        ("respond \"another site\"", ["somebody else answers at", "getent hosts"]),
        ("respond \"ok\n\"", ["somebody else answers at", "server.site_url"]),
        (
            "redir https://elsewhere.example{uri} 308",
            ["leads on to https://elsewhere.example/livez", "set server.site_url"],
        ),
    ] {
        let front = Caddy::start(&bench, "certs", body);
        says(&told("site", &behind(&site, &bench, "localhost", front.port)).await, &words);
    }

    // Nobody in front; an authority that nobody named; another name than the program knows.
    let said = told("site", &behind(&site, &bench, "localhost", free_port())).await;
    says(&said, &["nobody answers at", "though this program does", "systemctl status caddy"]);
    let mut config = well.clone();
    config.tls.ca.clear();
    says(&told("site", &config).await, &["is not trusted", "UnknownIssuer", "tls.site_ca"]);
    config.tls.site_ca = Some(bench.path("certs/ca.crt").into());
    says(&told("site", &config).await, &["ok: a page that needs a login"]);
    let nameless = Site::set(by_password).await;
    let front = Caddy::before(&bench, "certs", nameless.address.port());
    let said = told("site", &behind(&nameless, &bench, NAME, front.port)).await;
    says(&said, &["knows itself by another name", "systemctl restart reflector-web"]);
    config.server.site_url = None;
    assert_eq!(told("site", &config).await, "", "there is no address to ask");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_needs_a_login_leads_to_it_or_what_is_in_the_way_is_found() {
    let bench = house();
    let site = Site::set(|config| {
        by_password(config);
        config.cors.origins = vec!["https://app.example.org".into()];
    })
    .await;
    let to = format!("reverse_proxy {}", site.address);
    let dead = format!("reverse_proxy 127.0.0.1:{}", free_port());
    for (body, words) in [
        (
            to.clone(),
            vec![
                "ok: a page that needs a login leads",
                "ok: pages of https://app.example.org may use the API",
            ],
        ),
        // The start page of another program, as where pages and API are two.
        (
            format!("handle /livez {{\n {to}\n}}\n handle /v1/* {{\n {to}\n}}\n handle {{\n {dead}\n}}"),
            vec!["Caddy answers 502 at", "/settings, a page that needs a login", "pass everything on"],
        ),
        (
            format!("respond /settings 404\n {to}"),
            vec!["somebody else answers at", "404", "rules of its own"],
        ),
        (
            format!("redir /login* /settings 302\n {to}"),
            vec!["leads in a circle: /settings, /login, /settings"],
        ),
        (
            format!("redir /login* https://sso.example.org/ 302\n {to}"),
            vec!["to https://sso.example.org/, which is not this site", "without a login"],
        ),
        (
            format!("@asked method OPTIONS\n respond @asked 204\n {to}"),
            vec!["pages of https://app.example.org can't use the API", "allows nobody", "pass OPTIONS"],
        ),
    ] {
        let front = Caddy::start(&bench, "certs", &body);
        let said = told("site", &behind(&site, &bench, "localhost", front.port)).await;
        says(&said, &words);
        assert_eq!(said.contains("wrong:"), !words[0].starts_with("ok:"), "{body}: {said}");
    }

    // A program that runs with other settings than the ones that were read.
    let open = Site::new().await;
    let front = Caddy::before(&bench, "certs", open.address.port());
    let mut config = behind(&open, &bench, "localhost", front.port);
    says(&told("site", &config).await, &["ok: https://localhost"]);
    by_password(&mut config);
    says(&told("site", &config).await, &["the program that runs knows no login", "older settings"]);

    // Visitors of a public site are told to log in where they must.
    let public = super::public().await;
    let front = Caddy::before(&bench, "certs", public.address.port());
    let said = told("site", &behind(&public, &bench, "localhost", front.port)).await;
    assert!(said.contains("leads to the login") && !said.contains("wrong:"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_behind_caddy_that_is_away_is_told_from_one_that_is_not_ready() {
    let bench = house();
    let identity = Identity::start();
    let plain = identity.issuer.rsplit(':').next().unwrap().parse().unwrap();
    let provider = Caddy::before(&bench, "certs", plain);
    let at = |caddy: &Caddy| Some(format!("https://localhost:{}", caddy.port));
    let issuer = at(&provider);
    identity.control("move", &json!({ "to": issuer })).await;
    let with = |issuer: Option<String>| {
        let (settings, authority) = (identity.settings(), bench.path("certs").into());
        Site::set(move |config| {
            settings(config);
            config.auth.issuer = issuer;
            config.tls.ca = vec![authority];
        })
    };
    let site = with(issuer.clone()).await;
    let front = Caddy::before(&bench, "certs", site.address.port());
    let known = json!({ "redirect_uris": [format!("https://localhost:{}{CALLBACK}", front.port)] });
    identity.control("client", &known).await;
    let mut config = behind(&site, &bench, "localhost", front.port);
    says(
        &told("site", &config).await,
        &[
            "ok: a page that needs a login leads to the login, and that on to Example ID at https://localhost:",
        ],
    );
    says(
        &told("login", &config).await,
        &["ok: the provider sends people back to ", "and takes codes from it"],
    );

    let away = Caddy::before(&bench, "certs", free_port());
    config.auth.issuer = at(&away);
    says(
        &told("login", &config).await,
        &["Caddy answers 502 in the place of Example ID", "services.reflector.auth.authentik.address"],
    );
    let text = "failed to connect to authentik backend: authentik starting";
    let starting = Caddy::start(&bench, "certs", &format!("respond \"{text}\" 503"));
    config.auth.issuer = at(&starting);
    says(&told("login", &config).await, &["Example ID answers 503", text, "is not ready", "takes minutes"]);

    // What this command reaches, the pages' own process may be kept from.
    let kept = with(at(&away)).await;
    let front = Caddy::before(&bench, "certs", kept.address.port());
    let mut config = behind(&kept, &bench, "localhost", front.port);
    config.auth.issuer = issuer;
    let said = told("site", &config).await;
    says(
        &said,
        &["nobody gets on to Example ID", "/login/provider answers 503", "services.reflector.network.allow"],
    );
}
