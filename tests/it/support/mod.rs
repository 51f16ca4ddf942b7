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
