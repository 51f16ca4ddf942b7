//! What `doctor` finds of an identity provider, row by row of what goes wrong with one.

use reflector::config::Config;
use reflector::ops::doctor;
use serde_json::json;

use super::ADA;
use crate::support::identity::{Identity, SECRET};

/// What is told about logins, with the remedies of what is wrong.
async fn told(config: &Config) -> String {
    let findings = doctor::access(config).await;
    let lines =
        findings.into_iter().filter(|finding| finding.what == "login").map(|finding| match finding.outcome {
            Ok(text) => format!("ok: {text}"),
            Err(problem) => format!("wrong: {} -> {}", problem.text, problem.remedy),
        });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_that_goes_wrong_with_a_provider_is_found_and_has_a_remedy() {
    let mut identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let mut good = site.app.config().clone();
    good.server.site_url = Some(site.url(""));
    let told_with = async |change: &dyn Fn(&mut Config)| {
        let mut config = good.clone();
        change(&mut config);
        told(&config).await
    };

    let said = told(&good).await;
    for line in [
        "ok: at Example ID",
        "ok: tokens must be meant for reflector",
        "ok: the provider's clock and this one are 0 s apart",
        "ok: 1 published key can be used",
        "ok: the provider sends people back to ",
        "ok: the provider knows this application, and takes codes from it",
        "ok: the provider knows this application, and renews tokens from it",
        "wrong: nobody looks after this installation yet -> set auth.admin_email",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let token = identity.token("ada").await;
    assert_eq!(site.client.get(site.url("/v1/me")).bearer_auth(&token).send().await.unwrap().status(), 200);
    let said = told(&good).await;
    assert!(said.contains("ok: there is an administrator") && !said.contains("wrong:"), "{ADA}: {said}");

    let said = told_with(&|config| config.auth.audience = Some("another".into())).await;
    assert!(
        said.contains("wrong: tokens must be meant for another") && said.contains("OAuth client ID"),
        "{said}"
    );
    let said = told_with(&|config| config.auth.issuer = Some(format!("{}/reflector", identity.issuer))).await;
    assert!(said.contains("answers 404: nothing is there") && said.contains("correct auth.issuer"), "{said}");
    let other = identity.issuer.replace("127.0.0.1", "localhost");
    let said = told_with(&|config| config.auth.issuer = Some(other.clone())).await;
    assert!(said.contains("calls itself http://127.0.0.1"), "{said}");
    let said = told_with(&|config| config.auth.client_secret = Some(format!("{SECRET}x"))).await;
    assert!(
        said.contains("auth.client_id or auth.client_secret is wrong") && said.contains("copy client ID"),
        "{said}"
    );
    let said = told_with(&|config| config.server.site_url = Some("https://elsewhere.example/".into())).await;
    let wanted =
        "is to come back to https://elsewhere.example/api/auth/callback/authentik -> register exactly that";
    assert!(said.contains(wanted), "{said}");
    let said =
        told_with(&|config| config.auth.refresh_token_url = Some(format!("{}/none", identity.issuer))).await;
    assert!(said.contains("AUTHENTIK_REFRESH_TOKEN_URL"), "{said}");

    // A key that the provider does not publish any more.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let pem = identity.control("keys", &json!({})).await["pem"].as_str().unwrap().to_owned();
    std::fs::write(&file, &pem).unwrap();
    let pinned = |config: &mut Config| config.auth.jwt_public_key_file = Some(file.clone());
    assert!(
        told_with(&pinned).await.contains("ok: the key of the settings is one that the provider publishes")
    );
    identity.control("rotate", &json!({})).await;
    let said = told_with(&pinned).await;
    assert!(said.contains("wrong: the key in auth.jwt_public_key_file is none of those"), "{said}");
    std::fs::write(&file, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").unwrap();
    assert!(told_with(&pinned).await.contains("holds no public key for RS256"));
    let said = told_with(&|config| config.auth.jwt_algorithm = reflector::config::JwtAlgorithm::ES256).await;
    assert!(said.contains("publishes no key for auth.jwt_algorithm"), "{said}");

    identity.stop();
    let said = told(&good).await;
    assert!(said.contains("refused") && said.contains("see that the provider runs"), "{said}");
}
