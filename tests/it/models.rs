//! `reflector models`: pull, verify, never half-installed.
