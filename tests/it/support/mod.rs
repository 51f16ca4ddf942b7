//! What the tests share: real servers, started once.

pub mod accounts;
pub mod authentik;
pub mod certs;
pub mod der;
pub mod diarization;
pub mod garage;
pub mod identity;
pub mod llm_server;
pub mod long;
pub mod media;
pub mod meeting;
pub mod pictured;
pub mod postgres;
pub mod receiver;
pub mod redis;
pub mod site;
pub mod small_disk;
pub mod smtp;
pub mod socket;
pub mod speech_server;
pub mod words;
pub mod workshop;
pub mod zulip_server;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reflector::storage::Room;

/// The tree that is tested: Cargo starts tests in it. What the compiler called so may be another clone with the same content, for
/// which nothing was built again.
pub fn tree() -> PathBuf {
    std::env::current_dir().expect("the working directory")
}

/// Where databases and browsers of tests keep what is gone when they end: in memory, where there is enough of it. They make and remove
/// files by the hundred thousand, which takes disks more time than the tests themselves.
pub fn short_lived() -> &'static Path {
    let memory = Path::new("/dev/shm");
    let enough = Room::of(memory).is_ok_and(|room| room.free > 4 << 30);
    if enough { memory } else { Path::new("/tmp") }
}

/// Waits until a stand-in has seen so many; all that it saw.
async fn until_there<T>(count: usize, seen: impl Fn() -> Vec<T>) -> Vec<T> {
    let begun = Instant::now();
    loop {
        let seen = seen();
        if seen.len() >= count {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "only {} of {count} arrived", seen.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
