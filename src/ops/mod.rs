//! What an operator runs: doctor.
