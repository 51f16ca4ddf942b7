//! Model weights: registry, pull, verify, and safe readers of their files.

mod bytes;
pub mod ct2;
pub mod pickle;
pub mod safetensors;

use std::collections::BTreeMap;

pub use bytes::TensorFileError;

/// A model's tensors by name.
pub type TensorMap = BTreeMap<String, tch::Tensor>;
