//! What the tests share: real servers, started once.
