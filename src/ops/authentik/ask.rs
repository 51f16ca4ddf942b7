//! Authentik's API: `/api/v3/…`, a token, JSON.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::tls::Trust;

/// For one question.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const LARGEST: usize = 4_000_000;

pub(super) struct Api {
    http: reqwest::Client,
    base: Url,
    token: String,
}

impl Api {
    pub fn new(trust: &Trust, url: &Url, token: &str) -> anyhow::Result<Self> {
        let mut base = url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // The token is for whom it was meant, and nobody they would send us on to.
        let http = trust.http().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, base: base.join("api/v3/")?, token: token.to_owned() })
    }

    /// What is there; `None`: nothing.
    pub async fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        match self.send(Method::GET, path, &[], None).await? {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (status, body) => self.taken(path, status, body).map(Some),
        }
    }

    /// All of a list's first page, which has a hundred; filters narrow it to fewer.
    pub async fn list(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<Value>> {
        let query = [query, &[("page_size", "100")]].concat();
        let (status, body) = self.send(Method::GET, path, &query, None).await?;
        let body = self.taken(path, status, body)?;
        Ok(body["results"].as_array().cloned().unwrap_or_default())
    }

    /// The one of a list whose field says exactly that.
    pub async fn named(&self, path: &str, field: &str, value: &str) -> anyhow::Result<Option<Value>> {
        let found = self.list(path, &[(field, value)]).await?;
        Ok(found.into_iter().find(|one| one[field] == value))
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, body) = self.send(Method::POST, path, &[], Some(body)).await?;
        self.taken(path, status, body)
    }

    pub async fn patch(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, body) = self.send(Method::PATCH, path, &[], Some(body)).await?;
        self.taken(path, status, body)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let url = self.base.join(path)?;
        let mut request = self.http.request(method, url.clone()).query(query).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let at = || format!("asking Authentik at {url}");
        let mut answer = request.send().await.map_err(reqwest::Error::without_url).with_context(at)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(reqwest::Error::without_url).with_context(at)? {
            ensure!(bytes.len() + piece.len() <= LARGEST, "{}: the answer is too long", at());
            bytes.extend_from_slice(&piece);
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if body.is_null() {
            bail!("{}: {status}, which is no answer of Authentik's API; is that its address?", at());
        }
        Ok((status, body))
    }

    fn taken(&self, path: &str, status: StatusCode, body: Value) -> anyhow::Result<Value> {
        if status.is_success() {
            return Ok(body);
        }
        let said = said(&body);
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => bail!(
                "Authentik refuses the token for {path} ({said}): make one of intent API for an administrator, \
                 under Directory, Tokens and App passwords"
            ),
            _ => bail!("Authentik refuses {path}: {status} {said}"),
        }
    }
}

/// What it says is wrong: `{"detail"}`, or texts by field.
fn said(body: &Value) -> String {
    if let Some(detail) = body["detail"].as_str() {
        return detail.to_owned();
    }
    let texts = body.as_object().into_iter().flatten().map(|(field, texts)| {
        let texts: Vec<&str> = texts.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{field}: {}", texts.join(" "))
    });
    texts.collect::<Vec<_>>().join("; ")
}
