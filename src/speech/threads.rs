//! How many threads libtorch uses for one step.
//!
//! The steps of a small network are short. Threads that share a step wait for each other after each one, and beside other busy programs
//! for long; threads that work on different windows never wait.

/// Until this is dropped, libtorch uses so many threads for a step here, and in every thread that begins meanwhile.
pub struct StepThreads {
    before: i32,
}

impl StepThreads {
    pub fn limit(threads: usize) -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(1));
        Self { before }
    }
}

impl Drop for StepThreads {
    fn drop(&mut self) {
        tch::set_num_threads(self.before);
    }
}

/// Cores that this program may use: what its control group and its affinity leave of the machine's.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
