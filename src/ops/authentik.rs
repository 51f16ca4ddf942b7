//! This application as a client of Authentik: a provider of type OAuth2/OpenID and an application for it, made through Authentik's
//! API (v3, Authentik 2024.12 or newer).

mod ask;
mod plan;

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use url::Url;

use crate::config::Config;
use crate::tls::Trust;
use ask::Api;
use plan::{Own, application, provider_fields, wanting};
pub use plan::{Step, Verb};

/// Where the provider sends browsers back to; the ancestor's address.
const CALLBACK: &str = "/api/auth/callback/authentik";
/// Flows that every Authentik has.
const AUTHORIZATION: &str = "default-provider-authorization-implicit-consent";
const INVALIDATION: &str = "default-provider-invalidation-flow";
/// Its scope mappings: the first three are needed, the last has sessions confirmed by the provider.
const SCOPES: [&str; 4] = ["openid", "email", "profile", "offline_access"];
const SCOPE: &str = "goauthentik.io/providers/oauth2/scope-";

/// What is to be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Authentik's address.
    pub url: Url,
    /// This application's, without a path.
    pub site: Url,
    /// What people read there.
    pub name: String,
    /// How Authentik calls it in addresses.
    pub slug: String,
    /// Looks, and changes nothing.
    pub dry_run: bool,
}

impl Wanted {
    /// Whether all of it can be meant.
    ///
    /// # Errors
    /// An address is no http one, or the name is empty or too long.
    pub fn check(&self) -> anyhow::Result<()> {
        for (url, what) in [(&self.url, "Authentik's address"), (&self.site, "this application's address")] {
            ensure!(
                matches!(url.scheme(), "http" | "https") && url.has_host(),
                "{what}, {url}, must begin with https:// or http://"
            );
        }
        ensure!(
            (1..=100).contains(&self.name.trim().chars().count()),
            "the name must have 1 to 100 characters"
        );
        Ok(())
    }

    /// Where browsers come back to.
    pub fn callback(&self) -> String {
        format!("{}{CALLBACK}", self.site.origin().ascii_serialization())
    }
}

/// What is there now, or would be.
#[derive(Clone)]
pub struct Client {
    pub issuer: String,
    /// `None`: only Authentik will know, once it is made.
    pub client_id: Option<String>,
    /// `None`: the same, or the client is public.
    pub client_secret: Option<String>,
    /// What was done for it, or would be; none: all of it was there.
    pub steps: Vec<Step>,
}

/// Makes what is not there, changes what would keep people from logging in, and leaves everything else as it is.
///
/// # Errors
/// Authentik can't be reached, refuses the token or the change, lacks its default flows, or has something else under this slug.
pub async fn set_up(config: &Config, token: &str, wanted: &Wanted) -> anyhow::Result<Client> {
    ensure!(!token.trim().is_empty(), "the token is empty");
    let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
    let api = Api::new(&trust, &wanted.url, token.trim())?;
    let mut steps = Vec::new();
    // What the settings have already, Authentik is told; a file that is named may have yet to be written.
    let own = Own { id: config.auth.client_id.clone(), secret: config.auth.client_secret().ok().flatten() };

    let found = api.find(&format!("core/applications/{}/", wanted.slug)).await?;
    let of_application = found.as_ref().and_then(|application| application["provider"].as_i64());
    let provider = match of_application {
        Some(pk) => {
            let there = api.find(&format!("providers/oauth2/{pk}/")).await?;
            Some(there.with_context(|| {
                format!(
                    "Authentik's application {} has a provider that is not OAuth2/OpenID; name another --slug",
                    wanted.slug
                )
            })?)
        }
        None => api.named("providers/oauth2/", "name", &wanted.name).await?,
    };
    let mappings = mappings(&api).await?;
    let provider = match provider {
        Some(provider) => changed(&api, wanted, provider, &mappings, &mut steps).await?,
        None => made(&api, wanted, &own, &mappings, &mut steps).await?,
    };
    let pk = provider["pk"].clone();
    match &found {
        Some(_) if of_application.is_some() => {}
        Some(_) => {
            steps.push(Step::new(Verb::Change, format!("the application {}: its provider", wanted.slug)));
            if !wanted.dry_run {
                let body = json!({ "provider": pk });
                api.patch(&format!("core/applications/{}/", wanted.slug), &body).await?;
            }
        }
        None => {
            steps.push(Step::new(Verb::Make, format!("the application {}", wanted.slug)));
            if !wanted.dry_run {
                api.post("core/applications/", &application(wanted, &pk)).await?;
            }
        }
    }
    let text = |field: &str| provider[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Client {
        issuer: issuer(&api, wanted, &pk).await?,
        client_id: text("client_id"),
        client_secret: text("client_secret").filter(|_| provider["client_type"] != "public"),
        steps,
    })
}

/// Writes the client's secret where the settings will find it; only its owner reads it.
///
/// # Errors
/// The file can't be written.
pub fn keep(file: &Path, secret: &str) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut opened = options.write(true).create(true).truncate(true).mode(0o600).open(file)?;
        // One that was there may be open to others.
        opened.set_permissions(Permissions::from_mode(0o600))?;
        opened.write_all(secret.as_bytes())?;
        opened.sync_all()
    };
    write().with_context(|| format!("writing the client's secret to {}", file.display()))
}

/// Ids of the scope mappings.
async fn mappings(api: &Api) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for scope in SCOPES {
        let managed = format!("{SCOPE}{scope}");
        match api.named("propertymappings/provider/scope/", "managed", &managed).await? {
            Some(mapping) => found.push(mapping["pk"].clone()),
            None if scope == "offline_access" => {}
            None => bail!("Authentik has no scope mapping {managed}: restore its default blueprints"),
        }
    }
    Ok(found)
}

async fn flow(api: &Api, slug: &str) -> anyhow::Result<Value> {
    let flow = api.named("flows/instances/", "slug", slug).await?;
    let flow =
        flow.with_context(|| format!("Authentik has no flow {slug}: restore its default blueprints"))?;
    Ok(flow["pk"].clone())
}

/// A key to sign with; one for RS256 where there are several.
async fn signing_key(api: &Api) -> anyhow::Result<Value> {
    let keys = api.list("crypto/certificatekeypairs/", &[("has_key", "true")]).await?;
    let own = keys.iter().find(|key| key["managed"] == "goauthentik.io/crypto/jwt-managed");
    let named = keys.iter().find(|key| key["name"] == "authentik Self-signed Certificate");
    let key = named.or(own).or(keys.first());
    let key = key.context("Authentik has no certificate with a key: make one under System, Certificates")?;
    Ok(key["pk"].clone())
}

async fn made(
    api: &Api,
    wanted: &Wanted,
    own: &Own,
    mappings: &[Value],
    steps: &mut Vec<Step>,
) -> anyhow::Result<Value> {
    steps.push(Step::new(Verb::Make, format!("the provider {}", wanted.name)));
    let flows = (flow(api, AUTHORIZATION).await?, flow(api, INVALIDATION).await?);
    let fields = provider_fields(wanted, own, flows, mappings, &signing_key(api).await?);
    if wanted.dry_run {
        return Ok(Value::Null);
    }
    api.post("providers/oauth2/", &fields).await
}

async fn changed(
    api: &Api,
    wanted: &Wanted,
    provider: Value,
    mappings: &[Value],
    steps: &mut Vec<Step>,
) -> anyhow::Result<Value> {
    let key = if provider["signing_key"].is_null() { Some(signing_key(api).await?) } else { None };
    let patch = wanting(&provider, &wanted.callback(), mappings, key.as_ref());
    let fields: Vec<&str> = patch.keys().map(String::as_str).collect();
    if fields.is_empty() {
        return Ok(provider);
    }
    let name = provider["name"].as_str().unwrap_or(&wanted.name);
    steps.push(Step::new(Verb::Change, format!("the provider {name}: {}", fields.join(", "))));
    if wanted.dry_run {
        return Ok(provider);
    }
    api.patch(&format!("providers/oauth2/{}/", provider["pk"]), &Value::Object(patch)).await
}

/// What Authentik calls itself for this application.
async fn issuer(api: &Api, wanted: &Wanted, pk: &Value) -> anyhow::Result<String> {
    if let Some(pk) = pk.as_i64()
        && let Some(urls) = api.find(&format!("providers/oauth2/{pk}/setup_urls/")).await?
        && let Some(issuer) = urls["issuer"].as_str().filter(|issuer| !issuer.is_empty())
    {
        return Ok(issuer.to_owned());
    }
    Ok(wanted.url.join(&format!("application/o/{}/", wanted.slug))?.into())
}
