//! What is kept here, for how long, who may read it and what leaves the machine: as the settings have it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::config::{AuthMode, Config};
use crate::jobs::Keep;
use crate::web::assets;
use crate::web::respond::html;
use crate::web::say::filters;

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    version: &'static str,
    here: &'static str,
    /// People log in.
    login: bool,
    /// Visitors read what is public.
    public: bool,
    /// Days that what nobody owns is kept, the trash and the audit log; `None`: for ever.
    ownerless: Option<i64>,
    trash: Option<i64>,
    audit: Option<i64>,
    /// Hosts that are sent something of a transcript by themselves, and what the catalogue calls that.
    told: Vec<(String, &'static str)>,
    email: bool,
    zulip: bool,
}

/// The host of an address, if it is another machine's.
fn elsewhere(url: Option<&String>) -> Option<String> {
    let url = url::Url::parse(url?).ok()?;
    let host = url.host_str()?.to_owned();
    let near = host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    (!near).then_some(host)
}

fn told(config: &Config) -> Vec<(String, &'static str)> {
    let mut told = Vec::new();
    let mut add = |host: Option<String>, what| told.extend(host.map(|host| (host, what)));
    add(elsewhere(config.speech.transcript_url.as_ref()), "privacy-sent-words");
    add(elsewhere(config.speech.diarization_url.as_ref()), "privacy-sent-speakers");
    add(elsewhere(config.llm.url.as_ref()), "privacy-sent-text");
    add(elsewhere(config.storage.s3.as_ref().map(|s3| &s3.endpoint)), "privacy-sent-sound");
    told
}

/// `GET /privacy`.
pub(in crate::web) async fn privacy(State(app): State<App>) -> Response {
    let config = app.config();
    let keep = Keep::of(config);
    html(&PrivacyPage {
        version: &assets::VERSION,
        here: "privacy",
        login: config.auth.mode != AuthMode::None,
        public: config.auth.is_public(),
        ownerless: keep.ownerless.map(|age| age.num_days()),
        trash: keep.trash.map(|age| age.num_days()),
        audit: keep.audit.map(|age| age.num_days()),
        told: told(config),
        email: app.mailer().is_some(),
        zulip: app.zulip().is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_not_elsewhere() {
        for near in ["http://127.0.0.1:11434/v1", "http://[::1]:1/", "http://localhost/"] {
            assert_eq!(elsewhere(Some(&near.to_owned())), None, "{near}");
        }
        assert_eq!(
            elsewhere(Some(&"https://llm.example.org/v1".to_owned())).as_deref(),
            Some("llm.example.org")
        );
        assert_eq!(elsewhere(None), None);
    }
}
