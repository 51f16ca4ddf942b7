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
use std::path::Path;

pub use bytes::TensorFileError;
pub use store::{ModelStore, WeightsError};

/// A model's tensors by name.
pub type TensorMap = BTreeMap<String, tch::Tensor>;

/// Every tensor of a `.safetensors` file (or of the index of several), or of a `torch.save` file by any other name.
///
/// # Errors
/// What cannot be read, with the reason.
pub fn read_tensors(path: &Path) -> Result<TensorMap, String> {
    let name = path.to_string_lossy();
    let told = |error: &dyn std::error::Error| format!("{name}: {error}");
    if name.ends_with(".safetensors") || name.ends_with(".json") {
        safetensors::read(path).map_err(|error| told(&error))
    } else {
        pickle::read(path).map_err(|error| told(&error))
    }
}
