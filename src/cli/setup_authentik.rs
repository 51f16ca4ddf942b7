//! `reflector admin setup-authentik`: this application as a client of an Authentik. The token is never an argument.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use url::Url;

use super::process;
use crate::ops::authentik::{self, Client, Verb, Wanted};

#[derive(Debug, Args)]
pub(super) struct SetupAuthentik {
    /// Authentik's address, as https://auth.example.org
    url: Url,
    /// This application's address [default: server.site_url]
    #[arg(long)]
    site: Option<Url>,
    /// What people read there; also the name of a new provider
    #[arg(long, default_value = "Reflector")]
    name: String,
    /// How Authentik calls the application in addresses
    #[arg(long, default_value = "reflector", value_parser = slug)]
    slug: String,
    /// Write the client's secret into this file, for its owner only, instead of showing it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Look what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

fn slug(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=50).contains(&text.len()) && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 50 letters, digits, - and _".into())
    }
}

impl SetupAuthentik {
    pub(super) fn run(self, token: &str) -> anyhow::Result<()> {
        let config = process::settings()?;
        let site = match (&self.site, &config.server.site_url) {
            (Some(site), _) => site.clone(),
            (None, Some(site)) => Url::parse(site).context("server.site_url")?,
            (None, None) => anyhow::bail!("where is this application? Set server.site_url, or say --site"),
        };
        let wanted = Wanted { url: self.url, site, name: self.name, slug: self.slug, dry_run: self.dry_run };
        wanted.check()?;
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        let client = runtime.block_on(authentik::set_up(&config, token, &wanted))?;
        if let (Some(file), Some(secret), false) = (&self.secret_file, &client.client_secret, self.dry_run) {
            authentik::keep(file, secret)?;
        }
        // One that the settings have is not shown again.
        let known = client.client_secret.is_some()
            && config.auth.client_secret().is_ok_and(|own| own == client.client_secret);
        say(&lines(&client, &wanted, self.secret_file, known).join("\n"));
        Ok(())
    }
}

/// What was done, and what to put into the settings.
fn lines(client: &Client, wanted: &Wanted, file: Option<PathBuf>, known: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &client.steps {
        let verb = match (step.verb, wanted.dry_run) {
            (Verb::Make, false) => "made",
            (Verb::Make, true) => "would make",
            (Verb::Change, false) => "changed",
            (Verb::Change, true) => "would change",
        };
        lines.push(format!("{verb} {}", step.what));
    }
    if client.steps.is_empty() {
        lines.push("all of it is there already; nothing was changed".into());
    }
    if wanted.dry_run {
        return lines;
    }
    let id = client.client_id.as_deref().unwrap_or_default();
    let secret = match (&client.client_secret, file) {
        (None, _) => "# a public client: it has no secret".to_owned(),
        (Some(_), None) if known => "# the client's secret is the one of these settings".to_owned(),
        (Some(_), Some(file)) => format!("client_secret_file = {:?}", file.display().to_string()),
        (Some(secret), None) => {
            lines.push(format!("the client's secret, for a file that only root reads: {secret}"));
            "client_secret_file = \"/run/secrets/reflector-client-secret\"".to_owned()
        }
    };
    let (site, name) = (wanted.site.origin().ascii_serialization(), "Authentik");
    lines.extend([
        String::new(),
        "[server]".into(),
        format!("site_url = \"{site}\""),
        String::new(),
        "[auth]".into(),
        "mode = \"jwt\"".into(),
        format!("issuer = \"{}\"", client.issuer),
        format!("client_id = \"{id}\""),
        secret,
        format!("provider_name = \"{name}\""),
        String::new(),
        "`reflector doctor` then tries all of it.".into(),
    ]);
    lines
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn say(text: &str) {
    println!("{text}");
}
