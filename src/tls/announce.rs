use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, IntoRawFd};

use super::Trust;

/// Makes `trust` what this process, and those that it starts, find as the system's authorities: for the S3 library, which
/// makes its own HTTP client and takes its roots from where `SSL_CERT_FILE` points; PostgreSQL's own
/// programs are told the same.
///
/// The text is in a file without a name that lives as long as the process, so nothing is left on a disk.
///
/// # Errors
/// The kernel has no room for it.
///
/// # Safety
/// The environment changes: no other thread may run yet.
pub unsafe fn announce(trust: &Trust) -> io::Result<()> {
    let name = CString::new("reflector-authorities").unwrap_or_default();
    // SAFETY: `name` is a C string. Without MFD_CLOEXEC, so that the path means the same in processes that we start.
    let descriptor = unsafe { libc::memfd_create(name.as_ptr(), 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just made and belongs to nobody else.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(trust.pem().as_bytes())?;
    let descriptor = file.into_raw_fd();
    // SAFETY: the caller's promise.
    unsafe { std::env::set_var("SSL_CERT_FILE", format!("/proc/self/fd/{descriptor}")) };
    Ok(())
}
