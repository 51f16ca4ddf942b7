//! `reflector backup`: everything that can't be made again, in one archive.

use std::path::PathBuf;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use indicatif::HumanBytes;

use super::process;
use super::watch::Terminal;
use crate::ops::backup::{self, BackupOptions, Destination, Key, Lock, Manifest, Repository, Source, Watch};

/// Back up database, sound, settings and keys, and read the backup back
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Backup {
    #[command(subcommand)]
    action: Option<Action>,
    /// A file, or a folder that gets a file with the time in its name
    #[arg(long, value_name = "FILE|FOLDER", required_unless_present = "restic", conflicts_with = "restic")]
    to: Option<PathBuf>,
    /// A restic repository instead
    #[arg(long, value_name = "REPOSITORY")]
    restic: Option<String>,
    /// File with the repository's password; restic's own variables are used without it
    #[arg(long, value_name = "FILE", requires = "restic")]
    restic_password_file: Option<PathBuf>,
    /// Do not read the snapshot back, where the repository charges for that
    #[arg(long, requires = "restic")]
    skip_verify: bool,
    /// Encrypt with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "recipient_file")]
    passphrase_file: Option<PathBuf>,
    /// Encrypt for the age recipients (age1…) in this file, one a line
    #[arg(long, value_name = "FILE")]
    recipient_file: Option<PathBuf>,
    /// A file of settings, taken as it is, secrets and all; may be given again
    #[arg(long, value_name = "FILE")]
    settings: Vec<PathBuf>,
    /// A folder of keys and passwords; may be given again
    #[arg(long, value_name = "FOLDER")]
    keys: Vec<PathBuf>,
    /// Keep so many backups in the folder or the repository, this one included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read an archive and compare everything in it with its manifest
    Verify(Verify),
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    from: From,
}

/// An archive and what opens it.
#[derive(Debug, Args)]
pub(super) struct From {
    /// The archive
    #[arg(value_name = "FILE", required_unless_present = "restic", conflicts_with = "restic")]
    file: Option<PathBuf>,
    /// A restic repository instead
    #[arg(long, value_name = "REPOSITORY")]
    restic: Option<String>,
    /// File with the repository's password; restic's own variables are used without it
    #[arg(long, value_name = "FILE", requires = "restic")]
    restic_password_file: Option<PathBuf>,
    /// Which snapshot of the repository
    #[arg(long, value_name = "ID", requires = "restic", default_value = "latest")]
    snapshot: String,
    /// The archive is encrypted with the passphrase in the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "identity_file")]
    passphrase_file: Option<PathBuf>,
    /// The archive is encrypted for an age identity (AGE-SECRET-KEY-1…) in this file
    #[arg(long, value_name = "FILE")]
    identity_file: Option<PathBuf>,
}

impl From {
    pub(super) fn open(self) -> anyhow::Result<(Source, Key)> {
        let key = Key::from_files(self.passphrase_file.as_deref(), self.identity_file.as_deref())?;
        let source = match (self.file, self.restic) {
            (Some(file), _) => Source::File(file),
            (None, Some(address)) => Source::Restic {
                repository: Repository { address, password_file: self.restic_password_file },
                snapshot: self.snapshot,
            },
            (None, None) => bail!("name an archive or --restic"),
        };
        Ok((source, key))
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new()?;
        let watch = Terminal::new(runtime.handle())?;
        let (source, key) = self.from.open()?;
        let manifest = backup::verify(&source, &key, &watch);
        watch.end();
        say(&watch, &format!("{source} is whole: {}", contents(&manifest?)));
        Ok(())
    }
}

impl Backup {
    pub fn run(self) -> anyhow::Result<()> {
        if let Some(Action::Verify(verify)) = self.action {
            return verify.run();
        }
        let config = process::settings()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let watch = Terminal::new(runtime.handle())?;
        let lock = Lock::from_files(self.passphrase_file.as_deref(), self.recipient_file.as_deref())?;
        let secrets = !self.settings.is_empty() || !self.keys.is_empty();
        let open = lock.is_open() && self.restic.is_none();
        let to = match (self.to, self.restic) {
            (Some(to), _) => Destination::File(to),
            (None, Some(address)) => Destination::Restic {
                repository: Repository { address, password_file: self.restic_password_file },
                verify: !self.skip_verify,
            },
            (None, None) => bail!("name --to or --restic"),
        };
        let keep = self.keep.map(|keep| keep as usize);
        let options = BackupOptions { to, lock, settings: self.settings, keys: self.keys, keep };
        let report = backup::backup(runtime.handle(), &config, &options, &watch);
        watch.end();
        let report = report?;

        let verified = if report.verified { "read back" } else { "not read back" };
        say(
            &watch,
            &format!(
                "{}: {}, {verified}; {}; {} s",
                report.place,
                HumanBytes(report.bytes),
                contents(&report.manifest),
                report.took.as_secs()
            ),
        );
        if secrets && open {
            say(
                &watch,
                "It holds secrets and is not encrypted: keep it where only root reads it, or use --passphrase-file.",
            );
        }
        for name in &report.removed {
            say(&watch, &format!("removed {name}"));
        }
        let missing = &report.manifest.missing;
        let shown = missing.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        ensure!(
            missing.is_empty(),
            "the backup is complete, but {} objects that the database names were missing in the storage ({shown}); no older \
             backup was removed, since it may have them",
            missing.len()
        );
        Ok(())
    }
}

/// What is in an archive, in words.
pub(super) fn contents(manifest: &Manifest) -> String {
    let rows: i64 = manifest.tables.values().sum();
    let gone = match manifest.gone.len() {
        0 => String::new(),
        gone => format!(", {gone} deleted meanwhile"),
    };
    format!(
        "{} of {}, {rows} rows in {} tables, {} objects{gone}",
        manifest.about.program,
        manifest.about.made.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.tables.len(),
        manifest.objects(),
    )
}

fn say(watch: &Terminal, line: &str) {
    watch.say(line);
}
