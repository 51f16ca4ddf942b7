//! `reflector restore`: back from an archive.

use std::path::PathBuf;

use clap::Args;

use super::backup::{From, contents};
use super::process;
use super::watch::Terminal;
use crate::ops::backup::{self, RestoreOptions, Watch};

/// Restore a backup into an empty system
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    from: From,
    /// Put the archive's settings and keys into this folder
    #[arg(long, value_name = "FOLDER")]
    to_settings: Option<PathBuf>,
    /// Replace everything that is in the database and in the storage
    #[arg(long)]
    force: bool,
}

impl Restore {
    pub fn run(self) -> anyhow::Result<()> {
        let config = process::settings()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let watch = Terminal::new(runtime.handle())?;
        let (from, key) = self.from.open()?;
        let options = RestoreOptions { from, key, to_settings: self.to_settings, force: self.force };
        let restored = backup::restore(runtime.handle(), &config, &options, &watch);
        watch.end();
        let restored = restored?;
        watch.say(&format!("restored and compared: {}", contents(&restored.manifest)));
        if !restored.migrated.is_empty() {
            watch.say(&format!("brought up to this version: {}", restored.migrated.join(", ")));
        }
        if restored.removed > 0 {
            watch.say(&format!("{} objects that are not in the archive were removed", restored.removed));
        }
        if let Some(folder) = &options.to_settings {
            watch.say(&format!("{} files of settings and keys are in {}", restored.files, folder.display()));
        }
        for missing in &restored.manifest.missing {
            watch.say(&format!("was missing when the backup was made: {missing}"));
        }
        Ok(())
    }
}
