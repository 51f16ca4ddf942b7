//! What an operator runs: doctor, backup, restore, rotation of secrets.

pub mod backup;
pub mod doctor;
pub mod secrets;
