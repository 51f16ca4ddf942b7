//! The one integration binary: one file a feature, real parts throughout.

mod support;

mod accuracy;
mod api;
mod backup;
mod browser;
mod bus;
mod certs;
mod channels;
mod checkpoints;
mod cli_transcribe;
mod data;
mod demo;
mod diarize;
mod disk_keys;
mod hardening;
mod headers;
mod layering;
mod limits;
mod llm;
mod media;
mod model_api;
mod models;
mod notify;
mod ops;
mod pages;
mod pipeline;
mod quiet;
mod robustness;
mod secrets;
mod self_test;
mod storage;
mod story;
mod tls;
mod whisper;
mod word_times;
