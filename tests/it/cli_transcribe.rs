//! `reflector transcribe`.
