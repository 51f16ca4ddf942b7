//! Events over Redis and in-process.
