use std::path::PathBuf;

use tokio_util::task::TaskTracker;

use super::scratch::Scratch;
use crate::bus::Bus;
use crate::config::SpeechConfig;
use crate::db::Pool;
use crate::llm::Understanding;
use crate::storage::Storage;

/// What jobs may touch. Cheap to clone.
#[derive(Clone)]
pub struct Environment {
    pub pool: Pool,
    pub storage: Storage,
    pub bus: Bus,
    pub understanding: Understanding,
    pub scratch: Scratch,
    pub speech: Speech,
    /// Small things that must still be written when a job is dropped; a process waits for them before it ends.
    pub last_words: TaskTracker,
}

/// The speech engine, started when the first job needs it: loading the models takes seconds and a gigabyte.
#[derive(Clone)]
pub struct Speech {}

impl Speech {
    /// `models` is the folder of all weights.
    pub fn new(_config: SpeechConfig, _models: PathBuf) -> Self {
        Self {}
    }
}
