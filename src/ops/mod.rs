//! What an operator runs: doctor.

pub mod doctor;
