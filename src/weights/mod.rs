//! Model weights: registry, pull, verify, and safe readers of their files.
