//! A cursor over a weights file that never reads, or makes room for, more than the file holds.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use tch::{Kind, Tensor};

/// Why a file of tensors could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    #[error("cannot read the weights file: {0}")]
    Io(#[from] std::io::Error),
    #[error("the weights file is cut short at {0}")]
    Cut(String),
    #[error("the weights file is malformed: {0}")]
    Malformed(String),
    #[error("tensor {name}: {why}")]
    Tensor { name: String, why: String },
}

pub(super) fn malformed(why: impl Into<String>) -> TensorFileError {
    TensorFileError::Malformed(why.into())
}

pub(super) fn tensor_error(name: &str, why: impl ToString) -> TensorFileError {
    TensorFileError::Tensor { name: name.into(), why: why.to_string() }
}

/// Reads a file from its start and knows how many bytes are left.
pub(super) struct Bytes {
    file: BufReader<File>,
    left: u64,
}

impl Bytes {
    pub fn open(path: &Path) -> Result<Self, TensorFileError> {
        let file = File::open(path)?;
        let left = file.metadata()?.len();
        Ok(Self { file: BufReader::with_capacity(1 << 16, file), left })
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next `n` bytes; `what` names them in the error for a cut file.
    pub fn take(&mut self, n: u64, what: &str) -> Result<Vec<u8>, TensorFileError> {
        if n > self.left {
            return Err(TensorFileError::Cut(what.into()));
        }
        let size = usize::try_from(n).map_err(|_| malformed(format!("{what} is too large")))?;
        let mut bytes = vec![0; size];
        self.file.read_exact(&mut bytes)?;
        self.left -= n;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], TensorFileError> {
        let bytes = self.take(N as u64, what)?;
        bytes.try_into().map_err(|_| malformed(what))
    }

    pub fn u8(&mut self, what: &str) -> Result<u8, TensorFileError> {
        Ok(u8::from_le_bytes(self.array(what)?))
    }

    pub fn u16(&mut self, what: &str) -> Result<u16, TensorFileError> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    pub fn u32(&mut self, what: &str) -> Result<u32, TensorFileError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub fn u64(&mut self, what: &str) -> Result<u64, TensorFileError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }
}

/// Bytes of a tensor of `shape`, or an error where the product overflows.
pub(super) fn byte_count(name: &str, shape: &[i64], kind: Kind) -> Result<u64, TensorFileError> {
    shape
        .iter()
        .try_fold(kind.elt_size_in_bytes() as u64, |product, &dim| {
            u64::try_from(dim).ok().and_then(|dim| product.checked_mul(dim))
        })
        .ok_or_else(|| tensor_error(name, format!("its shape {shape:?} is impossible")))
}

/// A CPU tensor that owns a copy of `data` (row-major, little-endian).
pub(super) fn tensor(name: &str, data: &[u8], shape: &[i64], kind: Kind) -> Result<Tensor, TensorFileError> {
    if data.is_empty() {
        return Tensor::f_zeros(shape, (kind, tch::Device::Cpu)).map_err(|error| tensor_error(name, error));
    }
    Tensor::f_from_data_size(data, shape, kind).map_err(|error| tensor_error(name, error))
}
