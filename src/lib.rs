//! Reflector: recordings in; words with times, speakers, topics, a title and a summary out.
//!
//! Modules are rooms; which may use which is the table in docs/ARCHITECTURE.md, and `tests/it/layering.rs` enforces it.

// What input, a file or a connection can bring about is an error; what is left says why it can't happen. Tests may.
#![deny(clippy::expect_used, clippy::unwrap_used)]

pub mod app;
pub mod audio;
pub mod auth;
pub mod bus;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod export;
pub mod fonts;
pub mod ids;
pub mod jobs;
pub mod lifecycle;
pub mod llm;
pub mod model;
pub mod model_api;
pub mod notify;
pub mod oidc;
pub mod operations;
pub mod ops;
pub mod outgoing;
pub mod policy;
pub mod queue;
pub mod speech;
pub mod storage;
pub mod telemetry;
pub mod tls;
pub mod web;
pub mod weights;
