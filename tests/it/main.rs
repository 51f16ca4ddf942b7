//! The one integration binary: one file a feature, real parts throughout.

mod support;

mod accuracy;
mod api;
mod backup;
mod browser;
mod bus;
mod certs;
mod cli_transcribe;
mod data;
mod demo;
mod diarize;
mod layering;
mod llm;
mod media;
mod models;
mod ops;
mod pages;
mod pipeline;
mod robustness;
mod secrets;
mod storage;
mod story;
mod tls;
mod whisper;
