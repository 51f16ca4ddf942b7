use std::io;
use std::path::Path;

/// Bytes of the disk under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub total: u64,
    /// What a program that is not root may still use.
    pub free: u64,
}

impl Room {
    /// Of the disk where `path` is, or would be.
    ///
    /// # Errors
    /// The system can't tell.
    pub fn of(path: &Path) -> io::Result<Self> {
        let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
        let path = std::ffi::CString::new(there.as_os_str().as_encoded_bytes())?;
        let mut stat = std::mem::MaybeUninit::<libc::statvfs>::uninit();
        // SAFETY: `path` is a C string, and `stat` is written by the call before it is read, which the status tells.
        let stat = unsafe {
            if libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            stat.assume_init()
        };
        Ok(Self { total: stat.f_blocks * stat.f_frsize, free: stat.f_bavail * stat.f_frsize })
    }
}
