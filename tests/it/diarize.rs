//! Who spoke when.
