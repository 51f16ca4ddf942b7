//! Media files made by ffmpeg for one test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with made media; gone with its value.
pub struct Media {
    dir: tempfile::TempDir,
}

impl Media {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file with exactly these bytes.
    pub fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file in the temporary folder");
        path
    }

    /// `ffmpeg OPTIONS NAME`; options are split at spaces.
    pub fn ffmpeg(&self, options: &str, name: &str) -> PathBuf {
        let path = self.path(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
        command.args(options.split_whitespace()).arg(format!("file:{}", path.display()));
        let done = command.output().expect("ffmpeg is installed (`make setup`)");
        assert!(done.status.success(), "ffmpeg {options}: {}", String::from_utf8_lossy(&done.stderr));
        path
    }

    /// A tone of 440 Hz for `seconds`, with further output options.
    pub fn tone(&self, seconds: u32, options: &str, name: &str) -> PathBuf {
        self.ffmpeg(
            &format!("-f lavfi -i sine=frequency=440:sample_rate=48000:duration={seconds} {options}"),
            name,
        )
    }

    /// The first `bytes` of a file, as a broken transfer leaves it.
    pub fn cut(&self, whole: &Path, bytes: usize, name: &str) -> PathBuf {
        let content = std::fs::read(whole).expect("a made file");
        assert!(bytes < content.len(), "{} has only {} bytes", whole.display(), content.len());
        self.bytes(name, &content[..bytes])
    }
}
