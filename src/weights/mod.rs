//! Model weights: registry, pull, verify, and safe readers of their files.

mod bytes;
pub mod ct2;
pub mod pickle;
pub mod pull;
pub mod registry;
pub mod safetensors;
pub mod size;
mod sources;
mod store;
pub mod verify;

use std::collections::BTreeMap;

pub use bytes::TensorFileError;
pub use store::{ModelStore, WeightsError};

/// A model's tensors by name.
pub type TensorMap = BTreeMap<String, tch::Tensor>;
