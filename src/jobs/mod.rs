//! What a recording goes through after it was uploaded: one stage a file, and the one way all of them go (`run`).
//!
//! ```text
//! ingest -> { transcribe | diarize } -> assemble -> topics -> title -> summarize -> deliver
//! ```
//!
//! Each stage reads what earlier ones wrote and writes only its own output, which nobody sees before it is complete (but
//! for the growing text of `transcribe`). The rules by which stages follow each other are `model::stage`'s.

mod again;
mod alive;
mod announce;
mod context;
mod environment;
mod error;
mod hearing;
mod installed;
mod learn;
mod progress;
mod report;
mod retention;
mod run;
mod self_test;
mod start;
mod sweep;
mod tell;

mod assemble;
mod deliver;
mod diarize;
mod ingest;
mod meeting;
mod sending;
mod summarize;
mod title;
mod topics;
mod transcribe;
mod webhook;

pub use again::{Outlook, try_again};
pub use alive::{BETWEEN_CALLS, call_for_ever};
pub use announce::{action_items as action_items_event, segments as segments_event, topic as topic_event};
pub use environment::{Environment, Speech, engine_settings, expected};
pub use installed::{InstalledModel, installed};
pub use learn::learn;
pub use report::report_for_ever;
pub use retention::{Keep, expire, forget, ownerless, remove_ownerless};
pub use run::Stages;
pub use self_test::{Fault, Heard, self_test};
pub use sending::{Outbox, addresses};
pub use start::{reprocess, restore, start};
pub use sweep::{sweep, sweep_for_ever};
pub use tell::{tell, tell_left};
pub use webhook::test as test_webhook;
