use std::fs::File;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::account::Account;
use super::{DbError, PrivateOptions, failed};

/// The role that owns everything in it.
pub const SUPERUSER: &str = "reflector";

/// How long a start may take; recovery after a hard stop is part of it.
const START: Duration = Duration::from_secs(60);
/// How long a fast stop may take before the server is killed.
const STOP: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(20);

/// Makes a new cluster in `data`. An interrupted attempt leaves nothing that would pass for one.
pub fn initialise(
    binaries: &Path,
    account: Account,
    dir: &Path,
    data: &Path,
    durable: bool,
) -> Result<(), DbError> {
    let unfinished = dir.join("data.unfinished");
    // Knows upper from lower case in every script; a system without it falls back to ASCII's.
    let outcome = ["--locale=C.UTF-8", "--no-locale"].into_iter().find_map(|locale| {
        let _ = std::fs::remove_dir_all(&unfinished);
        let mut command = Command::new(binaries.join("initdb"));
        command
            .arg("-D")
            .arg(&unfinished)
            .args(["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", locale])
            .stdin(Stdio::null());
        if !durable {
            command.arg("--no-sync");
        }
        as_account(&mut command, account, dir);
        match command.output() {
            Ok(output) if output.status.success() => Some(Ok(())),
            Ok(output) if locale == "--no-locale" => Some(Err(failed(format!(
                "initdb failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )))),
            Ok(_) => None,
            Err(error) => Some(Err(failed(format!("initdb can't be run: {error}")))),
        }
    });
    outcome.unwrap_or(Ok(()))?;
    std::fs::rename(&unfinished, data).map_err(|error| failed(format!("{}: {error}", data.display())))
}

/// Removes the note of a server that is gone. PostgreSQL would trust it when another process has that number by now,
/// as happens in containers. A server that is still at work here (the one of a killed demo, shutting down) gets time.
pub fn clear_stale_pid(data: &Path) -> Result<(), DbError> {
    let note = data.join("postmaster.pid");
    let deadline = Instant::now() + STOP;
    loop {
        let Ok(text) = std::fs::read_to_string(&note) else { return Ok(()) };
        let pid = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok());
        let here = pid.is_some_and(|pid| {
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == data)
        });
        if !here {
            return std::fs::remove_file(&note)
                .map_err(|error| failed(format!("can't remove {}: {error}", note.display())));
        }
        if Instant::now() > deadline {
            return Err(failed(format!(
                "another one (process {}) runs on {}; stop it first",
                pid.unwrap_or_default(),
                data.display()
            )));
        }
        std::thread::sleep(STEP);
    }
}

/// The server's process, watched by a thread that lives exactly as long: Linux sends the death signal when the thread
/// that started a child ends, not when the process does.
#[derive(Debug)]
pub struct Server {
    pid: u32,
    stop: mpsc::Sender<()>,
    watcher: Option<JoinHandle<Result<(), DbError>>>,
}

/// What a server is started from.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// Folder of PostgreSQL's programs.
    pub binaries: &'a Path,
    /// Who it runs as.
    pub account: Account,
    /// Folder of its own, for its log.
    pub dir: &'a Path,
    /// The cluster.
    pub data: &'a Path,
    pub socket_dir: &'a Path,
    pub options: &'a PrivateOptions,
}

impl Server {
    /// As [`Self::start`], but gives the children of a server that was killed the moment they need to notice.
    pub fn start_patiently(launch: Launch<'_>) -> Result<Self, DbError> {
        let deadline = Instant::now() + STOP;
        loop {
            match Self::start(launch) {
                Err(error)
                    if error.to_string().contains("shared memory block") && Instant::now() < deadline =>
                {
                    std::thread::sleep(STEP * 10);
                }
                outcome => return outcome,
            }
        }
    }

    fn start(launch: Launch<'_>) -> Result<Self, DbError> {
        let Launch { binaries, account, dir, data, socket_dir, options } = launch;
        let log = dir.join("postgres.log");
        let log_file =
            File::create(&log).map_err(|error| failed(format!("can't write {}: {error}", log.display())))?;
        let mut command = Command::new(binaries.join("postgres"));
        command.arg("-D").arg(data).arg("-k").arg(socket_dir);
        for setting in settings(options) {
            command.arg("-c").arg(setting);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file);
        as_account(&mut command, account, dir);
        die_with_parent(&mut command);

        let (stop, stopped) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let data = data.to_owned();
        let watcher = std::thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                let child = command.spawn().map_err(|error| failed(format!("can't be run: {error}")));
                let mut child = match child {
                    Ok(child) => child,
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return Ok(());
                    }
                };
                if let Err(error) = wait_until_ready(&mut child, &data, &log) {
                    let _ = child.kill();
                    let _ = child.wait();
                    let _ = tell.send(Err(error));
                    return Ok(());
                }
                let _ = tell.send(Ok(child.id()));
                // Ends with a request or with the sender.
                let _ = stopped.recv();
                shut_down(&mut child)
            })
            .map_err(|error| failed(format!("no thread to watch it: {error}")))?;
        let pid = told.recv().map_err(|_| failed("the thread that watches it panicked".into()))??;
        Ok(Self { pid, stop, watcher: Some(watcher) })
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn stop(&mut self) -> Result<(), DbError> {
        let _ = self.stop.send(());
        match self.watcher.take() {
            None => Ok(()),
            Some(watcher) => {
                watcher.join().map_err(|_| failed("the thread that watches it panicked".into()))?
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "stopping the private PostgreSQL");
        }
    }
}

fn settings(options: &PrivateOptions) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        format!("max_connections={}", options.max_connections),
    ];
    if !options.durable {
        settings.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
                .map(str::to_owned),
        );
    }
    settings
}

/// Ready is what the server itself writes into the last line of its note.
fn wait_until_ready(child: &mut Child, data: &Path, log: &Path) -> Result<(), DbError> {
    let deadline = Instant::now() + START;
    let ended = |what: String| {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        failed(format!("{what}; its log ends with: {}", lines[lines.len().saturating_sub(5)..].join(" | ")))
    };
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(ended(format!("it ended at once ({status})")));
        }
        let note = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = note.lines();
        if lines.next() == Some(child.id().to_string().as_str())
            && lines.next_back().is_some_and(|line| line.trim() == "ready")
        {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(ended(format!("it was not ready within {} s", START.as_secs())));
        }
        std::thread::sleep(STEP);
    }
}

/// Fast shutdown: open transactions are rolled back, clients sent away, everything written.
fn shut_down(child: &mut Child) -> Result<(), DbError> {
    signal(child, libc::SIGINT);
    let deadline = Instant::now() + STOP;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => std::thread::sleep(STEP),
            Ok(None) => {
                // Its children end with it on this signal; on SIGKILL they would not.
                signal(child, libc::SIGQUIT);
                let _ = child.wait();
                return Err(failed(format!("it did not stop within {} s and was killed", STOP.as_secs())));
            }
            Ok(Some(status)) => return outcome(status),
            Err(error) => return Err(failed(format!("waiting for its end: {error}"))),
        }
    }
}

fn outcome(status: ExitStatus) -> Result<(), DbError> {
    if status.success() {
        return Ok(());
    }
    let how = status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"));
    Err(failed(format!("it ended by itself: {how}")))
}

fn signal(child: &Child, signal: i32) {
    if let Ok(pid) = libc::pid_t::try_from(child.id()) {
        // SAFETY: the child has not been waited for, so the number is still its own.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Runs a command as the server's account, from a folder it may be in, without our language settings.
fn as_account(command: &mut Command, account: Account, dir: &Path) {
    command.current_dir(dir).env_remove("PGDATA").env_remove("PGPORT").env("LC_ALL", "C");
    if account.other {
        command.uid(account.uid).gid(account.gid);
    }
}

/// Asks the kernel to stop the server fast when we die. It forgets the wish when a process changes its user, so this
/// must come after that; `pre_exec` does.
fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) != 0 {
                return Err(io::Error::last_os_error());
            }
            // We may have died before the wish was heard.
            if libc::getppid().cast_unsigned() != parent {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}
