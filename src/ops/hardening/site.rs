//! What the site answers: by its own address where one is set, and straight where the program listens.

use axum::http::{HeaderMap, StatusCode, Version};
use url::Url;

use super::facts::PATIENCE;
use crate::config::Config;
use crate::tls::Trust;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: String,
    /// DER, where there was TLS.
    pub certificate: Option<Vec<u8>>,
}

pub(super) struct Site {
    /// `server.site_url`, or where the program listens.
    pub url: Url,
    /// Where the program listens.
    pub direct: Url,
    client: reqwest::Client,
    /// Keeps to HTTP/1.1, which alone has upgrades.
    plain: reqwest::Client,
    strict: reqwest::Client,
    /// The start page, and an address that does not exist.
    pub page: Result<Answer, String>,
    pub missing: Result<Answer, String>,
}

impl Site {
    pub(super) async fn ask(config: &Config) -> Result<Self, String> {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let bounded = |builder: reqwest::ClientBuilder| {
            builder
                .timeout(PATIENCE)
                .redirect(reqwest::redirect::Policy::none())
                .tls_info(true)
                .no_proxy()
                .build()
                .map_err(|error| error.to_string())
        };
        let any = || reqwest::Client::builder().tls_danger_accept_invalid_certs(true);
        let client = bounded(any())?;
        let plain = bounded(any().http1_only())?;
        // Whom visitors were given to trust counts, too.
        let entries: Vec<_> = config.tls.ca.iter().chain(&config.tls.site_ca).cloned().collect();
        let trust = Trust::load(&entries).map_err(|error| error.to_string())?;
        let strict = bounded(trust.http())?;
        let mut listen = config.server.listen;
        if listen.ip().is_unspecified() {
            listen.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let direct: Url = format!("http://{listen}/").parse().map_err(|_| "server.listen is no address")?;
        let url = match &config.server.site_url {
            Some(url) => url.parse().map_err(|error| format!("server.site_url: {error}"))?,
            None => direct.clone(),
        };
        let mut site = Self {
            url,
            direct,
            client,
            plain,
            strict,
            page: Err("not asked".into()),
            missing: Err("not asked".into()),
        };
        let (page, missing) = tokio::join!(
            site.get(&site.url, "/"),
            site.get(&site.url, "/v1/transcripts/00000000-0000-0000-0000-000000000000")
        );
        (site.page, site.missing) = (page, missing);
        Ok(site)
    }

    /// # Errors
    /// In words: no answer, or none in time.
    pub(super) async fn get(&self, base: &Url, path: &str) -> Result<Answer, String> {
        let url = base.join(path).map_err(|error| error.to_string())?;
        answer(self.client.get(url)).await
    }

    /// A request of the caller's making, over HTTP/1.1.
    pub(super) async fn send(
        &self,
        make: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder,
    ) -> Result<Answer, String> {
        answer(make(&self.plain)).await
    }

    /// The start page, only over a connection whose certificate is trusted and has the site's name.
    pub(super) async fn trusted(&self) -> Result<Answer, String> {
        answer(self.strict.get(self.url.clone())).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, String> {
    let words = |error: reqwest::Error| format!("{:#}", anyhow::Error::new(error.without_url()));
    let response = request.send().await.map_err(words)?;
    let tls = response.extensions().get::<reqwest::tls::TlsInfo>();
    Ok(Answer {
        status: response.status(),
        version: response.version(),
        headers: response.headers().clone(),
        certificate: tls.and_then(|tls| tls.peer_certificate()).map(<[u8]>::to_vec),
        body: response.text().await.map_err(words)?,
    })
}
