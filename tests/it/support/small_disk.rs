//! A file system of a few megabytes, to see what happens when it is full.

use std::path::Path;
use std::process::Command;

/// A mounted tmpfs; unmounted with its value.
pub struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    pub fn new() -> Self {
        Self::of(2)
    }

    /// One of so many megabytes.
    pub fn of(megabytes: u32) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("mode=755,size={megabytes}m"), "tmpfs"])
            .arg(dir.path())
            .output()
            .expect("the program `mount`");
        assert!(
            mount.status.success(),
            "this test needs a file system that fills up and could not mount one (run the tests as root): {}",
            String::from_utf8_lossy(&mount.stderr)
        );
        Self { dir }
    }

    /// Makes room.
    pub fn grow(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        let mount = Command::new("mount").args(["-o", &options]).arg(self.dir.path()).status();
        assert!(mount.is_ok_and(|status| status.success()), "the small disk could not be made larger");
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a file may still be open in a thread that is ending.
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).status();
    }
}
