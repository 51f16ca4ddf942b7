//! Accounts as an operator makes them: settings, commands, the set-up code.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use reflector::app::App;
use reflector::model::user;

use super::{ADA, PASSWORD, by_password, cookie, guarded, login, person, post};
use crate::support::site::Site;

/// Made with Python: `hashlib.pbkdf2_hmac("sha256", b"correct horse", b"a1b2c3d4e5f60718", 100000)`.
const BROUGHT: &str =
    "pbkdf2:sha256:100000$a1b2c3d4e5f60718$dc1093ad18a527a8c64d19261e7efc58d4bfffe9f6cfb54406df6e48c70e4e7d";

/// Runs a command with the site's settings; `typed` goes to standard input.
fn run(site: &Site, arguments: &[&str], typed: &str) -> (bool, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .arg("admin")
        .args(arguments)
        .env("REFLECTOR_DATABASE__URL", &site.workshop.url)
        .env("REFLECTOR_AUTH__MODE", "password")
        .env("REFLECTOR_AUTH__SECRET_KEY", super::KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (status.success(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_administrator_is_there_from_the_start_and_keeps_a_password_of_their_own() {
    let site = Site::set(|config| {
        by_password(config);
        config.auth.admin_email = Some("admin@localhost".into());
        config.auth.admin_password_hash = Some(BROUGHT.into());
    })
    .await;
    assert_eq!(login(&site, "admin@localhost", "correct horse").await.0, 200);
    let admin = async || {
        let mut conn = site.workshop.conn().await;
        user::by_email(&mut conn, "admin@localhost").await.unwrap().unwrap()
    };
    let stored = admin().await;
    assert!(
        stored.is_admin && stored.password_hash.unwrap().starts_with("$argon2id$"),
        "made anew at the login"
    );

    // Changed by hand, it stays so after a start with the same settings ...
    assert!(run(&site, &["user", "password", "Admin@Localhost"], "another long password\n").0);
    let again = async |hash: &str| {
        let mut config = site.app.config().clone();
        config.auth.admin_password_hash = Some(hash.into());
        App::build(config).await.map(|_| ()).map_err(|error| format!("{error:#}"))
    };
    again(BROUGHT).await.unwrap();
    assert_eq!(login(&site, "admin@localhost", "another long password").await.0, 200);
    // ... until the settings have another one.
    let hash = run(&site, &["hash-password"], "the third long password\n").1;
    again(hash.trim()).await.unwrap();
    assert_eq!(login(&site, "admin@localhost", "another long password").await.0, 401);
    assert_eq!(login(&site, "admin@localhost", "the third long password").await.0, 200);
    assert!(again("md5:x").await.unwrap_err().contains("auth.admin_password_hash"));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_listed_changed_and_shut_out_by_command() {
    let site = guarded().await;
    let (ok, said) = run(&site, &["user", "add", ADA], "too short\n");
    assert!(!ok && said.contains("at least 10 characters"), "{said}");
    let (ok, said) = run(&site, &["user", "add", "nobody"], "a long password\n");
    assert!(!ok && said.contains("is no e-mail address"), "{said}");
    let (ok, said) = run(&site, &["user", "add", ADA], &format!("{PASSWORD}\n"));
    assert!(ok && said.contains("can log in"), "{said}");
    let (ok, said) = run(&site, &["user", "add", "ADA@example.org"], &format!("{PASSWORD}\n"));
    assert!(!ok && said.contains("reflector admin user password"), "{said}");
    assert!(run(&site, &["user", "add", "root@example.org", "--admin"], &format!("{PASSWORD}\n")).0);
    assert_eq!(login(&site, ADA, PASSWORD).await.0, 200);
    let (_, list) = run(&site, &["user", "list"], "");
    assert!(list.contains(&format!("{ADA} ")) && list.contains("administrator"), "{list}");
    assert!(!list.contains("argon2"), "{list}");

    let session = cookie(&site, ADA).await;
    assert!(run(&site, &["user", "disable", ADA], "").0);
    assert_eq!(login(&site, ADA, PASSWORD).await.0, 401);
    let request = site.client.get(site.url("/v1/transcripts")).header("cookie", &session);
    assert_eq!(request.send().await.unwrap().status(), 401);
    assert!(run(&site, &["user", "list"], "").1.contains("shut out"));
    assert!(run(&site, &["user", "disable", ADA, "--undo"], "").0);
    assert_eq!(login(&site, ADA, PASSWORD).await.0, 200);
    assert!(run(&site, &["user", "password", ADA], "another long password\n").0);
    assert_eq!(login(&site, ADA, "another long password").await.0, 200);
    let (ok, said) = run(&site, &["user", "password", "x@example.org"], "another long password\n");
    assert!(!ok && said.contains("nobody has the address"), "{said}");
    let (ok, said) = run(&site, &["user", "add", ADA, "password"], "");
    assert!(!ok && said.contains("unexpected argument"), "a password is no argument: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_needs_the_code_from_the_machine_and_two_at_once_get_one() {
    let site = guarded().await;
    let page = site.page("/login").await.1;
    assert!(page.contains("reflector admin setup-code") && page.contains("href=\"/setup\""));
    let fields = |code: &str, email: &str, password: &str| {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("code", code)
            .append_pair("email", email)
            .append_pair("password", password)
            .finish()
    };
    let first = fields("ABCD-EFGH-JKMN-PQRS", ADA, PASSWORD);
    assert_eq!(post(&site, "/setup", &first, "").await.status(), 401, "there is no code yet");
    let (ok, old) = run(&site, &["setup-code"], "");
    assert!(ok && old.contains("/setup"), "{old}");
    let code = run(&site, &["setup-code"], "").1.lines().next().unwrap().to_owned();
    let (old, typed) = (old.lines().next().unwrap(), code.to_lowercase().replace('-', " "));
    assert_eq!(
        post(&site, "/setup", &fields(old, ADA, PASSWORD), "").await.status(),
        401,
        "only the last one"
    );
    let short = post(&site, "/setup", &fields(&code, ADA, "short"), "").await;
    assert_eq!(short.status(), 422);
    assert!(short.text().await.unwrap().contains("at least 10 characters"), "and the code is still good");

    let (one, other) = (fields(&typed, ADA, PASSWORD), fields(&code, "eve@example.org", PASSWORD));
    let (one, other) = tokio::join!(post(&site, "/setup", &one, ""), post(&site, "/setup", &other, ""));
    let mut both = [one.status().as_u16(), other.status().as_u16()];
    both.sort_unstable();
    assert!(both == [303, 401] || both == [303, 404], "{both:?}");
    let winner = if one.status() == 303 { one } else { other };
    assert!(winner.headers()["set-cookie"].to_str().unwrap().starts_with("reflector="), "and is logged in");
    let mut conn = site.workshop.conn().await;
    let users = user::list(&mut conn).await.unwrap();
    assert!(users.len() == 1 && users[0].is_admin);
    assert_eq!(site.get("/setup").await.status(), 404);
    assert!(!site.page("/login").await.1.contains("setup-code"));
    let (ok, said) = run(&site, &["setup-code"], "");
    assert!(!ok && said.contains("there is an administrator already"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_an_hour() {
    let site = guarded().await;
    let code = run(&site, &["setup-code"], "").1.lines().next().unwrap().to_owned();
    use reflector::model::login;
    let mut conn = site.workshop.conn().await;
    let hash = reflector::auth::secret::hash(&code);
    let later = reflector::clock::now() + chrono::Duration::minutes(61);
    let mut used = async |at| {
        let used = login::use_setup_code(&mut conn, &hash, ADA, "$argon2id$x", at).await.unwrap();
        matches!(used, login::SetUp::Made(_))
    };
    assert!(!used(later).await);
    assert!(used(later - chrono::Duration::minutes(2)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_whether_those_get_in_who_should() {
    let site = guarded().await;
    let doctor = |variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("doctor")
            .env("REFLECTOR_DATABASE__URL", &site.workshop.url)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter(|line| line.contains("login") || line.contains("-> "))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(doctor(&[]).contains("ok    login: none"), "{}", doctor(&[]));
    let open = doctor(&[("REFLECTOR_SERVER__LISTEN", "0.0.0.0:1250")]);
    assert!(open.contains("login: none (auth.mode): whoever reaches 0.0.0.0:1250"), "{open}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), super::KEY).unwrap();
    let key = file.path().to_str().unwrap();
    let by_password = [("REFLECTOR_AUTH__MODE", "password"), ("REFLECTOR_AUTH__SECRET_KEY_FILE", key)];
    let said = doctor(&by_password);
    assert!(said.contains("login: by password") && said.contains("nobody looks after"), "{said}");
    person(&site, ADA, true).await;
    assert!(
        doctor(&by_password).contains("ok    login: there is an administrator"),
        "{}",
        doctor(&by_password)
    );
    std::fs::write(file.path(), "short").unwrap();
    assert!(doctor(&by_password).contains("FAIL  login: settings: auth.secret_key: must have at least 32"));
}
