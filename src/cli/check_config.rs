//! `reflector check-config`: are the settings usable, and what are they.

use clap::Args;

use super::process;
use crate::config::{self, AuthMode, Config};
use crate::model_api::client::Remote;

/// Check the settings and say what is wrong with them
#[derive(Debug, Args)]
pub struct CheckConfig {
    /// Print the page that describes every setting instead
    #[arg(long)]
    document: bool,
}

impl CheckConfig {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub fn run(self) -> anyhow::Result<()> {
        if self.document {
            print!("{}", config::markdown());
            return Ok(());
        }
        let config = Config::load()?;
        let trust = process::trust(&config.tls)?;
        config.auth.key()?;
        config.auth.client_secret()?;
        config.mail.password()?;
        config.zulip.account()?;
        config.failures.webhook_secret()?;
        let admin = config.auth.admin()?;
        println!("The settings are usable.");
        println!("  pages and API  http://{}", config.server.listen);
        println!(
            "  login          {}",
            match (config.auth.mode, admin) {
                (AuthMode::None, _) if config.auth.is_public() => {
                    "none, in public mode: everybody is a visitor, who reads, adds and changes nothing"
                        .to_owned()
                }
                (AuthMode::None, _) => "none: whoever reaches that address may do everything".to_owned(),
                (AuthMode::Password, None) => "by password".to_owned(),
                (AuthMode::Password, Some((email, _))) => format!("by password, {email} from the start"),
                (AuthMode::Jwt, _) => format!("by {}", config.auth.provider_name()),
            }
        );
        if config.auth.is_public() {
            println!("  nobody's       {}", config.retention.ownerless_kept(&config.auth));
        }
        println!(
            "  objects        {}",
            match &config.storage.s3 {
                Some(s3) => format!("bucket {} at {}", s3.bucket, s3.endpoint),
                None => config.storage.dir.display().to_string(),
            }
        );
        println!("  speech model   {} in {}", config.speech.model, config.models.dir.display());
        for (what, server) in [
            ("words from", config.speech.transcript_server()?),
            ("speakers from", config.speech.diarization_server()?),
        ] {
            if let Some(server) = server {
                println!("  {what:<13}  {}", Remote::new(&server.url, None, &trust)?.place());
            }
        }
        println!(
            "  understanding  {}",
            match (&config.llm.model, &config.llm.url) {
                (Some(model), Some(url)) => format!("{model} at {url}"),
                _ => "extractive (no llm.url)".to_owned(),
            }
        );
        println!(
            "  e-mail         {}",
            match (config.mail.host(), &config.mail.from) {
                (Some(host), Some(from)) => format!("by {host}:{}, from {from}", config.mail.port),
                _ => "none (no mail.host)".to_owned(),
            }
        );
        println!("  Zulip          {}", config.zulip.realm.as_deref().unwrap_or("none (no zulip.realm)"));
        println!(
            "  trusts         {}",
            match trust.authorities().len() {
                0 => "the system's certificate authorities".to_owned(),
                own => format!("the system's certificate authorities and {own} of its own"),
            }
        );
        println!(
            "  events         {}",
            if config.redis.url.is_some() { "Redis" } else { "inside one process" }
        );
        Ok(())
    }
}
