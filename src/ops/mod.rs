//! What an operator runs: doctor, certs.

pub mod certs;
pub mod doctor;
