//! What a media program may do: read its input and the system's programs and libraries, write its output, compute.
//!
//! Landlock (files, TCP ports, signals), a seccomp filter (no sockets, no namespaces, nothing that reaches other processes),
//! no new privileges, a session and no descriptors of ours. It needs no privileges and no service manager, so it holds
//! wherever the program runs. A kernel without one of them goes on with the rest; [`Protection::of_this_kernel`] tells.

mod calls;

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, Scope, path_beneath_rules,
};

/// The newest version whose rights are asked for; older kernels keep what they know of them.
const NEWEST: ABI = ABI::V6;

/// Programs and libraries; nothing in them is anybody's own.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"];
/// Files that programs read while they start.
const START: [&str; 6] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/dev/urandom",
    "/dev/random",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
];

/// Files of its own that a program may touch.
pub(crate) struct Grant<'a> {
    pub read: Option<&'a Path>,
    /// Exists, and is written over; the program can make no other.
    pub write: Option<&'a Path>,
}

/// Which protections this kernel offers to this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Version of Landlock's interface; `None` where the kernel lacks it or has it switched off.
    pub landlock: Option<u32>,
    pub seccomp: bool,
}

impl Protection {
    pub fn of_this_kernel() -> Self {
        // SAFETY: asks for the version; no pointer is read.
        let version =
            unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, 1u32) };
        let action = libc::SECCOMP_RET_ERRNO;
        // SAFETY: the kernel reads the one word that is pointed to.
        let seccomp =
            unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) };
        Self {
            landlock: u32::try_from(version).ok().filter(|version| *version > 0),
            seccomp: seccomp == 0 && calls::program().is_ok(),
        }
    }
}

/// Everything that is needed after the fork, where nothing may be allocated any more.
pub(super) struct Sandbox {
    rules: Option<OwnedFd>,
    filter: Option<seccompiler::BpfProgram>,
}

impl Sandbox {
    /// # Errors
    /// A file that is granted can't be opened, or the kernel refuses rules that it says it knows.
    pub(super) fn prepare(program: &Path, grant: &Grant<'_>) -> io::Result<Self> {
        let rules = rules(program, grant).map_err(io::Error::other)?;
        let filter = if Protection::of_this_kernel().seccomp {
            Some(calls::program().map_err(io::Error::other)?)
        } else {
            None
        };
        Ok(Self { rules: rules.into(), filter })
    }

    /// Locks the calling thread in, for good. Only system calls: it is called between fork and exec.
    ///
    /// # Errors
    /// The kernel refuses; the program must not be started then.
    pub(super) fn enter(&self) -> io::Result<()> {
        // SAFETY: numbers only.
        unsafe {
            libc::setsid();
            // Those of libraries that forgot to mark theirs; the pipe that tells of a failed exec closes with exec as well.
            let marked = libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
            if marked != 0 {
                close_on_exec_one_by_one();
            }
            check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
            if let Some(rules) = &self.rules {
                check(libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0u32) as i32)?;
            }
        }
        match &self.filter {
            Some(filter) => seccompiler::apply_filter(filter).map_err(|_| io::Error::last_os_error()),
            None => Ok(()),
        }
    }
}

fn check(outcome: i32) -> io::Result<()> {
    if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// For kernels before 5.11.
fn close_on_exec_one_by_one() {
    for fd in 3..1024 {
        // SAFETY: numbers only; one that is not open is refused.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

fn rules(
    program: &Path,
    grant: &Grant<'_>,
) -> Result<RulesetCreated, Box<dyn std::error::Error + Send + Sync>> {
    let look = AccessFs::ReadFile | AccessFs::ReadDir;
    let over = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, look | AccessFs::Execute))?
        .add_rules(path_beneath_rules([program], AccessFs::ReadFile | AccessFs::Execute))?
        .add_rules(path_beneath_rules(START, look))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?;
    if let Some(path) = grant.read {
        rules = rules.add_rule(PathBeneath::new(PathFd::new(path)?, AccessFs::ReadFile))?;
    }
    if let Some(path) = grant.write {
        rules = rules.add_rule(PathBeneath::new(PathFd::new(path)?, over))?;
    }
    Ok(rules)
}

/// Where a program is, by the search path of this process.
pub(super) fn find(program: &OsStr) -> Option<PathBuf> {
    let named = Path::new(program);
    let found = if named.components().count() > 1 {
        named.is_file().then(|| named.to_owned())
    } else {
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file())
    };
    found?.canonicalize().ok()
}

#[cfg(test)]
mod tests;
