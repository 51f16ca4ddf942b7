//! From the inert values to tensors: finds the state dictionary, reads storages, checks every stride.

use std::collections::HashMap;
use std::io::{Read, Seek};

use tch::Tensor;
use zip::ZipArchive;

use super::machine::{Heap, Id, Storage, TensorSpec, Value};
use super::{PickleError, entry, malformed};
use crate::weights::TensorMap;

/// Dimensions of a tensor; PyTorch itself allows 64, weights have at most 5.
const MAX_RANK: usize = 16;

/// The tensors of the state dictionary, by name.
pub(super) fn collect<R: Read + Seek>(
    heap: &Heap,
    zip: &mut ZipArchive<R>,
    root: &str,
    file_size: u64,
) -> Result<TensorMap, PickleError> {
    let mut storages = Storages { zip, root, left: file_size, read: HashMap::new() };
    let mut tensors = TensorMap::new();
    for &(key, value) in state_dict(heap)? {
        let (Value::Str(name), Value::Tensor(spec)) = (heap.get(key), heap.get(value)) else { continue };
        tensors.insert(name.clone(), storages.tensor(heap, name, spec)?);
    }
    Ok(tensors)
}

/// The dictionary that holds the tensors: the outermost one, or what a checkpoint keeps under `state_dict`.
fn state_dict(heap: &Heap) -> Result<&[(Id, Id)], PickleError> {
    let Value::Dict(outer) = heap.get(heap.root) else {
        return Err(malformed("the outermost value is no dictionary"));
    };
    let inner = outer.iter().rev().find_map(|&(key, value)| match (heap.get(key), heap.get(value)) {
        (Value::Str(key), Value::Dict(pairs)) if key == "state_dict" => Some(pairs),
        _ => None,
    });
    Ok(inner.unwrap_or(outer))
}

/// The storages read so far, each once, as one flat tensor.
struct Storages<'a, R> {
    zip: &'a mut ZipArchive<R>,
    root: &'a str,
    /// Bytes that may still be read: an honest file holds each storage once and uncompressed.
    left: u64,
    read: HashMap<String, Tensor>,
}

impl<R: Read + Seek> Storages<'_, R> {
    fn tensor(&mut self, heap: &Heap, name: &str, spec: &TensorSpec) -> Result<Tensor, PickleError> {
        let refuse = |why: String| PickleError::Tensor { name: name.to_owned(), why };
        let Value::Storage(storage) = heap.get(spec.storage) else {
            return Err(refuse("it has no storage".into()));
        };
        check_view(spec, storage).map_err(|why| refuse(why.into()))?;
        if !self.read.contains_key(&storage.key) {
            let flat = self.load(storage).map_err(|error| refuse(error.to_string()))?;
            self.read.insert(storage.key.clone(), flat);
        }
        let flat = &self.read[&storage.key];
        if flat.kind() != storage.kind
            || flat.size1().ok().and_then(|n| u64::try_from(n).ok()) < Some(storage.numel)
        {
            return Err(refuse("its storage is described in two ways".into()));
        }
        flat.f_as_strided(&spec.size, &spec.stride, spec.offset).map_err(|error| refuse(error.to_string()))
    }

    fn load(&mut self, storage: &Storage) -> Result<Tensor, PickleError> {
        let bytes = entry(self.zip, &format!("{}data/{}", self.root, storage.key), self.left)?;
        self.left -= bytes.len() as u64;
        let wanted = storage.numel.checked_mul(storage.kind.elt_size_in_bytes() as u64);
        if wanted != Some(bytes.len() as u64) {
            return Err(malformed(format!("its storage has {} bytes, not {wanted:?}", bytes.len())));
        }
        Tensor::f_from_data_size(&bytes, &[storage.numel as i64], storage.kind)
            .map_err(|error| malformed(error.to_string()))
    }
}

/// Every element lies inside the storage, and no storage is blown up by strides of zero.
fn check_view(spec: &TensorSpec, storage: &Storage) -> Result<(), &'static str> {
    if spec.size.len() != spec.stride.len() || spec.size.len() > MAX_RANK {
        return Err("size and stride do not fit each other");
    }
    let whole = |value: i64| u64::try_from(value).map_err(|_| "a negative size, stride or offset");
    let (mut count, mut last) = (1_u64, whole(spec.offset)?);
    for (&size, &stride) in spec.size.iter().zip(&spec.stride) {
        let (size, stride) = (whole(size)?, whole(stride)?);
        count = count.checked_mul(size).ok_or("more elements than memory")?;
        let reach = size.saturating_sub(1).checked_mul(stride).and_then(|reach| last.checked_add(reach));
        last = reach.ok_or("strides beyond memory")?;
    }
    if count > storage.numel || (count > 0 && last >= storage.numel) {
        return Err("it reaches outside its storage");
    }
    Ok(())
}
