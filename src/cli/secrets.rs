//! `reflector secrets`: which keys and passwords there are, and a new value for one.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};

use super::process;
use crate::config::Config;
use crate::ops::secrets::{self, Addresses, Home, Outcome};
use crate::tls::Trust;

/// Where the NixOS module keeps them, and what it calls the bucket and the socket.
const FOLDER: &str = "/var/lib/reflector-secrets";
const BUCKET: &str = "reflector-media";
const REDIS: &str = "unix:///run/redis-reflector/redis.sock";

/// Keys and passwords between the parts of an installation: list, rotate
#[derive(Debug, Args)]
pub struct Secrets {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Which there are, since when, and what is wrong with them; never their values
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Give one a new value; the old one stays valid until --finish where the service allows it
    Rotate(Rotate),
}

#[derive(Debug, Args)]
struct Place {
    /// Folder with a file for each secret [default: /var/lib/reflector-secrets if it is there]
    #[arg(long, value_name = "FOLDER", conflicts_with = "settings")]
    folder: Option<PathBuf>,
    /// TOML file of settings that holds them [default: the one in use]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Rotate {
    /// A name as `secrets list` shows it
    name: String,
    #[command(flatten)]
    place: Place,
    /// The units were restarted: the old value is to be refused from now on
    #[arg(long)]
    finish: bool,
    /// File with the new value, for what somebody else makes; two values are two lines
    #[arg(long, value_name = "FILE", conflicts_with = "finish")]
    value_file: Option<PathBuf>,
    /// Address of Redis [default: redis.url, else the module's socket]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Address of Garage's administration
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3903")]
    garage_admin: String,
    /// File with Garage's token for administration [default: garage-admin-token of the folder]
    #[arg(long, value_name = "FILE")]
    garage_token_file: Option<PathBuf>,
    /// Bucket of the objects [default: storage.s3.bucket, else reflector-media]
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
}

impl Place {
    fn home(self) -> anyhow::Result<Home> {
        match (self.folder, self.settings) {
            (Some(folder), _) => Ok(Home::Folder(folder)),
            (None, Some(file)) => Ok(Home::Settings(file)),
            (None, None) if Path::new(FOLDER).is_dir() => Ok(Home::Folder(FOLDER.into())),
            (None, None) => {
                let file = std::env::var_os("REFLECTOR_CONFIG").unwrap_or_else(|| "reflector.toml".into());
                let file = PathBuf::from(file);
                ensure!(
                    file.is_file(),
                    "there is neither {FOLDER} nor {}: name --folder or --settings",
                    file.display()
                );
                Ok(Home::Settings(file))
            }
        }
    }
}

impl Secrets {
    pub fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::List { place } => list(&place.home()?),
            Action::Rotate(rotate) => rotate.run(),
        }
    }
}

fn list(home: &Home) -> anyhow::Result<()> {
    let mut wrong = 0;
    for found in home.list()? {
        let since = found.since.map_or("-".to_owned(), |since| since.format("%Y-%m-%d").to_string());
        let state = if found.rotating { "rotation begun" } else { "" };
        say(&format!("{:<22} {since:<11} {:<15} {}", found.secret.name, state, found.secret.what));
        for problem in &found.problems {
            wrong += 1;
            say(&format!("    {problem}"));
        }
    }
    ensure!(wrong == 0, "{wrong} things are wrong with these secrets");
    Ok(())
}

impl Rotate {
    fn run(self) -> anyhow::Result<()> {
        let secret = secrets::find(&self.name)?;
        let home = self.place.home()?;
        // Asked only for addresses: a folder of secrets can be rotated where no settings are.
        let config = Config::load().ok();
        let own = config.as_ref();
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file)
                .map(|text| {
                    text.lines()
                        .map(|line| line.trim().to_owned())
                        .filter(|line| !line.is_empty())
                        .collect::<Vec<_>>()
                })
                .with_context(|| file.display().to_string())
        };
        let token = self.garage_token_file.as_ref().map(read).transpose()?;
        let addresses = Addresses {
            redis: self.redis.or_else(|| own?.redis.url.clone()).unwrap_or_else(|| REDIS.to_owned()),
            garage_admin: self.garage_admin,
            garage_token: token.and_then(|lines| lines.into_iter().next()),
            bucket: self
                .bucket
                .or_else(|| Some(own?.storage.s3.as_ref()?.bucket.clone()))
                .unwrap_or_else(|| BUCKET.to_owned()),
            trust: own.map_or_else(|| Ok(Trust::system()), |config| process::trust(&config.tls))?,
        };
        let given = self.value_file.as_ref().map(read).transpose()?;
        if given.is_none() && secret.given() && !self.finish {
            bail!("{} is made by somebody else: name --value-file", secret.name);
        }
        let runtime = tokio::runtime::Runtime::new()?;
        let units = secret.units.join(" ");
        if self.finish {
            runtime.block_on(secrets::finish(&home, secret.name, &addresses))?;
            say(&format!("{}: the old value is refused from now on", secret.name));
            return Ok(());
        }
        match runtime.block_on(secrets::rotate(&home, secret.name, &addresses, given))? {
            Outcome::Begun => say(&format!(
                "{}: old and new value are valid. Now:\n  systemctl restart {units}\n  reflector secrets rotate {} --finish",
                secret.name, secret.name
            )),
            Outcome::Done => say(&format!("{}: changed. Now:\n  systemctl restart {units}", secret.name)),
        }
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn say(line: &str) {
    println!("{line}");
}
