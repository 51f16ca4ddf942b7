use std::ffi::CStr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::{DbError, failed};

/// Who the server runs as: ourselves, or when we are root, whom PostgreSQL refuses, an account without rights.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
    /// Whether it is another account than ours.
    pub other: bool,
}

impl Account {
    pub fn for_server() -> Result<Self, DbError> {
        // SAFETY: these only read the process's ids.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        if uid != 0 {
            return Ok(Self { uid, gid, other: false });
        }
        [c"postgres", c"nobody"]
            .into_iter()
            .find_map(Self::named)
            .ok_or_else(|| failed("root can't run it, and neither user postgres nor nobody exists".into()))
    }

    fn named(name: &CStr) -> Option<Self> {
        let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
        let mut found = std::ptr::null_mut();
        let mut buffer = vec![0; 16 * 1024];
        // SAFETY: every pointer is to memory of ours that outlives the call, with its true length; `entry` is read only
        // when `found` says that it was filled in.
        unsafe {
            let status = libc::getpwnam_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                buffer.len(),
                &raw mut found,
            );
            if status != 0 || found.is_null() {
                return None;
            }
            let entry = entry.assume_init();
            Some(Self { uid: entry.pw_uid, gid: entry.pw_gid, other: true })
        }
    }

    /// Gives a folder to the server, closed to everybody else. One that belongs to a stranger is refused: whoever owns
    /// the folder of a socket decides who answers there.
    pub fn own(self, dir: &Path) -> Result<(), DbError> {
        let say = |error: std::io::Error| failed(format!("{}: {error}", dir.display()));
        let meta = std::fs::symlink_metadata(dir).map_err(say)?;
        let ours = meta.uid() == self.uid || (self.other && meta.uid() == 0);
        if !meta.is_dir() || !ours {
            return Err(failed(format!("{} belongs to somebody else", dir.display())));
        }
        if self.other {
            std::os::unix::fs::chown(dir, Some(self.uid), Some(self.gid)).map_err(say)?;
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(say)
    }

    /// Whether every folder above `path` that exists lets the server pass.
    pub fn can_reach(self, path: &Path) -> bool {
        self.barrier(path).is_none()
    }

    pub fn check_reachable(self, path: &Path) -> Result<(), DbError> {
        match self.barrier(path) {
            None => Ok(()),
            Some(folder) => Err(failed(format!(
                "it must run as an unprivileged user, who can't pass {} to reach {}; choose a folder elsewhere, \
                 such as /var/lib/reflector",
                folder.display(),
                path.display()
            ))),
        }
    }

    fn barrier(self, path: &Path) -> Option<&Path> {
        if !self.other {
            return None;
        }
        path.ancestors().skip(1).find(|folder| {
            std::fs::metadata(folder).is_ok_and(|meta| {
                let bit = if meta.uid() == self.uid {
                    0o100
                } else if meta.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                meta.mode() & bit == 0
            })
        })
    }
}
