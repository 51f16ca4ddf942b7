//! A media program in its sandbox and under limits: wall time, memory, size of the file it writes; it dies with us.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::sandbox::{self, Grant, Sandbox};
use super::{AudioError, Cancel};

/// Memory that it may write to: heap, stacks and private mappings.
const MEMORY_BYTES: u64 = 1 << 30;
/// Addresses: libraries and files are mapped beside that memory, and much of what is mapped is never touched.
const ADDRESSES: u64 = 4 << 30;
/// Of each thread, and there is a thread a core: the system's 8 MiB would be all of the memory on a large machine.
const STACK_BYTES: u64 = 2 << 20;
const OPEN_FILES: u64 = 64;
/// How much of stderr is kept; the end says why.
const STDERR_TAIL: usize = 8 << 10;
/// Between two looks at the cancel flag and the clock.
const TICK: Duration = Duration::from_millis(50);
/// A line of stdout longer than this is no progress report of ours.
const LONGEST_OUTPUT: u64 = 8 << 20;

/// What a program may use.
pub(super) struct Limits<'a> {
    pub grant: Grant<'a>,
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

/// Runs `name` (one of ffmpeg's programs) to its end, handing each line of its stdout to `on_line`.
///
/// # Errors
/// `FfmpegMissing`, `Cancelled`, `Timeout`, `Io` where the sandbox can't be made; a program that ran and failed is no error here.
pub(super) fn run(
    name: &'static str,
    arguments: &[OsString],
    limits: &Limits<'_>,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(&str),
) -> Result<Finished, AudioError> {
    let mut child = Reaped(start(name, arguments, limits)?);
    let piped = |name| AudioError::Io(io::Error::other(format!("{name} is not piped")));
    let stdout = child.0.stdout.take().ok_or_else(|| piped("stdout"))?;
    let stderr = child.0.stderr.take().ok_or_else(|| piped("stderr"))?;
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

/// Starts it with everything prepared before the fork: after it nothing may be allocated.
fn start(name: &'static str, arguments: &[OsString], limits: &Limits<'_>) -> Result<Child, AudioError> {
    let program = sandbox::find(name.as_ref()).ok_or(AudioError::FfmpegMissing(name))?;
    let sandbox = Sandbox::prepare(&program, &limits.grant)?;
    let file_size = limits.file_size;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Our environment may hold secrets. Messages are matched in English.
    command.env_clear().env("LC_ALL", "C");
    // SAFETY: only system calls between fork and exec.
    unsafe {
        command.pre_exec(move || {
            set_limit(libc::RLIMIT_DATA, MEMORY_BYTES)?;
            set_limit(libc::RLIMIT_AS, ADDRESSES)?;
            set_limit(libc::RLIMIT_STACK, STACK_BYTES)?;
            set_limit(libc::RLIMIT_NOFILE, OPEN_FILES)?;
            set_limit(libc::RLIMIT_FSIZE, file_size)?;
            set_limit(libc::RLIMIT_CORE, 0)?;
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            sandbox.enter()
        });
    }
    Ok(command.spawn()?)
}

/// Kills and reaps on drop, whatever happened.
struct Reaped(Child);

impl Reaped {
    /// Kills the program (which closes its pipes) if it has to stop.
    fn check(&mut self, cancel: &Cancel, deadline: Instant, limits: &Limits<'_>) -> Result<(), AudioError> {
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

    const LIMITS: Limits<'static> = Limits {
        grant: Grant { read: None, write: None },
        wall: Duration::from_secs(60),
        file_size: 1 << 20,
    };

    fn shell(script: &str, limits: &Limits<'_>, cancel: &Cancel) -> Result<Finished, AudioError> {
        run("bash", &["-c".into(), script.into()], limits, cancel, &mut |_| {})
    }

    #[test]
    fn lines_and_the_end_of_stderr_come_back() {
        let mut seen = Vec::new();
        let script = "echo a; echo b; echo oops >&2; exit 3";
        let done = run("bash", &["-c".into(), script.into()], &LIMITS, &Cancel::new(), &mut |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(seen, ["a", "b"]);
        assert_eq!(done.status.code(), Some(3));
        assert_eq!(done.reason(), "oops");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run("/no/such/ffmpeg", &[], &LIMITS, &Cancel::new(), &mut |_| {}).err();
        assert_eq!(error.unwrap().to_string(), "the program /no/such/ffmpeg is missing; install ffmpeg");
    }

    #[test]
    fn time_out_and_cancel_end_a_program_that_would_not() {
        let limits = Limits { wall: Duration::ZERO, ..LIMITS };
        let error = shell("exec sleep 1000", &limits, &Cancel::new()).err().unwrap();
        assert!(matches!(error, AudioError::Timeout(0)), "{error}");
        let cancel = Cancel::new();
        cancel.cancel();
        let error = shell("exec sleep 1000", &LIMITS, &cancel).err().unwrap();
        assert!(matches!(error, AudioError::Cancelled), "{error}");
    }

    #[test]
    fn a_program_that_writes_too_much_is_stopped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let grant = Grant { read: None, write: Some(file.path()) };
        let script = format!("dd if=/dev/stdin bs=64k of={} < <(yes)", file.path().display());
        let done = shell(&script, &Limits { grant, ..LIMITS }, &Cancel::new()).unwrap();
        assert!(!done.status.success());
        let written = file.path().metadata().unwrap().len();
        assert!(written > 0 && written <= LIMITS.file_size, "{written}");
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
