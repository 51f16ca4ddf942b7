//! Objects on disk and on a real Garage.
