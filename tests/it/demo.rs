//! `reflector demo`.
