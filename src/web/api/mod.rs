//! The HTTP API: field names and envelopes of the ancestor's, see docs/API.md.

pub(super) mod document;
pub(super) mod v1;
