//! Typed events between processes: Redis, or in-process for the demo.
