//! `reflector admin setup-authentik`, at a stand-in that speaks Authentik's API.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::authentik::{Authentik, SECRET, TOKEN};

const SITE: &str = "https://meet.example.org";
const CALLBACK: &str = "https://meet.example.org/api/auth/callback/authentik";

/// Runs the command; whether it went well, what it printed, and what it logged.
async fn run(url: &str, token: &str, more: &[&str]) -> (bool, String, String) {
    run_with(url, token, more, &[]).await
}

/// The same with settings of its own.
async fn run_with(
    url: &str,
    token: &str,
    more: &[&str],
    settings: &[(&str, &str)],
) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .args(["admin", "setup-authentik", url])
        .args(more)
        .env("REFLECTOR_SERVER__SITE_URL", SITE)
        .env("RUST_LOG", "trace")
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{token}\n").as_bytes()).unwrap();
    let done = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let Output { status, stdout, stderr } = done;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.success(), text(stdout), text(stderr))
}

fn redirect(url: &str) -> Value {
    json!({ "matching_mode": "strict", "url": url })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_and_an_application_are_made_once_and_the_settings_printed() {
    let authentik = Authentik::start().await;
    let (ok, said, log) = run(&authentik.url(), TOKEN, &["--dry-run"]).await;
    assert!(ok, "{said}{log}");
    assert_eq!(said.trim(), "would make the provider Reflector\nwould make the application reflector");
    assert!(authentik.kept().writes.is_empty());

    let (ok, said, log) = run(&authentik.url(), TOKEN, &[]).await;
    assert!(ok, "{said}{log}");
    {
        let kept = authentik.kept();
        assert_eq!(kept.writes, ["POST /api/v3/providers/oauth2/", "POST /api/v3/core/applications/"]);
        let provider = &kept.providers[0];
        assert_eq!(provider["redirect_uris"], json!([redirect(CALLBACK)]));
        assert_eq!(provider["property_mappings"], json!(["m-openid", "m-email", "m-profile", "m-offline"]));
        assert_eq!(
            (&provider["client_type"], &provider["signing_key"]),
            (&json!("confidential"), &json!("k-self"))
        );
        let flows = (&provider["authorization_flow"], &provider["invalidation_flow"]);
        assert_eq!(flows, (&json!("f-implicit"), &json!("f-invalidation")));
        let application = &kept.applications[0];
        assert_eq!((&application["slug"], &application["provider"]), (&json!("reflector"), &provider["pk"]));
    }
    for line in [
        "made the provider Reflector",
        "made the application reflector",
        "site_url = \"https://meet.example.org\"",
        "mode = \"jwt\"",
        "issuer = \"https://auth.example.org/application/o/reflector/\"",
        "client_id = \"Qx3made4up5by6authentik\"",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(said.contains(SECRET), "shown where no file is named: {said}");
    assert!(!log.contains(SECRET) && !log.contains(TOKEN) && !said.contains(TOKEN), "{log}");
    let settings = said.split("\n\n").skip(1).take(2).collect::<Vec<_>>().join("\n");
    let read: toml::Table = settings.parse().unwrap_or_else(|error| panic!("{error}: {settings}"));
    assert_eq!(read["auth"]["mode"].as_str(), Some("jwt"));

    // Again: nothing is made twice, and the secret goes into a file that only its owner reads.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(
        &file,
        "an older one, which was longer than the one that takes its place, and open to all",
    )
    .unwrap();
    let (ok, said, log) = run(&authentik.url(), TOKEN, &["--secret-file", file.to_str().unwrap()]).await;
    assert!(ok, "{said}{log}");
    assert!(
        said.contains("nothing was changed") && !said.contains(SECRET) && !log.contains(SECRET),
        "{said}{log}"
    );
    assert!(said.contains(&format!("client_secret_file = \"{}\"", file.display())), "{said}");
    assert_eq!(authentik.kept().writes.len(), 2);
    assert_eq!((std::fs::read_to_string(&file).unwrap().as_str(), rights(&file)), (SECRET, 0o600));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_settings_have_already_is_told_to_authentik_and_not_shown() {
    let authentik = Authentik::start().await;
    let secret = "made-on-the-first-boot";
    let own = [("REFLECTOR_AUTH__CLIENT_ID", "meetings"), ("REFLECTOR_AUTH__CLIENT_SECRET", secret)];
    for _ in 0..2 {
        let (ok, said, log) = run_with(&authentik.url(), TOKEN, &[], &own).await;
        assert!(ok && said.contains("client_id = \"meetings\""), "{said}{log}");
        assert!(said.contains("the one of these settings"), "{said}");
        assert!(!said.contains(secret) && !log.contains(secret), "{said}{log}");
    }
    let kept = authentik.kept();
    let client = (&kept.providers[0]["client_id"], &kept.providers[0]["client_secret"]);
    assert_eq!((client, kept.writes.len()), ((&json!("meetings"), &json!(secret)), 2));
}

fn rights(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_changed_only_where_nobody_could_log_in() {
    let authentik = Authentik::start().await;
    let old = redirect("https://old.example.org/api/auth/callback/authentik");
    authentik.kept().providers.push(json!({
        "pk": 3, "name": "Meetings", "client_type": "confidential", "client_id": "theirs", "client_secret": "their-secret",
        "redirect_uris": [old], "property_mappings": ["m-email", "m-own", "m-openid"], "signing_key": null,
        "authorization_flow": "f-explicit", "invalidation_flow": "f-invalidation",
    }));
    authentik.kept().applications.push(json!({ "name": "Meetings", "slug": "reflector", "provider": 3 }));
    let (ok, said, _) = run(&authentik.url(), TOKEN, &["--dry-run"]).await;
    assert!(ok && said.contains("would change the provider Meetings: "), "{said}");
    assert!(authentik.kept().writes.is_empty());
    let (ok, said, log) = run(&authentik.url(), TOKEN, &[]).await;
    assert!(ok, "{said}{log}");
    {
        let kept = authentik.kept();
        assert_eq!((kept.providers.len(), kept.applications.len()), (1, 1));
        assert_eq!(kept.writes, ["PATCH /api/v3/providers/oauth2/3/"]);
        let provider = &kept.providers[0];
        assert_eq!(provider["redirect_uris"], json!([old, redirect(CALLBACK)]), "the older one still holds");
        let mappings = json!(["m-email", "m-own", "m-openid", "m-profile", "m-offline"]);
        assert_eq!((&provider["property_mappings"], &provider["signing_key"]), (&mappings, &json!("k-self")));
        assert_eq!(provider["authorization_flow"], "f-explicit", "somebody chose it");
    }
    assert!(said.contains("client_id = \"theirs\""), "{said}");

    // An application that lost its provider gets it again.
    authentik.kept().applications[0]["provider"] = Value::Null;
    let (ok, said, log) = run(&authentik.url(), TOKEN, &["--name", "Meetings"]).await;
    assert!(ok && said.contains("changed the application reflector: its provider"), "{said}{log}");
    assert_eq!(authentik.kept().applications[0]["provider"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_in_words_that_help() {
    let authentik = Authentik::start().await;
    for (url, token, more, wanted) in [
        (authentik.url(), "wrong", vec![], "Token invalid/expired"),
        (format!("{}/nothing/here", authentik.url()), TOKEN, vec![], "no answer of Authentik's API"),
        ("http://127.0.0.1:9".into(), TOKEN, vec![], "asking Authentik at http://127.0.0.1:9/api/v3/"),
        ("ftp://auth.example.org".into(), TOKEN, vec![], "must begin with https://"),
        (authentik.url(), TOKEN, vec!["--slug", "a b"], "letters, digits"),
        (authentik.url(), "", vec![], "standard input has nothing"),
    ] {
        let (ok, said, log) = run(&url, token, &more).await;
        let told = format!("{said}{log}");
        assert!(!ok && told.contains(wanted) && !told.contains(TOKEN), "{wanted}: {told}");
    }
    authentik.kept().applications.push(json!({ "name": "x", "slug": "reflector", "provider": 99 }));
    let (ok, said, log) = run(&authentik.url(), TOKEN, &[]).await;
    assert!(!ok && log.contains("has a provider that is not OAuth2/OpenID"), "{said}{log}");
    authentik.kept().applications.clear();
    authentik.kept().flows.clear();
    let (ok, _, log) = run(&authentik.url(), TOKEN, &[]).await;
    assert!(!ok && log.contains("has no flow default-provider-authorization-implicit-consent"), "{log}");
    assert!(authentik.kept().writes.is_empty(), "nothing by halves");
}
