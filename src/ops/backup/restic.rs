//! A restic repository as the place of archives: restic compresses, encrypts and keeps what it has already, so it is given a
//! plain tar, under one name and one tag.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::postgres::Running;

/// Name of the archive in a snapshot, and what marks our snapshots among others.
const NAME: &str = "reflector.tar";
const TAG: &str = "reflector";

/// A repository and how it is opened; without a password file, restic asks its own variables.
#[derive(Clone, Debug)]
pub struct Repository {
    pub address: String,
    pub password_file: Option<PathBuf>,
}

/// A snapshot being written.
pub(super) struct Snapshot {
    running: Running,
    /// A second end of the pipe: as long as it is open, restic waits for more, whatever becomes of the first. A snapshot
    /// that breaks off must be killed before restic takes its end for the end of the archive.
    open: OwnedFd,
    said: File,
}

impl Repository {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("restic");
        command.args(["--repo", &self.address, "--quiet"]).args(arguments);
        if let Some(file) = &self.password_file {
            command.arg("--password-file").arg(file);
        }
        command
    }

    /// Whether it can be opened.
    ///
    /// # Errors
    /// restic's own words.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let mut command = self.command(&["cat", "config"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        self.start(command)?.end().with_context(|| {
            format!(
                "the restic repository {} can't be opened (is it new? `restic init` makes it)",
                self.address
            )
        })
    }

    /// Begins a snapshot; the archive goes into the pipe.
    ///
    /// # Errors
    /// restic can't be started.
    pub(super) fn begin(&self) -> anyhow::Result<(Snapshot, ChildStdin)> {
        let said = tempfile::tempfile()?;
        let mut command =
            self.command(&["backup", "--json", "--stdin", "--stdin-filename", NAME, "--tag", TAG]);
        command.stdin(Stdio::piped()).stdout(said.try_clone()?);
        let mut running = self.start(command)?;
        let input = running.child.stdin.take().context("restic's standard input")?;
        let open = input.as_fd().try_clone_to_owned()?;
        Ok((Snapshot { running, open, said }, input))
    }

    /// Reads an archive back.
    ///
    /// # Errors
    /// restic can't be started.
    pub(super) fn read(&self, snapshot: &str) -> anyhow::Result<impl Read + use<>> {
        let mut command = self.command(&["dump", "--tag", TAG, snapshot, NAME]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut running = self.start(command)?;
        let output = running.child.stdout.take().context("restic's standard output")?;
        Ok(Dump { running: Some(running), output })
    }

    /// Keeps the last `keep` of our snapshots and removes the others.
    ///
    /// # Errors
    /// restic's own words.
    pub(super) fn forget(&self, keep: usize) -> anyhow::Result<()> {
        let keep = keep.max(1).to_string();
        let mut command = self.command(&["forget", "--tag", TAG, "--keep-last", &keep, "--prune"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        self.start(command)?.end()
    }

    fn start(&self, mut command: Command) -> anyhow::Result<Running> {
        let said = tempfile::tempfile()?;
        command.stderr(said.try_clone()?);
        Running::start(command, said).context("is restic installed (Debian: apt-get install restic)?")
    }
}

impl Snapshot {
    /// Ends a snapshot that got its whole archive; its id.
    ///
    /// # Errors
    /// restic's own words.
    pub(super) fn finish(mut self) -> anyhow::Result<String> {
        drop(self.open);
        self.running.end()?;
        let mut said = String::new();
        self.said.seek(SeekFrom::Start(0))?;
        self.said.read_to_string(&mut said)?;
        #[derive(Deserialize)]
        struct Line {
            snapshot_id: Option<String>,
        }
        let id =
            said.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()?.snapshot_id).next_back();
        ensure!(id.is_some(), "restic did not name the snapshot it made");
        Ok(id.unwrap_or_default())
    }

    /// Ends it so that no snapshot comes of it; what restic said meanwhile.
    pub(super) fn give_up(self) -> Option<String> {
        let Self { mut running, open, .. } = self;
        let words = running.last_words();
        drop(running);
        drop(open);
        words
    }
}

/// An archive coming out. Its end is one only if restic says so too.
struct Dump {
    running: Option<Running>,
    output: ChildStdout,
}

impl Read for Dump {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.output.read(buffer)?;
        if read == 0
            && !buffer.is_empty()
            && let Some(running) = self.running.take()
        {
            running.end().map_err(|error| io::Error::other(format!("{error:#}")))?;
        }
        Ok(read)
    }
}
