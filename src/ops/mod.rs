//! What an operator runs: doctor, and the table of what makes an installation safe.

pub mod doctor;
pub mod hardening;
