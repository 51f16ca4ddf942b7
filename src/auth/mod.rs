//! Proofs of who somebody is: passwords, tokens, keys, and where a request came from. Pure: nothing here reads a database, a
//! setting or the clock.

pub mod client;
pub mod limiter;
pub mod listen;
pub mod password;
pub mod seal;
pub mod secret;
pub mod token;
pub mod way_back;
