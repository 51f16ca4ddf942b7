//! Speech over HTTP: the models alone, for another machine's jobs and for whoever speaks OpenAI's audio API.
//!
//! [`server`] answers two dialects on the same paths: that of the ancestor's model service and OpenAI's. [`client`] asks such a
//! server, ours or the ancestor's, and gives back what the engine would have given.

pub mod client;
mod language;
pub mod server;
pub mod wire;
