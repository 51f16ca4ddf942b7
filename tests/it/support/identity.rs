//! A real identity provider (oidc-provider, tests/identity), and a visitor without a browser who logs in there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reflector::config::{AuthMode, Config};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::diarization::cache;
use super::site::Site;

pub const CALLBACK: &str = "/api/auth/callback/authentik";
/// What the client shows itself with; tests/identity/provider.mjs has it, too.
pub const SECRET: &str = "the-clients-secret";

/// The provider; ends with this.
pub struct Identity {
    pub issuer: String,
    process: Child,
    /// It ends with the one, and may write to the other.
    _pipes: (ChildStdin, BufReader<ChildStdout>),
}

impl Identity {
    pub fn start() -> Self {
        let modules = cache().join("identity");
        assert!(modules.join(".stamp").exists(), "no identity provider; run scripts/identity.sh");
        let driver = super::tree().join("tests/identity/provider.mjs");
        let mut process = Command::new("node")
            .args([driver.as_os_str(), modules.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Node.js runs; scripts/apt.sh installs it");
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("its output"));
        stdout.read_line(&mut line).expect("its address");
        let said: Value = serde_json::from_str(&line).expect("JSON");
        let stdin = process.stdin.take().expect("its input");
        Self { issuer: format!("http://127.0.0.1:{}", said["port"]), process, _pipes: (stdin, stdout) }
    }

    /// Settings of a site that trusts it.
    pub fn settings(&self) -> impl FnOnce(&mut Config) + use<> {
        let issuer = self.issuer.clone();
        move |config| {
            config.auth.mode = AuthMode::Jwt;
            config.auth.issuer = Some(issuer);
            config.auth.client_id = Some("reflector".into());
            config.auth.client_secret = Some(SECRET.into());
            config.auth.provider_name = Some("Example ID".into());
            config.auth.admin_email = Some("ada@example.org".into());
        }
    }

    /// A site that trusts it, and which it knows.
    pub async fn site(&self, more: impl FnOnce(&mut Config)) -> Site {
        let settings = self.settings();
        let site = Site::set(|config| {
            settings(config);
            more(config);
        })
        .await;
        let port = site.address.port();
        let at =
            |path: &str| [format!("http://127.0.0.1:{port}{path}"), format!("http://localhost:{port}{path}")];
        self.control(
            "client",
            &json!({ "redirect_uris": at(CALLBACK), "post_logout_redirect_uris": at("/login") }),
        )
        .await;
        site
    }

    /// A site that trusts it and was never in touch with it.
    pub async fn site_that_nobody_visited(&self) -> Site {
        Site::set(self.settings()).await
    }

    /// Has it do something; what it answers.
    pub async fn control(&self, what: &str, body: &Value) -> Value {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let answer = Client::new().post(format!("{}/control/{what}", self.issuer)).json(body).send().await;
        let answer = answer.expect("the provider answers");
        assert!(answer.status().is_success(), "{what}: {:?}", answer.text().await);
        answer.json().await.expect("JSON")
    }

    /// A token that it signed, with these claims and this header beside the usual ones.
    pub async fn sign(&self, claims: Value, header: Value) -> String {
        let signed = self.control("sign", &json!({ "claims": claims, "header": header })).await;
        signed["token"].as_str().expect("a token").to_owned()
    }

    /// The token of an ordinary person.
    pub async fn token(&self, subject: &str) -> String {
        let claims =
            json!({ "sub": subject, "email": format!("{subject}@example.org"), "email_verified": true });
        self.sign(claims, json!({})).await
    }

    /// Ends it before its time.
    pub fn stop(&mut self) {
        self.process.kill().expect("it ends");
        self.process.wait().expect("it has ended");
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

/// Somebody who follows links and keeps cookies, of all servers on 127.0.0.1 as if they were one, as browsers do.
pub struct Visitor<'s> {
    pub site: &'s Site,
    pub cookies: BTreeMap<String, String>,
}

impl<'s> Visitor<'s> {
    pub fn new(site: &'s Site) -> Self {
        Self { site, cookies: BTreeMap::new() }
    }

    pub async fn send(&mut self, method: &str, url: &str, form: &str) -> Response {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.site.client.request(method.parse().expect("a method"), url);
        let mut request = request.header("cookie", jar.join("; "));
        if !form.is_empty() {
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        }
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if value.is_empty() || set.to_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn get(&mut self, path: &str) -> Response {
        let url = if path.starts_with("http") { path.to_owned() } else { self.site.url(path) };
        self.send("GET", &url, "").await
    }

    /// Sets off to the provider, logs in there, and stops at the door with the address that leads back in.
    pub async fn walk_to_the_door(&mut self, name: &str, next: &str) -> String {
        let base = self.site.url("");
        self.walk_from(&base, name, next).await
    }

    /// The same, from an address that the site is reached by.
    pub async fn walk_from(&mut self, base: &str, name: &str, next: &str) -> String {
        let answer = self.get(&format!("{base}/login/provider?next={next}")).await;
        assert_eq!(answer.status(), 303, "{:?}", answer.text().await);
        let mut to = led_to(&answer);
        for _ in 0..10 {
            if to.contains(CALLBACK) {
                return to;
            }
            let answer = self.get(&to).await;
            if answer.status().is_redirection() {
                to = absolute(&to, &led_to(&answer));
                continue;
            }
            // The provider's login page.
            assert_eq!(answer.status(), 200, "{to}");
            let form = format!("prompt=login&login={name}&password=x");
            let answer = self.send("POST", &to, &form).await;
            to = absolute(&to, &led_to(&answer));
        }
        panic!("{to} leads nowhere");
    }

    /// Logs in.
    pub async fn log_in(&mut self, name: &str) -> Response {
        let door = self.walk_to_the_door(name, "/transcripts").await;
        self.get(&door).await
    }
}

pub fn led_to(answer: &Response) -> String {
    let to = answer.headers().get("location").expect("it leads somewhere");
    to.to_str().expect("text").to_owned()
}

fn absolute(base: &str, to: &str) -> String {
    url::Url::parse(base).expect("an address").join(to).expect("an address").into()
}
