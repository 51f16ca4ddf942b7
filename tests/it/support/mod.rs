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

use std::time::{Duration, Instant};

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
