//! What the allocator holds back.

use super::native;
use super::threads::cores;

/// Gives memory that is free back to the system. Takes milliseconds, and what is taken again is cleared again.
pub(super) fn give_back() {
    native::give_back_pieces();
    trim_heap();
}

/// The same for the heap alone, which has all small pieces: glibc keeps those that were freed in gaps that the next can't use, ever more of them
/// in a long recording.
pub(super) fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a call without pointers, allowed from any thread at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Gives back what libtorch keeps of a GPU's memory for tensors to come, so that other programs can have it. What CUDA itself needs as long as
/// a process has used it, some hundred MB, stays.
pub(super) fn give_back_gpu() {
    native::give_back_gpu();
}

/// Has all threads take memory from one heap. glibc gives each thread one of its own, up to eight a core: what a thread that decodes has freed
/// is then of no use to the others, and the gaps in all heaps add up. The peak of two cores is 5 % lower, at the same speed. To be called before
/// there are other threads.
pub fn share_one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: a call without pointers, allowed at any time.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Keeps some of the large pieces that are freed for the next ones of their sizes, instead of having the system map and clear new memory for every
/// intermediate result: that took a tenth of all time. [`give_back`] after a request returns what was kept.
pub(super) fn keep_large_pieces() {
    native::keep_pieces(most_held());
}

/// Bytes that may be held so: what each core frees and takes again for every window.
pub(super) fn most_held() -> usize {
    cores() * (32 << 20)
}

/// Whether an error of libtorch says that memory ran out, a GPU's or the machine's.
pub(super) fn ran_out(error: &str) -> bool {
    error.contains("out of memory") || error.contains("can't allocate memory")
}

/// Bytes that are free on the GPU in use; `None` where there is none. libtorch has CUDA's runtime loaded wherever it can use a GPU.
pub(super) fn gpu_free() -> Option<usize> {
    #[cfg(target_os = "linux")]
    // SAFETY: the name is a C string; the function found is CUDA's `cudaError_t cudaMemGetInfo(size_t*, size_t*)`, which writes both.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"cudaMemGetInfo".as_ptr());
        if found.is_null() || !tch::Cuda::is_available() {
            return None;
        }
        let ask: unsafe extern "C" fn(*mut usize, *mut usize) -> i32 = std::mem::transmute(found);
        let (mut free, mut total) = (0, 0);
        (ask(&raw mut free, &raw mut total) == 0).then_some(free)
    }
    #[cfg(not(target_os = "linux"))]
    None
}
