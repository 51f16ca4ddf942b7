//! Whisper against reference numbers.
