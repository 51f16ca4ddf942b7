//! Back from an archive into an empty system. The archive is read whole before anything is touched, and what was restored is
//! compared with it at the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::manifest::{DATABASE, Entry, KEYS, Manifest, OBJECTS, SETTINGS};
use super::postgres::{Access, Running, Tool, to_restore};
use super::progress::Watch;
use super::read;
use super::seal::Key;
use super::source::{Source, verify};
use crate::config::Config;
use crate::db::{Address, Connection, Pool, migrate, survey};
use crate::queue;
use crate::storage::{Storage, StorageKey};
use crate::tls::Trust;

/// Pieces of an object on its way into the store.
const PIECE: usize = 256 * 1024;

/// What is restored, and over what.
pub struct RestoreOptions {
    pub from: Source,
    pub key: Key,
    /// Where settings and keys are put; left in the archive without it.
    pub to_settings: Option<PathBuf>,
    /// Replace what is there.
    pub force: bool,
}

/// A restore that is done.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Steps of the schema that ran because the archive is of an older version.
    pub migrated: Vec<String>,
    /// Objects that were there before and that the archive does not have.
    pub removed: usize,
    /// Files of settings and keys.
    pub files: usize,
}

/// Restores an archive.
///
/// # Errors
/// The archive is damaged, or of a newer version, or the system is not empty and `force` is not set: nothing is changed then.
/// What breaks later leaves a system that the same command with `force` restores from the start.
pub fn restore(
    runtime: &Handle,
    config: &Config,
    options: &RestoreOptions,
    watch: &dyn Watch,
) -> anyhow::Result<Restored> {
    let manifest = verify(&options.from, &options.key, watch)?;
    let target = Target::open(runtime, config)?;
    fits(&manifest, &options.from)?;
    let pg_restore =
        to_restore(&Tool::installed("pg_restore"), target.server, manifest.about.pg_dump)?.clone();
    target.check(options.force, watch)?;
    runtime.block_on(target.storage.check()).context("the storage can't be written")?;
    if let Some(folder) = &options.to_settings {
        check_folder(folder, &manifest, options.force)?;
    }

    let mut conn = runtime.block_on(target.pool.get())?;
    runtime.block_on(survey::empty(&mut conn)).context("emptying the database")?;
    let files = target.pour(&pg_restore, &manifest, options, watch)?;

    watch.phase("comparing", Some(manifest.below(OBJECTS).count() as u64));
    let found = runtime.block_on(survey::tables(&mut conn))?;
    compare_rows(&manifest.tables, &found)?;
    drop(conn);
    let removed = target.compare_objects(&manifest, watch)?;
    let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
    let address = Address::new(&config.database.postgres_url(), &trust);
    let migrated = runtime.block_on(async {
        let migrated = migrate::up(&address).await?;
        queue::init(&address).await?;
        survey::analyze(&mut *target.pool.get().await?).await?;
        anyhow::Ok(migrated)
    })?;
    Ok(Restored { manifest, migrated, removed, files })
}

/// Whether this program knows every step that the archive's database has taken.
fn fits(manifest: &Manifest, from: &Source) -> anyhow::Result<()> {
    let known: HashSet<String> = migrate::known()?.into_iter().collect();
    let unknown: Vec<&str> =
        manifest.about.migrations.iter().filter(|step| !known.contains(*step)).map(String::as_str).collect();
    ensure!(
        unknown.is_empty(),
        "{from} was made by version {} and this is {}, which does not know the database's step {}: use a newer version",
        manifest.about.program,
        env!("CARGO_PKG_VERSION"),
        unknown.join(", ")
    );
    Ok(())
}

struct Target<'a> {
    runtime: &'a Handle,
    pool: Pool,
    storage: Storage,
    access: Access,
    server: u32,
}

impl<'a> Target<'a> {
    fn open(runtime: &'a Handle, config: &Config) -> anyhow::Result<Self> {
        let url = config.database.postgres_url();
        let trust = Trust::load(&config.tls.ca).context("tls.ca")?;
        let pool = Pool::new(Address::new(&url, &trust), 1)?;
        let server = runtime.block_on(async {
            let mut conn: Connection = pool.get().await?;
            anyhow::Ok(survey::server_major(&mut conn).await?)
        })?;
        let storage = Storage::open(&config.storage).context("storage")?;
        Ok(Self { runtime, pool, storage, access: Access::new(&url)?, server })
    }

    /// Whether something is there that would be lost, or somebody who would notice.
    fn check(&self, force: bool, watch: &dyn Watch) -> anyhow::Result<()> {
        let (others, tables, objects) = self.runtime.block_on(async {
            let mut conn = self.pool.get().await?;
            let others = survey::others(&mut conn).await?;
            let tables = survey::with_content(&survey::tables(&mut conn).await?);
            anyhow::Ok((others, tables, self.storage.list("").await.context("storage")?))
        })?;
        ensure!(
            others.is_empty(),
            "the database is in use by {}: stop reflector-web, reflector-work and whoever else uses it first",
            others.join(", ")
        );
        if tables.is_empty() && objects.is_empty() {
            return Ok(());
        }
        let rows: Vec<String> =
            tables.iter().map(|(table, rows)| format!("{rows} rows in {table}")).collect();
        let mut there = rows.join(", ");
        if !objects.is_empty() {
            let comma = if there.is_empty() { "" } else { ", and " };
            there = format!("{there}{comma}{} objects in the storage", objects.len());
        }
        ensure!(force, "the system is not empty ({there}); --force replaces all of it");
        watch.say(&format!("replacing {there}"));
        Ok(())
    }

    /// Puts everything where it belongs, each entry held against the sum that the first reading found good.
    fn pour(
        &self,
        pg_restore: &Tool,
        manifest: &Manifest,
        options: &RestoreOptions,
        watch: &dyn Watch,
    ) -> anyhow::Result<usize> {
        let expected: HashMap<&str, &Entry> =
            manifest.entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        watch.phase("restoring", Some(manifest.entries.len() as u64));
        let database = format!("--dbname={}", self.access.database());
        let arguments = [
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-password",
            &database,
        ];
        let mut running = Some(self.access.start(pg_restore, &arguments, Stdio::piped(), Stdio::null())?);
        let mut files = 0;
        let again = read::walk(options.from.open()?, &options.key, watch, |name, data| {
            watch.step();
            if name.starts_with(DATABASE) {
                return feed(running.as_mut(), data);
            }
            if let Some(object) = name.strip_prefix(OBJECTS) {
                end(&mut running)?;
                let key: StorageKey = object.parse()?;
                let entry = expected.get(name).context("it is in no list")?;
                return self.put(&key, &entry.sha256, data);
            }
            if let Some(folder) = &options.to_settings
                && (name.starts_with(SETTINGS) || name.starts_with(KEYS))
            {
                files += 1;
                return put_file(folder, name, data);
            }
            Ok(())
        });
        let again = again.with_context(|| format!("restoring {}; start again with --force", options.from))?;
        end(&mut running)?;
        ensure!(again == *manifest, "{} changed while it was restored", options.from);
        Ok(files)
    }

    /// Stores an object; one whose sum is another never becomes visible.
    fn put(&self, key: &StorageKey, sha256: &str, data: &mut dyn Read) -> anyhow::Result<()> {
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(4);
        let (storage, to) = (self.storage.clone(), *key);
        let storing =
            self.runtime.spawn(async move { storage.put_stream(&to, ReceiverStream::new(receiver)).await });
        let mut hash = Sha256::new();
        let mut buffer = vec![0; PIECE];
        let outcome = loop {
            match data.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    hash.update(&buffer[..read]);
                    // Nobody listens any more where the store has failed; it says why below.
                    if sender.blocking_send(Ok(Bytes::copy_from_slice(&buffer[..read]))).is_err() {
                        break Ok(());
                    }
                }
                Err(error) => break Err(error),
            }
        };
        let good = outcome.is_ok() && hex::encode(hash.finalize()) == sha256;
        if !good {
            let _ = sender.blocking_send(Err(io::Error::other("it is not as it was archived")));
        }
        drop(sender);
        let stored = self.runtime.block_on(storing)?;
        outcome?;
        stored.with_context(|| format!("storing {key}"))?;
        Ok(())
    }

    /// Reads every object back, and removes those that the archive does not have; how many that were.
    fn compare_objects(&self, manifest: &Manifest, watch: &dyn Watch) -> anyhow::Result<usize> {
        let mut strangers: HashSet<StorageKey> =
            self.runtime.block_on(self.storage.list("")).context("storage")?.into_iter().collect();
        for entry in manifest.below(OBJECTS) {
            let key: StorageKey = entry.name[OBJECTS.len()..].parse()?;
            strangers.remove(&key);
            let found = self.runtime.block_on(async {
                let mut stream = self.storage.get_stream(&key, None).await?;
                let mut hash = Sha256::new();
                while let Some(piece) = stream.next().await {
                    hash.update(&piece?);
                }
                anyhow::Ok(hex::encode(hash.finalize()))
            });
            let found = found.with_context(|| format!("reading back {key}"))?;
            ensure!(found == entry.sha256, "{key} in the storage is not as it was archived");
            watch.step();
            ensure!(!watch.stopped(), "stopped, as was asked");
        }
        for key in &strangers {
            self.runtime.block_on(self.storage.delete(key))?;
        }
        Ok(strangers.len())
    }
}

fn feed(running: Option<&mut Running>, data: &mut dyn Read) -> anyhow::Result<()> {
    let running = running.context("the database comes after the objects")?;
    let input = running.child.stdin.as_mut().context("pg_restore's standard input")?;
    let mut buffer = vec![0; PIECE];
    loop {
        let read = data.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        if let Err(error) = input.write_all(&buffer[..read]) {
            // It ended early, and knows why.
            let words = running.last_words().unwrap_or_else(|| error.to_string());
            bail!("pg_restore: {words}");
        }
    }
}

fn end(running: &mut Option<Running>) -> anyhow::Result<()> {
    running.take().map_or(Ok(()), Running::end)
}

fn compare_rows(expected: &BTreeMap<String, i64>, found: &BTreeMap<String, i64>) -> anyhow::Result<()> {
    for (table, rows) in expected {
        let there = found.get(table).copied().unwrap_or(0);
        ensure!(there == *rows, "{table} has {there} rows, and had {rows} when it was archived");
    }
    Ok(())
}

/// Settings and keys never replace what is there, unless that is wanted.
fn check_folder(folder: &Path, manifest: &Manifest, force: bool) -> anyhow::Result<()> {
    for entry in manifest.below(SETTINGS).chain(manifest.below(KEYS)) {
        let path = inside(folder, &entry.name)?;
        ensure!(force || !path.exists(), "{} is there already; --force replaces it", path.display());
    }
    Ok(())
}

/// Writes a file that its owner alone reads, in folders of the same kind.
fn put_file(folder: &Path, name: &str, data: &mut dyn Read) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let path = inside(folder, name)?;
    let parent = path.parent().unwrap_or(folder);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    // Of mode 0600 from its first moment.
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    io::copy(data, &mut file)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

fn inside(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(plain, "{name:?} would leave the folder");
    Ok(folder.join(name))
}
