use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

/// Where media lie while they are worked on. A process has a folder of its own in it, marked by a lock that the system
/// takes away with the process, however it ends; each job has a folder there, which goes when the job ends.
#[derive(Clone, Debug)]
pub struct Scratch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Shared with other processes.
    root: PathBuf,
    /// Ours.
    dir: PathBuf,
    mark: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Uses `root`, made if missing, and first removes what processes that were killed have left there.
    ///
    /// # Errors
    /// `root` can't be made or written.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(&root)?;
        sweep(&root)?;
        let name = format!("work-{}", Uuid::now_v7());
        let mark = root.join(format!("{name}.lock"));
        let lock = File::create_new(&mark)?;
        lock.try_lock().map_err(io::Error::from)?;
        let dir = root.join(name);
        std::fs::create_dir(&dir)?;
        Ok(Self(Arc::new(Inner { root, dir, mark, _lock: lock })))
    }

    /// A folder for one job.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn folder(&self) -> io::Result<tempfile::TempDir> {
        tempfile::Builder::new().prefix("job-").tempdir_in(&self.0.dir)
    }

    /// Removes what other processes have left since.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn sweep(&self) -> io::Result<()> {
        sweep(&self.0.root)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What stays is removed by the next process.
        let _left = std::fs::remove_dir_all(&self.dir);
        let _left = std::fs::remove_file(&self.mark);
    }
}

/// Removes the folders whose process is gone.
fn sweep(root: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let mark = entry?.path();
        let ours = mark.file_name().is_some_and(|name| name.to_string_lossy().starts_with("work-"));
        if !ours || mark.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        // Gone meanwhile, or locked by a living process (ours included): not for us.
        let Ok(lock) = File::open(&mark) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let folder = gone(std::fs::remove_dir_all(mark.with_extension("")));
        if let Err(error) = folder.and_then(|()| gone(std::fs::remove_file(&mark))) {
            tracing::warn!(%error, "a leftover folder can't be removed");
        }
    }
    Ok(())
}

/// Another sweep may have been quicker.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_goes_and_a_living_ones_stays() {
        let root = tempfile::tempdir().unwrap();
        let dead = root.path().join("work-0");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("media"), b"x").unwrap();
        std::fs::write(root.path().join("work-0.lock"), b"").unwrap();
        std::fs::write(root.path().join("somebody-elses"), b"").unwrap();

        let living = Scratch::new(root.path()).unwrap();
        let job = living.folder().unwrap();
        assert!(!dead.exists());

        let other = Scratch::new(root.path()).unwrap();
        other.sweep().unwrap();
        assert!(job.path().is_dir());

        drop((job, living, other));
        let left: Vec<_> =
            std::fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["somebody-elses"]);
    }
}
