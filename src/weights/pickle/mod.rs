//! Tensors out of PyTorch's zip pickles (`torch.save`), without ever running a pickle.
//!
//! A pickle is a program for a small stack machine that may call any Python function. [`machine`] interprets the few
//! opcodes that `torch.save` writes and builds inert values in an arena: calling a function only leaves a mark that it was
//! called. [`tensors`] then takes the tensors out and reads their storages from the zip. Plain dictionaries of
//! tensors and PyTorch Lightning's checkpoints (tensors under `state_dict`) are understood.
//!
//! Source of the format: Python's `pickletools`, and the archive layout `NAME/data.pkl`, `NAME/data/KEY`, `NAME/byteorder`.

mod machine;
mod tensors;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zip::ZipArchive;

use crate::weights::TensorMap;

/// Bytes of `data.pkl`: names and shapes only, so even the largest models stay far below.
const MAX_PICKLE: u64 = 16 << 20;

/// Why a file of tensors could not be read. No variant is reachable by executing anything from the file.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    #[error("cannot read the weights file: {0}")]
    Io(#[from] std::io::Error),
    #[error("not a PyTorch zip archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the pickle is malformed or uses what no weights file needs: {0}")]
    Malformed(String),
    #[error("the weights file exceeds a limit: {0}")]
    Limit(&'static str),
    #[error("tensor {name}: {why}")]
    Tensor { name: String, why: String },
}

pub(crate) fn malformed(why: impl Into<String>) -> PickleError {
    PickleError::Malformed(why.into())
}

/// Reads every tensor of a `torch.save` file into memory (CPU, its own dtype), by its name in the state dictionary.
///
/// Tensors that share a storage in the file share memory in the result. Entries that are no tensors are left out.
///
/// # Errors
/// Files that are no zip, hostile or damaged pickles, storages that are missing or too short, and tensors whose
/// strides reach outside their storage.
pub fn read(path: &Path) -> Result<TensorMap, PickleError> {
    let file = File::open(path)?;
    let file_size = file.metadata()?.len();
    let mut zip = ZipArchive::new(std::io::BufReader::new(file))?;
    let root = zip
        .file_names()
        .find_map(|name| name.strip_suffix("data.pkl").map(str::to_owned))
        .ok_or_else(|| malformed("the archive has no data.pkl"))?;
    let program = entry(&mut zip, &format!("{root}data.pkl"), MAX_PICKLE)?;
    if let Ok(order) = entry(&mut zip, &format!("{root}byteorder"), 16)
        && order != b"little"
    {
        return Err(malformed("big-endian storages"));
    }
    let heap = machine::run(&program)?;
    tensors::collect(&heap, &mut zip, &root, file_size)
}

/// One entry of the archive, at most `limit` bytes, and never longer than it says it is.
fn entry<R: Read + std::io::Seek>(
    zip: &mut ZipArchive<R>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, PickleError> {
    let entry = zip.by_name(name)?;
    let size = entry.size();
    if size > limit {
        return Err(PickleError::Limit("an entry is larger than the archive or its limit allows"));
    }
    let mut bytes = Vec::new();
    entry.take(size).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != size {
        return Err(malformed(format!("entry {name} is cut short")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
