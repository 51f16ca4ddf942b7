//! What an operator runs: doctor, certificates, backup, restore, rotation of secrets.

pub mod backup;
pub mod certs;
pub mod doctor;
pub mod secrets;
