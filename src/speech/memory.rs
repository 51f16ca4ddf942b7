//! What the allocator holds back.

/// Gives memory that is free back to the system.
///
/// Transcribing and diarizing need memory in pieces of different sizes, and glibc keeps what one of them freed in gaps that the
/// other can't use: without this the peak is nearer to the sum of both than to the larger. Takes milliseconds.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a call without pointers, allowed from any thread at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
