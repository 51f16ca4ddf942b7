//! Backups: everything that can't be made again, in one archive or one restic snapshot, read back before it counts.

mod file;
mod gather;
mod last;
mod manifest;
mod postgres;
mod progress;
mod read;
mod restic;
mod restore;
mod seal;
mod source;
mod write;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::runtime::Handle;

use crate::clock;
use crate::config::Config;
use crate::ids::BackupId;
use crate::model::backup::{self, Backup, BackupKind};
use file::{Partial, Target};
use gather::Origin;
use manifest::OBJECTS;

pub use last::{PATIENCE, freshness};
pub use manifest::{About, Entry, Manifest};
pub use progress::Watch;
pub use restic::Repository;
pub use restore::{RestoreOptions, Restored, restore};
pub use seal::{Key, Lock};
pub use source::{Source, verify};

/// What a reading pass is called while it runs.
const FILE_ENTRIES: &str = "verifying";

/// Where a backup goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// A file, or a folder that gets a dated one.
    File(PathBuf),
    Restic {
        repository: Repository,
        /// Whether all of it is read back; a repository that charges for reading may be checked less often.
        verify: bool,
    },
}

/// What a backup holds and where it goes.
pub struct BackupOptions {
    pub to: Destination,
    pub lock: Lock,
    /// Files of settings, taken as they are.
    pub settings: Vec<PathBuf>,
    /// Folders of keys and passwords.
    pub keys: Vec<PathBuf>,
    /// How many backups stay, this one included; the others go once this one is good.
    pub keep: Option<usize>,
}

/// A backup that is done.
#[derive(Debug)]
pub struct Report {
    /// The archive's path, or the snapshot.
    pub place: String,
    pub bytes: u64,
    pub manifest: Manifest,
    pub verified: bool,
    pub removed: Vec<String>,
    pub took: Duration,
}

/// Makes a backup, reads it back, and notes it in the database.
///
/// # Errors
/// Nothing that could pass for a backup is left then. Objects that the storage has lost are no error here: they are in the
/// manifest's list, and older backups, which may have them, stay.
pub fn backup(
    runtime: &Handle,
    config: &Config,
    options: &BackupOptions,
    watch: &dyn Watch,
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let origin = Origin::open(runtime, config)?;
    let mut report = match &options.to {
        Destination::File(to) => to_file(&origin, to, options, watch)?,
        Destination::Restic { repository, verify } => {
            to_restic(&origin, repository, *verify, options, watch)?
        }
    };
    runtime
        .block_on(note(&origin, options, &report))
        .with_context(|| format!("{} is complete, but could not be noted in the database", report.place))?;
    if let Some(keep) = options.keep
        && report.manifest.missing.is_empty()
    {
        report.removed = match &options.to {
            Destination::File(_) => file::prune(report.place.as_ref(), keep)?,
            Destination::Restic { repository, .. } => {
                repository.forget(keep).map(|()| Vec::new()).context("removing older snapshots")?
            }
        };
    }
    report.took = started.elapsed();
    Ok(report)
}

fn to_file(
    origin: &Origin<'_>,
    to: &std::path::Path,
    options: &BackupOptions,
    watch: &dyn Watch,
) -> anyhow::Result<Report> {
    let target = Target::new(to, !options.lock.is_open(), clock::now())?;
    if options.keep.is_some() && !target.dated {
        bail!("--keep needs a folder: {} is one file", to.display());
    }
    let folder = target.folder().to_owned();
    let partial = Partial::begin(&target)?;
    let written = || -> anyhow::Result<_> {
        let (sealed, key) = options.lock.close(partial)?;
        let (manifest, sealed) = origin.write_all(sealed, true, &options.settings, &options.keys, watch)?;
        let mut partial = sealed.finish().context("writing the archive's end")?;
        partial.sync().context("putting the archive on the disk")?;
        Ok((manifest, partial, key))
    };
    let (manifest, partial, key) = written().map_err(|error| {
        if no_room(&error) {
            let folder = folder.display();
            error.context(format!("there is no room left in {folder}; the unfinished archive was removed"))
        } else {
            error.context("the backup was not finished, and nothing is left of it")
        }
    })?;
    watch.phase(FILE_ENTRIES, Some(manifest.entries.len() as u64));
    let again = partial.reopen().map_err(anyhow::Error::from).and_then(|file| {
        read::walk(file, &key, watch, |_, _| {
            watch.step();
            Ok(())
        })
    });
    if again.context("the archive could not be read back, and was removed")? != manifest {
        bail!("the archive that was read back is another than the one that was written; it was removed");
    }
    let bytes = partial.written;
    partial.publish(&target)?;
    let place = target.path.display().to_string();
    Ok(Report { place, bytes, manifest, verified: true, removed: Vec::new(), took: Duration::ZERO })
}

fn to_restic(
    origin: &Origin<'_>,
    repository: &Repository,
    verify: bool,
    options: &BackupOptions,
    watch: &dyn Watch,
) -> anyhow::Result<Report> {
    if !options.lock.is_open() {
        bail!("restic encrypts its repository itself: leave the passphrase or the recipients out");
    }
    repository.check()?;
    let (snapshot, input) = repository.begin()?;
    let counted = Counted { inner: input, bytes: 0 };
    let (manifest, counted) = match origin.write_all(counted, false, &options.settings, &options.keys, watch)
    {
        Ok(written) => written,
        Err(error) => {
            let words = snapshot.give_up().map(|words| format!(" (restic: {words})")).unwrap_or_default();
            return Err(error.context(format!("no snapshot was made{words}")));
        }
    };
    let bytes = counted.bytes;
    drop(counted);
    let snapshot = snapshot.finish()?;
    if verify {
        let source = Source::Restic { repository: repository.clone(), snapshot: snapshot.clone() };
        if self::verify(&source, &Key::None, watch)? != manifest {
            bail!("{source} is another than what was written");
        }
    }
    let place = format!("snapshot {snapshot} of {}", repository.address);
    Ok(Report { place, bytes, manifest, verified: verify, removed: Vec::new(), took: Duration::ZERO })
}

async fn note(origin: &Origin<'_>, options: &BackupOptions, report: &Report) -> anyhow::Result<()> {
    let size = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let kind = match options.to {
        Destination::File(_) => BackupKind::Archive,
        Destination::Restic { .. } => BackupKind::Restic,
    };
    let row = Backup {
        id: BackupId::new(),
        kind,
        finished_at: clock::now(),
        size_bytes: i64::try_from(report.bytes).unwrap_or(i64::MAX),
        objects: size(report.manifest.below(OBJECTS).count()),
        missing: size(report.manifest.missing.len()),
        encrypted: kind == BackupKind::Restic || !options.lock.is_open(),
    };
    Ok(backup::note(&mut *origin.pool.get().await?, &row).await?)
}

fn no_room(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: io::Write> io::Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
