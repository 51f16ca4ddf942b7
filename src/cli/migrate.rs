use anyhow::Context as _;

use super::process;
use crate::db::Address;
use crate::{config, db, queue};

/// Bring the database's tables up to date, or take back the newest step
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// Take back the newest step of our own tables; what it held is lost
    #[arg(long)]
    down: bool,
}

impl Migrate {
    #[expect(clippy::print_stdout, reason = "a command's result")]
    pub fn run(self) -> anyhow::Result<()> {
        let config = config::Config::load()?;
        let url = Address::new(&config.database.postgres_url(), &process::trust(&config.tls)?);
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        runtime.block_on(async {
            if self.down {
                match db::migrate::down(&url).await? {
                    Some(step) => println!("taken back: {step}"),
                    None => println!("nothing to take back"),
                }
                return Ok(());
            }
            let steps = db::migrate::up(&url).await?;
            for step in &steps {
                println!("done: {step}");
            }
            queue::init(&url).await?;
            println!("the database is up to date");
            Ok(())
        })
    }
}
