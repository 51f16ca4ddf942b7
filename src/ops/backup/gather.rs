//! What goes into an archive, in this order: the database as of one moment, then the objects that this database names.
//!
//! Objects are written before their rows and never changed under their name, so every object of the snapshot is there when its
//! turn comes, unless it was deleted meanwhile. What was uploaded meanwhile is in the next backup.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use diesel_async::AsyncPgConnection;
use tokio::runtime::Handle;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::manifest::{ABOUT, About, DATABASE, FORMAT, KEYS, Manifest, OBJECTS, SETTINGS};
use super::postgres::{Access, Tool, to_dump};
use super::progress::Watch;
use super::write::Writer;
use crate::config::Config;
use crate::db::{Pool, survey};
use crate::model::object;
use crate::storage::{Storage, StorageError, StorageKey};
use crate::{clock, db};

/// The dump comes without a size, and an entry needs one: so it goes in by pieces of this many bytes.
const PIECE: usize = 16 * 1024 * 1024;

/// Everything that a backup reads from.
pub(super) struct Origin<'a> {
    pub runtime: &'a Handle,
    pub config: &'a Config,
    pub pool: Pool,
    pub storage: Storage,
    pub access: Access,
    pub pg_dump: Tool,
    pub server: u32,
}

/// An object, and whether it must be there.
struct Named {
    key: StorageKey,
    expected: bool,
}

impl<'a> Origin<'a> {
    /// # Errors
    /// The database does not answer, or there is no pg_dump for it.
    pub(super) fn open(runtime: &'a Handle, config: &'a Config) -> anyhow::Result<Self> {
        let url = config.database.postgres_url();
        let pool = Pool::new(&crate::ops::database(config)?, 2)?;
        let server = runtime.block_on(async {
            let mut conn = pool.get().await?;
            anyhow::Ok(survey::server_major(&mut conn).await?)
        })?;
        let installed = Tool::installed("pg_dump");
        let pg_dump = to_dump(&installed, server)?.clone();
        let storage = Storage::open(&config.storage).context("storage")?;
        Ok(Self { runtime, config, pool, storage, access: Access::new(&url)?, pg_dump, server })
    }

    /// Writes everything, and the manifest.
    ///
    /// # Errors
    /// What is read or what is written to breaks; the archive can't be used then.
    pub(super) fn write_all<W: Write>(
        &self,
        inner: W,
        compress: bool,
        settings: &[PathBuf],
        keys: &[PathBuf],
        watch: &dyn Watch,
    ) -> anyhow::Result<(Manifest, W)> {
        let mut conn = self.runtime.block_on(self.pool.get())?;
        let snapshot = self.runtime.block_on(survey::begin_snapshot(&mut conn))?;
        let made = clock::now();
        let (tables, migrations, named) = self.runtime.block_on(async {
            let tables = survey::tables(&mut conn).await?;
            anyhow::Ok((tables, survey::applied(&mut conn).await?, named(&mut conn).await?))
        })?;
        let known = db::migrate::known()?;
        if let Some(newer) = migrations.iter().find(|step| !known.contains(step)) {
            bail!(
                "the database has taken the step {newer}, which this version does not know: use the version that did"
            );
        }
        let about = About {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made,
            migrations,
            postgresql: self.server,
            pg_dump: self.pg_dump.major,
        };
        let mut writer = Writer::new(inner, compress, made, watch);
        let text = serde_json::to_vec_pretty(&about)?;
        writer.add(ABOUT, text.len() as u64, &*text)?;

        watch.phase("database", None);
        self.dump(&snapshot, &mut writer)?;
        self.runtime.block_on(survey::end_snapshot(&mut conn))?;
        drop(conn);

        watch.phase("objects", Some(named.len() as u64));
        let absent = self.objects(&named, &mut writer, watch)?;
        let (gone, missing) = self.runtime.block_on(self.tell_apart(absent))?;

        watch.phase("settings", None);
        self.settings(settings, &mut writer)?;
        for folder in keys {
            add_folder(folder, folder, &mut writer)?;
        }
        writer.finish(|entries| Manifest { about, tables, entries, gone, missing })
    }

    fn dump<W: Write>(&self, snapshot: &str, writer: &mut Writer<'_, W>) -> anyhow::Result<()> {
        let snapshot = format!("--snapshot={snapshot}");
        // Uncompressed: the archive compresses, and restic finds again what did not change.
        let arguments =
            ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-password", &snapshot];
        let mut running = self.access.start(&self.pg_dump, &arguments, Stdio::null(), Stdio::piped())?;
        let mut output = running.child.stdout.take().context("pg_dump's standard output")?;
        let mut piece = Vec::with_capacity(PIECE);
        for number in 0.. {
            piece.clear();
            Read::by_ref(&mut output).take(PIECE as u64).read_to_end(&mut piece)?;
            if piece.is_empty() {
                break;
            }
            writer.add(&format!("{DATABASE}{number:06}"), piece.len() as u64, &*piece)?;
        }
        running.end()
    }

    /// Adds every object that is there; gives back those that had to be and are not.
    fn objects<W: Write>(
        &self,
        named: &[Named],
        writer: &mut Writer<'_, W>,
        watch: &dyn Watch,
    ) -> anyhow::Result<Vec<StorageKey>> {
        let mut absent = Vec::new();
        for Named { key, expected } in named {
            match self.runtime.block_on(self.storage.get_sized(key)) {
                Ok((size, stream)) => {
                    let reader =
                        SyncIoBridge::new_with_handle(StreamReader::new(stream), self.runtime.clone());
                    writer.add(&format!("{OBJECTS}{key}"), size, reader)?;
                }
                Err(StorageError::NotFound(_)) if !expected => {}
                Err(StorageError::NotFound(_)) => absent.push(*key),
                Err(error) => return Err(error).with_context(|| format!("reading the object {key}")),
            }
            watch.step();
        }
        Ok(absent)
    }

    /// Which of the objects that were not there were deleted since the snapshot, and which are lost.
    async fn tell_apart(&self, absent: Vec<StorageKey>) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        if absent.is_empty() {
            return Ok(Default::default());
        }
        let mut conn = self.pool.get().await?;
        let still: HashSet<StorageKey> = named(&mut conn)
            .await?
            .into_iter()
            .filter(|named| named.expected)
            .map(|named| named.key)
            .collect();
        let (missing, gone): (Vec<_>, Vec<_>) = absent.into_iter().partition(|key| still.contains(key));
        let words = |keys: Vec<StorageKey>| keys.iter().map(StorageKey::to_string).collect();
        Ok((words(gone), words(missing)))
    }

    /// The settings in effect without their secrets, and the files that were named as they are.
    fn settings<W: Write>(&self, files: &[PathBuf], writer: &mut Writer<'_, W>) -> anyhow::Result<()> {
        let text = self.config.without_secrets();
        writer.add(&format!("{SETTINGS}in-effect.toml"), text.len() as u64, text.as_bytes())?;
        let mut names = HashSet::from(["in-effect.toml".to_owned()]);
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            ensure!(names.insert(name.clone()), "two files of settings are called {name}: rename one");
            add_file(path, &format!("{SETTINGS}{name}"), writer)?;
        }
        Ok(())
    }
}

/// Every object that the rows lead to.
async fn named(conn: &mut AsyncPgConnection) -> anyhow::Result<Vec<Named>> {
    let mut all = Vec::new();
    for (recording, part) in object::parts(conn).await? {
        all.push(Named {
            key: StorageKey::UploadPart { recording, part: part.unsigned_abs() },
            expected: true,
        });
    }
    for object::Sound { transcript, expected, channels } in object::sounds(conn).await? {
        let keys = [
            StorageKey::Pcm { transcript },
            StorageKey::Mp3 { transcript },
            StorageKey::Peaks { transcript },
        ];
        let own = (0..channels).map(|channel| StorageKey::Channel { transcript, channel });
        all.extend(keys.into_iter().chain(own).map(|key| Named { key, expected }));
    }
    Ok(all)
}

/// Adds the files of a folder of keys, as `keys/FOLDER/…`.
fn add_folder<W: Write>(root: &Path, folder: &Path, writer: &mut Writer<'_, W>) -> anyhow::Result<()> {
    let reading = || format!("reading the folder {}", folder.display());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(reading)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(reading)?;
    paths.sort();
    let within = root.parent().unwrap_or(Path::new(""));
    for path in paths {
        if path.is_dir() {
            ensure!(
                !path.is_symlink(),
                "{} leads to another folder: name that one with --keys",
                path.display()
            );
            add_folder(root, &path, writer)?;
        } else {
            let name = path.strip_prefix(within).unwrap_or(&path);
            let Some(name) = name.to_str() else { bail!("{} has a name that is no text", path.display()) };
            add_file(&path, &format!("{KEYS}{}", name.trim_start_matches('/')), writer)?;
        }
    }
    Ok(())
}

fn add_file<W: Write>(path: &Path, name: &str, writer: &mut Writer<'_, W>) -> anyhow::Result<()> {
    let reading = || format!("reading {}", path.display());
    let file = File::open(path).with_context(reading)?;
    let about = file.metadata().with_context(reading)?;
    ensure!(about.is_file(), "{} is no file", path.display());
    writer.put(name, about.mode() & 0o700, about.len(), file)
}
