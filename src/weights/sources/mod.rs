//! Where a model's files come from. Each source brings a file to a path; checking and installing are `pull`'s.

pub(super) mod folder;
pub(super) mod hub;
pub(super) mod package;
