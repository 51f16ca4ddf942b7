//! Tries everything an installation needs and says what to do about what is wrong.

mod login;
mod outgoing;
mod provider;
mod site;
mod speech;
mod tls;

use std::path::Path;
use std::time::Duration;

use crate::bus::Bus;
use crate::config::Config;
use crate::db::{self, Address};
use crate::fonts::Fonts;
use crate::ops::backup;
use crate::storage::{Room, Storage};
use crate::tls::Trust;

/// Less free room than this is called a problem: one long recording with its decoded sound.
const LEAST_FREE: u64 = 2_000_000_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// One thing that was tried.
#[derive(Debug)]
pub struct Finding {
    pub what: &'static str,
    pub outcome: Result<String, Problem>,
}

/// What is wrong, and how to mend it.
#[derive(Debug)]
pub struct Problem {
    pub text: String,
    pub remedy: &'static str,
    /// Nothing is broken yet.
    pub warning: bool,
}

/// Tries everything the settings name, one thing after another. Nothing is changed, but that a login at an identity provider is begun
/// which nobody ends, and which is forgotten after ten minutes.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let (mut findings, trust) = tls::examine(&config.tls);
    let address = Address::new(&config.database.postgres_url(), &trust);
    findings.extend([
        finding(
            "database",
            database(&address).await,
            "start PostgreSQL, check database.url, then `reflector migrate`",
        ),
        finding(
            "storage",
            storage(config).await,
            "check storage.dir or storage.s3, and that this user may write there",
        ),
        finding(
            "events",
            events(config, &trust).await,
            "start Redis, or check redis.url; one process alone needs none",
        ),
        finding("ffmpeg", ffmpeg().await, "install ffmpeg (Debian: apt-get install ffmpeg)"),
    ]);
    findings.extend(getting_in(config, &address, &trust).await);
    findings.extend(speech::examine(config, &trust).await);
    findings.push(finding(
        "language model",
        llm(config, &trust).await,
        "check llm.url, llm.api_key and that its server runs",
    ));
    findings.extend(outgoing::examine(config).await);
    findings.push(fonts(config));
    let scratch = config.storage.scratch.clone().unwrap_or_else(std::env::temp_dir);
    findings.push(finding(
        "room",
        room(&scratch),
        "free some space, or point storage.scratch at a larger disk",
    ));
    if config.storage.s3.is_none() {
        findings.push(finding(
            "room",
            room(&config.storage.dir),
            "free some space, or move storage.dir to a larger disk",
        ));
    }
    findings.push(finding(
        "backup",
        backup::freshness(&address).await,
        "`reflector backup`, by a timer once a day: docs/BACKUP.md",
    ));
    findings
}

/// Of all that, whether people get in: login, identity provider, and the site as they find it.
pub async fn access(config: &Config) -> Vec<Finding> {
    let (_, trust) = tls::examine(&config.tls);
    getting_in(config, &Address::new(&config.database.postgres_url(), &trust), &trust).await
}

async fn getting_in(config: &Config, address: &Address, trust: &Trust) -> Vec<Finding> {
    let mut findings = login::examine(config, address).await;
    findings.extend(provider::examine(config, trust).await);
    findings.extend(site::examine(config, trust).await);
    findings
}

fn finding<E: std::fmt::Display>(
    what: &'static str,
    outcome: Result<String, E>,
    remedy: &'static str,
) -> Finding {
    let outcome = outcome.map_err(|error| Problem { text: format!("{error:#}"), remedy, warning: false });
    Finding { what, outcome }
}

/// What PDF can be set in. Without them everything else works.
fn fonts(config: &Config) -> Finding {
    let (there, missing) = Fonts::new(&config.export.fonts).scripts();
    let outcome = match missing.is_empty() {
        true => Ok(format!("PDF can be made of {}", there.join(", "))),
        false => Err(Problem {
            text: format!("PDF can't be made of transcripts in these scripts: {}", missing.join(", ")),
            remedy: "Debian: apt-get install fonts-noto-core fonts-noto-cjk; or name a folder of fonts in export.fonts",
            warning: true,
        }),
    };
    Finding { what: "fonts", outcome }
}

async fn database(address: &Address) -> anyhow::Result<String> {
    if db::migrate::is_current(address).await? {
        Ok("answers, and its tables are this version's".into())
    } else {
        anyhow::bail!("answers, but its tables are not this version's")
    }
}

async fn storage(config: &Config) -> anyhow::Result<String> {
    Storage::open(&config.storage)?.check().await?;
    Ok(match &config.storage.s3 {
        Some(s3) => format!("bucket {} takes and gives objects", s3.bucket),
        None => format!("{} takes and gives objects", config.storage.dir.display()),
    })
}

async fn events(config: &Config, trust: &Trust) -> anyhow::Result<String> {
    let Some(url) = &config.redis.url else { return Ok("inside one process (no redis.url)".into()) };
    Bus::redis(url, trust).await?.ping().await?;
    Ok("Redis answers".into())
}

async fn ffmpeg() -> anyhow::Result<String> {
    for program in ["ffmpeg", "ffprobe"] {
        let ran = tokio::process::Command::new(program).arg("-version").output().await;
        let ran = ran.map_err(|error| anyhow::anyhow!("{program} can't be run: {error}"))?;
        anyhow::ensure!(ran.status.success(), "{program} -version ended with {}", ran.status);
    }
    Ok("ffmpeg and ffprobe run".into())
}

async fn llm(config: &Config, trust: &Trust) -> anyhow::Result<String> {
    let Some(url) = &config.llm.url else {
        return Ok("none: topics, title and summary are extracted".into());
    };
    let client = trust.http().timeout(PATIENCE).build()?;
    let mut request = client.get(format!("{}/models", url.trim_end_matches('/')));
    if let Some(key) = &config.llm.api_key {
        request = request.bearer_auth(key);
    }
    let answer = request.send().await?;
    anyhow::ensure!(answer.status().is_success(), "{url}/models answers {}", answer.status());
    Ok(format!("{url} answers"))
}

/// Bytes that are free where `dir` is, or would be.
fn room(dir: &Path) -> anyhow::Result<String> {
    let free = Room::of(dir)?.free;
    let shown = format!("{:.1} GB free for {}", free as f64 / 1e9, dir.display());
    if free < LEAST_FREE {
        anyhow::bail!("{shown}, less than {} GB", LEAST_FREE / 1_000_000_000);
    }
    Ok(shown)
}
