//! Model weights: registry, pull, verify, and safe readers of their files.

pub mod pickle;

use std::collections::BTreeMap;

/// A model's tensors by name.
pub type TensorMap = BTreeMap<String, tch::Tensor>;
