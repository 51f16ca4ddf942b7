//! A media program under limits: wall time, memory, size of the file it writes; it dies with us and hears no terminal.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{AudioError, Cancel};

/// Generous: decoders map large buffers and a stack a thread without using them.
const MEMORY_BYTES: u64 = 4 << 30;
/// How much of stderr is kept; the end says why.
const STDERR_TAIL: usize = 8 << 10;
/// Between two looks at the cancel flag and the clock.
const TICK: Duration = Duration::from_millis(50);
/// A line of stdout longer than this is no progress report of ours.
const LONGEST_OUTPUT: u64 = 8 << 20;

/// What a program may use.
pub(super) struct Limits {
    pub wall: Duration,
    /// Bytes of any one file it writes; a program that writes more is killed (SIGXFSZ).
    pub file_size: u64,
}

/// How it ended.
pub(super) struct Finished {
    pub status: ExitStatus,
    /// The end of what it said on stderr.
    pub stderr: String,
}

impl Finished {
    pub(super) fn disk_full(&self) -> bool {
        self.stderr.contains("No space left on device") || self.stderr.contains("Disk quota exceeded")
    }

    /// The last line of stderr that says something of its own, without the program's addresses or paths of ours.
    pub(super) fn reason(&self) -> String {
        const SAID_OF_ANY_FAILURE: [&str; 2] =
            ["Conversion failed!", "Invalid data found when processing input"];
        let said = || self.stderr.lines().map(bare).filter(|line| !line.is_empty());
        let own = said().rfind(|line| !SAID_OF_ANY_FAILURE.contains(line));
        own.or_else(|| said().next()).unwrap_or("no reason given").chars().take(200).collect()
    }
}

/// A line of stderr without "[mov @ 0x55…] " or "file:/scratch/source: " before it.
fn bare(line: &str) -> &str {
    let line = line.trim();
    if let Some((_, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        return rest;
    }
    match line.rsplit_once(": ") {
        Some((_, rest)) if line.starts_with("file:") => rest,
        _ => line,
    }
}

/// Runs `command` (one of ffmpeg's programs, called `name`) to its end, handing each line of its stdout to `on_line`.
///
/// # Errors
/// `FfmpegMissing`, `Cancelled`, `Timeout`; a program that ran and failed is no error here.
pub(super) fn run(
    name: &'static str,
    mut command: Command,
    limits: &Limits,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(&str),
) -> Result<Finished, AudioError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Messages are matched in English; a group of its own, so that Ctrl-C reaches us and we decide.
    command.env("LC_ALL", "C").process_group(0);
    let file_size = limits.file_size;
    // SAFETY: only async-signal-safe calls (setrlimit, prctl) between fork and exec.
    unsafe {
        command.pre_exec(move || {
            set_limit(libc::RLIMIT_AS, MEMORY_BYTES)?;
            set_limit(libc::RLIMIT_FSIZE, file_size)?;
            set_limit(libc::RLIMIT_CORE, 0)?;
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => AudioError::FfmpegMissing(name),
        _ => AudioError::Io(error),
    })?;
    let mut child = Reaped(child);
    let stdout = child.0.stdout.take().expect("stdout is piped");
    let stderr = child.0.stderr.take().expect("stderr is piped");
    let (send, lines) = mpsc::sync_channel::<String>(64);
    let deadline = Instant::now() + limits.wall;
    thread::scope(|scope| {
        let tail = scope.spawn(move || tail_of(stderr));
        scope.spawn(move || {
            for line in BufReader::new(stdout.take(LONGEST_OUTPUT)).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        // The receiver lives in here, so that an early return frees a reader blocked on a full channel.
        let lines = lines;
        loop {
            match lines.recv_timeout(TICK) {
                Ok(line) => on_line(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            child.check(cancel, deadline, limits)?;
        }
        // It closed stdout; wait for it to end, still under the clock.
        let status = loop {
            if let Some(status) = child.0.try_wait()? {
                break status;
            }
            child.check(cancel, deadline, limits)?;
            thread::sleep(Duration::from_millis(5));
        };
        let stderr = tail.join().unwrap_or_default();
        Ok(Finished { status, stderr })
    })
}

/// Kills and reaps on drop, whatever happened.
struct Reaped(Child);

impl Reaped {
    /// Kills the program (which closes its pipes) if it has to stop.
    fn check(&mut self, cancel: &Cancel, deadline: Instant, limits: &Limits) -> Result<(), AudioError> {
        let error = if cancel.is_cancelled() {
            AudioError::Cancelled
        } else if Instant::now() > deadline {
            AudioError::Timeout(limits.wall.as_secs())
        } else {
            return Ok(());
        };
        let _ = self.0.kill();
        Err(error)
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn set_limit(resource: libc::__rlimit_resource_t, bytes: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: `limit` outlives the call. A lower limit that is in force already refuses ours and may stay.
    match unsafe { libc::setrlimit(resource, &limit) } {
        0 => Ok(()),
        _ if io::Error::last_os_error().raw_os_error() == Some(libc::EPERM) => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn tail_of(mut pipe: impl Read) -> String {
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..read]);
        if tail.len() > 2 * STDERR_TAIL {
            tail.drain(..tail.len() - STDERR_TAIL);
        }
    }
    String::from_utf8_lossy(&tail).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { wall: Duration::from_secs(60), file_size: 1 << 20 };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_and_the_end_of_stderr_come_back() {
        let mut seen = Vec::new();
        let done =
            run("sh", shell("echo a; echo b; echo oops >&2; exit 3"), &LIMITS, &Cancel::new(), &mut |line| {
                seen.push(line.to_owned());
            })
            .unwrap();
        assert_eq!(seen, ["a", "b"]);
        assert_eq!(done.status.code(), Some(3));
        assert_eq!(done.reason(), "oops");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error =
            run("ffmpeg", Command::new("/no/such/ffmpeg"), &LIMITS, &Cancel::new(), &mut |_| {}).err();
        assert_eq!(error.unwrap().to_string(), "the program ffmpeg is missing; install ffmpeg");
    }

    #[test]
    fn time_out_and_cancel_end_a_program_that_would_not() {
        let limits = Limits { wall: Duration::ZERO, ..LIMITS };
        let error = run("sh", shell("exec sleep 1000"), &limits, &Cancel::new(), &mut |_| {}).err().unwrap();
        assert!(matches!(error, AudioError::Timeout(0)), "{error}");
        let cancel = Cancel::new();
        cancel.cancel();
        let error = run("sh", shell("exec sleep 1000"), &LIMITS, &cancel, &mut |_| {}).err().unwrap();
        assert!(matches!(error, AudioError::Cancelled), "{error}");
    }

    #[test]
    fn a_program_that_writes_too_much_is_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("dd");
        command.args(["if=/dev/zero", "bs=64k", "count=64"]).current_dir(dir.path()).arg("of=big");
        let done = run("dd", command, &LIMITS, &Cancel::new(), &mut |_| {}).unwrap();
        assert!(!done.status.success());
        assert!(dir.path().join("big").metadata().unwrap().len() <= LIMITS.file_size);
    }

    #[test]
    fn reasons_carry_no_paths_or_addresses() {
        let reason = |stderr: &str| {
            let status = std::os::unix::process::ExitStatusExt::from_raw(256);
            Finished { status, stderr: stderr.into() }.reason()
        };
        let said = "[mov,mp4 @ 0x5581] moov atom not found\nfile:/tmp/x.m4a: Invalid data found when processing input\n";
        assert_eq!(reason(said), "moov atom not found");
        assert_eq!(reason("file:/tmp/a b: c/x: No such thing\n\n"), "No such thing");
        assert_eq!(reason(""), "no reason given");
    }
}
