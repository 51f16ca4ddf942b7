//! What the tests share: real servers, started once.

pub mod redis;

pub mod llm_server;
