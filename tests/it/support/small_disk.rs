//! A file system of 2 MB, to see what happens when it is full.

use std::path::Path;
use std::process::Command;

/// A mounted tmpfs; unmounted with its value.
pub struct SmallDisk {
    dir: tempfile::TempDir,
}

impl SmallDisk {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
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
