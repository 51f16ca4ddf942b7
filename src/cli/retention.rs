//! `reflector retention`: what is about to be deleted.

use anyhow::{Context as _, ensure};

use super::process;
use crate::bus::Bus;
use crate::clock;
use crate::config::Config;
use crate::db::{Address, Pool};
use crate::ids::TranscriptId;
use crate::jobs::{Keep, expire, ownerless, remove_ownerless};
use crate::model::retention::{self, Expired, Limits};
use crate::storage::Storage;
use crate::tls::Trust;

/// Transcripts that are shown.
const SHOWN: i64 = 1000;

/// Show what the workers will delete at their next round, because it was kept as long as the settings say
#[derive(Debug, clap::Args)]
pub struct Retention {
    /// Delete it now
    #[arg(long)]
    delete: bool,
    /// As if retention.public_days were this, in public mode (0: never)
    #[arg(long, value_name = "DAYS", conflicts_with = "delete")]
    public_days: Option<u32>,
    /// As if retention.trash_days were this (0: never)
    #[arg(long, value_name = "DAYS", conflicts_with = "delete")]
    trash_days: Option<u32>,
    /// Show everything that nobody owns, however young
    #[arg(long, conflicts_with_all = ["delete", "public_days", "trash_days"])]
    all: bool,
    /// Delete this transcript now and for ever, however young, if nobody owns it; may be said several times
    #[arg(long, value_name = "ID", conflicts_with_all = ["all", "delete", "public_days", "trash_days"])]
    remove: Vec<TranscriptId>,
}

impl Retention {
    #[expect(clippy::print_stdout, reason = "a command's result")]
    pub fn run(self) -> anyhow::Result<()> {
        let mut config = process::settings()?;
        let rules = &mut config.retention;
        rules.public_days = self.public_days.or(rules.public_days);
        rules.trash_days = self.trash_days.unwrap_or(rules.trash_days);
        let keep = Keep::of(&config);
        let named = self.all || !self.remove.is_empty();
        if !named {
            println!("{}", said(&config, keep));
            if !keep.deletes() {
                return Ok(());
            }
        }
        let limits = if named { ownerless(clock::now()) } else { keep.limits(clock::now()) };
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        runtime.block_on(async {
            let trust = process::trust(&config.tls)?;
            let address = Address::new(&config.database.postgres_url(), &trust);
            let pool = Pool::new(&address, 1).context("PostgreSQL (database.url)")?;
            if !self.remove.is_empty() {
                let storage = Storage::open(&config.storage).context("storage")?;
                let bus = bus(config.redis.url.as_deref(), &trust).await;
                for id in self.remove {
                    let gone = remove_ownerless(&pool, &storage, &bus, id).await?;
                    ensure!(gone, "{id} is not there, or somebody owns it");
                    println!("deleted: {id}");
                }
                return Ok(());
            }
            let (count, expired) = due(&pool, limits).await?;
            for one in &expired {
                println!("{}", line(one));
            }
            if count > expired.len() as i64 {
                println!("... and {} more", count - expired.len() as i64);
            }
            if self.delete {
                let storage = Storage::open(&config.storage).context("storage")?;
                let bus = bus(config.redis.url.as_deref(), &trust).await;
                println!("deleted: {}", expire(&pool, &storage, &bus, limits).await?);
            } else if self.all {
                println!("nobody's: {count}");
            } else {
                println!("to be deleted: {count}");
            }
            Ok(())
        })
    }
}

/// The bus on which open pages hear of it. What is to be deleted does not wait for it.
async fn bus(url: Option<&str>, trust: &Trust) -> Bus {
    let Some(url) = url else { return Bus::in_process() };
    Bus::redis(url, trust).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "open pages will not hear of it");
        Bus::in_process()
    })
}

async fn due(pool: &Pool, limits: Limits) -> anyhow::Result<(i64, Vec<Expired>)> {
    let mut conn = pool.get().await?;
    let expired = retention::expired(&mut conn, limits, SHOWN).await?;
    Ok((retention::count(&mut conn, limits).await?, expired))
}

/// The rules in words.
fn said(config: &Config, keep: Keep) -> String {
    let days = |rule: Option<chrono::TimeDelta>| {
        rule.map_or_else(|| "for ever".to_owned(), |age| format!("{} days", age.num_days()))
    };
    let ownerless = match config.retention.public_days {
        _ if !config.auth.is_public() => "for ever (no public mode)".to_owned(),
        None if keep.ownerless.is_none() => "for ever (retention.public_days is not set)".to_owned(),
        _ => days(keep.ownerless),
    };
    format!("kept: what nobody owns {ownerless}; the trash {}", days(keep.trash))
}

/// Id, day and name; a name is one line, whatever it holds.
fn line(expired: &Expired) -> String {
    let name: String = expired.name.chars().filter(|c| !c.is_control()).collect();
    let trash = expired.deleted_at.map(|at| format!(", in the trash since {}", at.date_naive()));
    format!("{}  {}  {name}{}", expired.id, expired.created_at.date_naive(), trash.unwrap_or_default())
}
