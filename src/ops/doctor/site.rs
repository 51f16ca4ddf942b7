//! Whether people reach this program by the address that they use: who answers there, and whether a page that needs a login leads to one.
//! What stands in front, Caddy as a rule, may answer in this program's place; what it says is held against this program's own signs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, LOCATION, ORIGIN, SERVER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use url::Url;

use super::login::problem;
use super::{Finding, PATIENCE, Problem};
use crate::auth::secret;
use crate::config::{AuthMode, Config};
use crate::tls::Trust;

/// Until there is a connection: a firewall that lets nothing through says nothing either.
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes of an answer that are read.
const LARGEST: usize = 64_000;
/// Which requests are ours, as the program repeats it in its answers.
const REQUEST_ID: &str = "x-request-id";
/// What lives says so here.
const ALIVE: &str = "/livez";
/// A page that needs a login whatever is switched off.
const GUARDED: &str = "/settings";
const LOGIN: &str = "/login";
const PROVIDER: &str = "/login/provider";
/// What a refusal to trust somebody speaks of.
const CERTIFICATE: &str = "certificate";
/// Redirects that are followed.
const MOST: usize = 5;

const START: &str =
    "start it: `systemctl status reflector-web`, `journalctl -u reflector-web -n 50` says why it ended";
const PASS_ON: &str = "have Caddy, or whatever stands in front, pass everything on to server.listen (reverse_proxy 127.0.0.1:1250); `journalctl -u caddy` says what it tried";
const FRONT: &str = "start Caddy, or whatever stands in front: `systemctl status caddy`, `journalctl -u caddy`; server.site_url must be the address that people use";
const TRUSTED: &str = "name the authority that certified it in tls.ca, or in tls.site_ca if visitors are given it; a certificate that has run out or has another name is renewed: docs/TROUBLESHOOTING.md";
const LEAD: &str = "server.site_url, the name it has (`getent hosts NAME`) and the proxy's site of that name must all lead to this program";
const RESTART: &str = "the program that runs has older settings than these: `systemctl restart reflector-web`, with the same settings";
const UNTOUCHED: &str =
    "have what stands in front pass pages and redirects on as they are, without a login or rules of its own";

/// What was answered.
struct Answer {
    status: u16,
    /// Whether it has this program's signs.
    ours: bool,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn lives(&self) -> bool {
        self.ours && self.status == 200 && self.body == "ok\n"
    }

    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Who answers in this program's place.
    fn who(&self) -> &'static str {
        if self.header(SERVER).contains("Caddy") { "Caddy" } else { "a proxy" }
    }

    fn is_gateway(&self) -> bool {
        !self.ours && matches!(self.status, 502..=504)
    }

    fn leads(&self, from: &Url) -> Option<Url> {
        let to = if (300..400).contains(&self.status) { self.header(LOCATION) } else { "" };
        if to.is_empty() { None } else { from.join(to).ok() }
    }
}

struct Site<'c> {
    config: &'c Config,
    /// The address that people use.
    base: Url,
    /// As a visitor finds it.
    world: Client,
    /// By what stands in front on this machine, whatever the name leads to.
    near: Client,
}

/// Asks the site's own address as somebody would who has not logged in.
pub(super) async fn examine(config: &Config, trust: &Trust) -> Vec<Finding> {
    let Some(url) = config.server.site_url.as_deref().map(str::trim).filter(|url| !url.is_empty()) else {
        return Vec::new();
    };
    let site = match Site::new(config, trust, url) {
        Ok(site) => site,
        Err(error) => {
            let text = format!("server.site_url, {url}, can't be asked: {error:#}");
            return vec![finding(Err(problem(text, FRONT, false)))];
        }
    };
    let (client, told) = match site.reach().await {
        Ok(reached) => reached,
        Err(problem) => return vec![finding(Err(problem))],
    };
    let mut findings = vec![finding(Ok(told))];
    if config.auth.mode != AuthMode::None {
        findings.push(finding(site.door(client).await));
        findings.extend(site.elsewhere(client).await.map(finding));
    }
    findings
}

fn finding(outcome: Result<String, Problem>) -> Finding {
    Finding { what: "site", outcome }
}

impl<'c> Site<'c> {
    fn new(config: &'c Config, trust: &Trust, url: &str) -> anyhow::Result<Self> {
        let base: Url = url.parse()?;
        // Whom visitors are given to trust counts, too; what is wrong with either is told elsewhere.
        let entries: Vec<_> = config.tls.ca.iter().chain(&config.tls.site_ca).cloned().collect();
        let trust = Trust::load(&entries).unwrap_or_else(|_| trust.clone());
        let bounded = || {
            let client = trust.http().timeout(PATIENCE).connect_timeout(CONNECT);
            client.redirect(Policy::none()).no_proxy()
        };
        let host = base.host_str().unwrap_or_default();
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let near = bounded().resolve(host, here).build()?;
        Ok(Self { config, world: bounded().build()?, near, base })
    }

    /// Who is to be asked, and how that went; or who answers instead of this program, and why.
    async fn reach(&self) -> Result<(&Client, String), Problem> {
        let at = self.base.join(ALIVE).unwrap_or_else(|_| self.base.clone());
        let (world, near, direct) =
            tokio::join!(get(&self.world, &at), get(&self.near, &at), self.directly());
        let base = &self.base;
        let near_lives = near.as_ref().is_ok_and(Answer::lives);
        match world {
            Ok(answer) if answer.lives() => Ok((&self.world, format!("{base} answers, and is this program"))),
            // Where nobody logs in, the module's Caddy lets this machine in, and only by its loopback address.
            Ok(answer) if near_lives && answer.status == 403 && self.config.auth.mode == AuthMode::None => {
                Ok((&self.near, format!("{base} answers to this machine alone, and is this program")))
            }
            Ok(answer) => Err(self.instead(&answer, &direct)),
            // A name that only others know, or a way out that this process does not have.
            Err(why) if near_lives && !why.contains(CERTIFICATE) => Ok((
                &self.near,
                format!(
                    "what stands in front on this machine answers as {base}, and is this program; by its name it was not reached from here ({why})"
                ),
            )),
            Err(why) => Err(match near {
                Ok(answer) => self.instead(&answer, &direct),
                Err(_) => self.nobody(&why, &direct),
            }),
        }
    }

    /// This program itself, past everything that stands in front.
    async fn directly(&self) -> Result<(), String> {
        let mut listen = self.config.server.listen;
        if listen.ip().is_unspecified() {
            listen.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let at = Url::parse(&format!("http://{listen}{ALIVE}")).map_err(|error| error.to_string())?;
        let answer = get(&self.near, &at).await?;
        if answer.lives() { Ok(()) } else { Err(format!("somebody else answers {}", answer.status)) }
    }

    /// Somebody answered who is not this program, or not as it should.
    fn instead(&self, answer: &Answer, direct: &Result<(), String>) -> Problem {
        let (base, listen, status) = (&self.base, self.config.server.listen, answer.status);
        let (text, remedy) = match (answer.leads(base), direct) {
            (Some(to), _) => (
                format!("{base} leads on to {to}"),
                "set server.site_url to the address where people end up, or have them led to it",
            ),
            (None, Ok(())) if answer.is_gateway() => (
                format!(
                    "{} answers {status} at {base}: it does not reach this program, which answers at {listen}",
                    answer.who()
                ),
                PASS_ON,
            ),
            (None, Err(why)) if answer.is_gateway() => (
                format!(
                    "{} answers {status} at {base}: this program does not answer at {listen} ({why})",
                    answer.who()
                ),
                START,
            ),
            _ if answer.ours && status == 421 => {
                (format!("this program answers at {base}, but knows itself by another name"), RESTART)
            }
            _ => (format!("somebody else answers at {base}: {status}"), LEAD),
        };
        problem(text, remedy, false)
    }

    fn nobody(&self, why: &str, direct: &Result<(), String>) -> Problem {
        let (base, listen) = (&self.base, self.config.server.listen);
        let (text, remedy) = match direct {
            _ if why.contains(CERTIFICATE) => {
                (format!("the certificate of {base} is not trusted ({why})"), TRUSTED)
            }
            Ok(()) => {
                (format!("nobody answers at {base} ({why}), though this program does at {listen}"), FRONT)
            }
            Err(_) => (format!("nobody answers at {base} ({why}), nor at {listen}"), START),
        };
        problem(text, remedy, false)
    }

    /// Follows whoever has not logged in from a page that needs it to the login, and from there to the identity provider.
    async fn door(&self, client: &Client) -> Result<String, Problem> {
        let wrong = |text: String, remedy| Err(problem(text, remedy, false));
        let mut seen = Vec::new();
        let mut at = self.base.join(GUARDED).unwrap_or_else(|_| self.base.clone());
        while seen.len() <= MOST && !seen.contains(&at) {
            let answer = get(client, &at).await.map_err(|why| {
                problem(format!("a page that needs a login, {at}, does not answer: {why}"), FRONT, false)
            })?;
            seen.push(at.clone());
            if let Some(to) = answer.leads(&at) {
                if to.origin() != self.base.origin() {
                    return wrong(
                        format!("a page that needs a login leads from {at} to {to}, which is not this site"),
                        UNTOUCHED,
                    );
                }
                at = to;
                continue;
            }
            match answer.status {
                status if answer.is_gateway() => {
                    let text =
                        format!("{} answers {status} at {at}, a page that needs a login", answer.who());
                    return wrong(text, PASS_ON);
                }
                status if !answer.ours => {
                    return wrong(
                        format!("somebody else answers at {at}, a page that needs a login: {status}"),
                        UNTOUCHED,
                    );
                }
                200 if at.path() == LOGIN => return self.sign_in(client).await,
                // Visitors of a public site are told to log in, and not led there.
                401 if at.path() != LOGIN => at = at.join(LOGIN).unwrap_or(at),
                404 => {
                    return wrong(
                        format!("{at} is not there: the program that runs knows no login"),
                        RESTART,
                    );
                }
                200 => {
                    return wrong(format!("{at} needs a login, and is shown to whoever has none"), RESTART);
                }
                status => return wrong(format!("{at}, on the way to the login, answers {status}"), RESTART),
            }
        }
        let way: Vec<_> = seen.iter().chain([&at]).map(Url::path).collect();
        wrong(format!("a page that needs a login leads in a circle: {}", way.join(", ")), UNTOUCHED)
    }

    /// Whether the program that runs can send anybody on to the provider: it may be kept from it where this command is not.
    async fn sign_in(&self, client: &Client) -> Result<String, Problem> {
        let auth = &self.config.auth;
        let led = "a page that needs a login leads to the login";
        if auth.mode != AuthMode::Jwt || auth.issuer.is_none() || auth.client_id.is_none() {
            return Ok(led.into());
        }
        let (at, name) =
            (self.base.join(PROVIDER).unwrap_or_else(|_| self.base.clone()), auth.provider_name());
        let wrong = |what: String, remedy| {
            Err(problem(
                format!("{led}, but from there nobody gets on to {name}: {at} {what}"),
                remedy,
                false,
            ))
        };
        match get(client, &at).await {
            Err(why) => wrong(format!("does not answer: {why}"), FRONT),
            Ok(answer) => match (answer.leads(&at), answer.status) {
                (Some(to), _) if to.origin() != self.base.origin() => {
                    Ok(format!("{led}, and that on to {name} at {}", to.origin().ascii_serialization()))
                }
                (Some(to), _) => wrong(format!("leads back to {to}"), UNTOUCHED),
                (None, 503) if answer.ours => wrong(
                    "answers 503".into(),
                    "see the finding about the provider; if that is well, the pages' own process does not reach it: services.reflector.network.allow, tls.ca, then `systemctl restart reflector-web`",
                ),
                (None, status) => wrong(format!("answers {status}"), RESTART),
            },
        }
    }

    /// Whether pages of the other sites that may use the API are told so; `None` where there are none.
    async fn elsewhere(&self, client: &Client) -> Option<Result<String, Problem>> {
        let cors = &self.config.cors;
        let origin = cors.origins.first()?;
        let at = self.base.join("/v1/me").ok()?;
        let asked = client
            .request(Method::OPTIONS, at)
            .header(ORIGIN, origin.as_str())
            .header(ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
        let refused = |why: String| {
            let remedy = "have what stands in front pass OPTIONS and its answer on as they are; after a change of cors.origins or cors.allow_credentials, `systemctl restart reflector-web`";
            Err(problem(
                format!("pages of {origin} can't use the API at {}: {why}", self.base),
                remedy,
                false,
            ))
        };
        let answer = match send(asked).await {
            Ok(answer) => answer,
            Err(why) => return Some(refused(why)),
        };
        let named: Vec<_> = answer.headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().collect();
        let carries = answer.header(ACCESS_CONTROL_ALLOW_CREDENTIALS) == "true";
        Some(match named.as_slice() {
            [one] if *one == origin.as_str() && carries == cors.allow_credentials => {
                let how =
                    if carries { "with cookies, too" } else { "with tokens and keys, not with cookies" };
                Ok(format!("pages of {} may use the API, {how}", cors.origins.join(", ")))
            }
            [one] if *one == origin.as_str() => {
                refused("cors.allow_credentials is not what the program that runs has".into())
            }
            several => refused(format!(
                "the answer to a browser's question ({}) allows {}",
                answer.status,
                if several.is_empty() { "nobody" } else { "somebody else" }
            )),
        })
    }
}

async fn get(client: &Client, at: &Url) -> Result<Answer, String> {
    send(client.get(at.clone())).await
}

async fn send(request: RequestBuilder) -> Result<Answer, String> {
    let id = secret::random();
    let words = |error: reqwest::Error| format!("{:#}", anyhow::Error::new(error.without_url()));
    let mut response = request.header(REQUEST_ID, &id).send().await.map_err(words)?;
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(words)? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST {
            break;
        }
    }
    Ok(Answer {
        status: response.status().as_u16(),
        ours: response.headers().get(REQUEST_ID).is_some_and(|said| *said == id),
        headers: response.headers().clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
