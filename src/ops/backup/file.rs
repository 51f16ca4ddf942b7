//! An archive as a file: written under a partial name, on the disk before it gets its own.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use tempfile::NamedTempFile;

const PREFIX: &str = "reflector-";
const PARTIAL: &str = ".partial";
/// Both endings of a name that is ours; encrypted archives have the second.
const ENDINGS: [&str; 2] = [".tar.zst", ".tar.zst.age"];

/// Where an archive is to be.
#[derive(Debug)]
pub(super) struct Target {
    pub path: PathBuf,
    /// Whether the operator named only a folder.
    pub dated: bool,
}

impl Target {
    /// A folder, there already or named with a slash at its end, gets an archive with the time in its name.
    ///
    /// # Errors
    /// The file is there already, or its folder is not and can't be made.
    pub(super) fn new(to: &Path, encrypted: bool, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let dated = to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/");
        let path = if dated {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to);
            made.with_context(|| format!("making the folder {}", to.display()))?;
            let ending = ENDINGS[usize::from(encrypted)];
            to.join(format!("{PREFIX}{}{ending}", now.format("%Y%m%dT%H%M%SZ")))
        } else {
            to.to_owned()
        };
        ensure!(!path.exists(), "{} is there already; name another file, or a folder", path.display());
        Ok(Self { path, dated })
    }

    pub(super) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

/// A file that nobody else can read and that removes itself unless it is kept. What it holds goes through it unread.
pub(super) struct Partial {
    file: NamedTempFile,
    pub(super) written: u64,
}

impl Partial {
    /// Removes what killed backups left in the folder, then begins.
    ///
    /// # Errors
    /// The folder can't be written.
    pub(super) fn begin(target: &Target) -> anyhow::Result<Self> {
        let folder = target.folder();
        clear(folder).with_context(|| folder.display().to_string())?;
        let file = tempfile::Builder::new()
            .prefix(&format!(".{PREFIX}"))
            .suffix(PARTIAL)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)
            .with_context(|| format!("writing into {}", folder.display()))?;
        // Tells it from one whose process is gone.
        file.as_file().lock().context("locking the unfinished archive")?;
        Ok(Self { file, written: 0 })
    }

    /// Puts all of it on the disk, and out of memory, so that who reads it reads the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        let file = self.file.as_file();
        file.sync_all()?;
        // SAFETY: a call about an open file descriptor; advice that is not taken costs nothing.
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
        Ok(())
    }

    pub(super) fn reopen(&self) -> io::Result<File> {
        self.file.reopen()
    }

    /// Gives it its name, durably. A file that got there meanwhile is not replaced.
    ///
    /// # Errors
    /// That, or the disk's.
    pub(super) fn publish(self, target: &Target) -> anyhow::Result<()> {
        let named = self.file.persist_noclobber(&target.path);
        named.map_err(|error| error.error).with_context(|| target.path.display().to_string())?;
        File::open(target.folder())?.sync_all()?;
        Ok(())
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes partial files whose process is gone.
fn clear(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(&format!(".{PREFIX}")) && name.ends_with(PARTIAL) {
            let Ok(file) = File::open(&path) else { continue };
            if file.try_lock().is_ok() {
                std::fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}

/// Removes all but the newest `keep` archives of a folder, `newest` among them; the names of those that went.
///
/// # Errors
/// The folder's.
pub(super) fn prune(newest: &Path, keep: usize) -> anyhow::Result<Vec<String>> {
    let Some(folder) = newest.parent() else { bail!("{} is in no folder", newest.display()) };
    let mut dated: Vec<(String, PathBuf)> = std::fs::read_dir(folder)?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_owned();
            let time = name.strip_prefix(PREFIX)?.get(..16)?.to_owned();
            let ours = ENDINGS.iter().any(|ending| name == format!("{PREFIX}{time}{ending}"));
            let read = chrono::NaiveDateTime::parse_from_str(&time, "%Y%m%dT%H%M%SZ").is_ok();
            (ours && read).then_some((time, path))
        })
        .collect();
    dated.sort();
    dated.reverse();
    let mut removed = Vec::new();
    for (_, path) in dated.into_iter().skip(keep.max(1)).filter(|(_, path)| path != newest) {
        std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        removed.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_dated_archives_are_pruned_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        let old = ["reflector-20260101T000000Z.tar.zst", "reflector-20260102T000000Z.tar.zst.age"];
        let others = ["reflector-20260101T000000Z.tar.zst.sig", "reflector-latest.tar.zst", "notes.txt"];
        for name in old.iter().chain(&others) {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let newest = dir.path().join("reflector-20260103T000000Z.tar.zst");
        std::fs::write(&newest, "x").unwrap();
        assert_eq!(prune(&newest, 2).unwrap(), [old[0]]);
        assert_eq!(prune(&newest, 1).unwrap(), [old[1]]);
        assert!(newest.exists() && others.iter().all(|name| dir.path().join(name).exists()));
    }

    #[test]
    fn what_a_killed_backup_left_is_removed_and_a_living_ones_file_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let dead = dir.path().join(".reflector-abc.partial");
        std::fs::write(&dead, "x").unwrap();
        let target = Target::new(dir.path(), false, crate::clock::now()).unwrap();
        let living = Partial::begin(&target).unwrap();
        assert!(!dead.exists());
        let second = Partial::begin(&target).unwrap();
        assert!(living.file.path().exists() && second.file.path().exists());
    }
}
