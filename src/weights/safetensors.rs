//! `.safetensors`: a u64 header length, a JSON header, and the tensors' bytes. Large models come in several such files, which
//! an index names. Source: the format's description on the Hugging Face hub. Nothing in such a file is ever run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use tch::Kind;

use super::bytes::{Bytes, TensorFileError, byte_count, malformed, tensor, tensor_error};
use crate::weights::TensorMap;

/// The limit that the format's own reader sets.
const MAX_HEADER: u64 = 100_000_000;

/// How an index of several files ends: `model.safetensors.index.json`.
const INDEX: &str = ".index.json";

/// Which file holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<i64>,
    data_offsets: (u64, u64),
}

/// Reads every tensor into memory (CPU, its own dtype) from a file, or from all files that an index names.
///
/// # Errors
/// Files that are cut, whose header is no JSON, or whose tensors overlap, leave gaps or contradict their size; an index that names a
/// file outside its folder, or tensors that are not there.
pub fn read(path: &Path) -> Result<TensorMap, TensorFileError> {
    if path.to_string_lossy().ends_with(INDEX) { read_index(path) } else { read_one(path) }
}

fn read_index(path: &Path) -> Result<TensorMap, TensorFileError> {
    let index: Index = serde_json::from_slice(&std::fs::read(path)?)
        .map_err(|error| malformed(format!("the index: {error}")))?;
    let files: BTreeSet<&String> = index.weight_map.values().collect();
    let mut map = TensorMap::new();
    for file in files {
        if file.contains(['/', '\\']) || !file.ends_with(".safetensors") {
            return Err(malformed(format!("the index names {file}")));
        }
        map.extend(read_one(&path.with_file_name(file))?);
    }
    match index.weight_map.keys().find(|name| !map.contains_key(*name)) {
        Some(name) => Err(tensor_error(name, "the index names it, and no file has it")),
        None => Ok(map),
    }
}

fn read_one(path: &Path) -> Result<TensorMap, TensorFileError> {
    let mut bytes = Bytes::open(path)?;
    let length = bytes.u64("the header")?;
    if length > MAX_HEADER {
        return Err(malformed(format!("a header of {length} bytes")));
    }
    let header = bytes.take(length, "the header")?;
    let mut header: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&header).map_err(|error| malformed(format!("its header: {error}")))?;
    header.remove("__metadata__");
    let mut entries = header
        .into_iter()
        .map(|(name, value)| match serde_json::from_value::<Entry>(value) {
            Ok(entry) => Ok((name, entry)),
            Err(error) => Err(tensor_error(&name, error)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut map = TensorMap::new();
    let mut position = 0;
    for (name, Entry { dtype, shape, data_offsets: (start, end) }) in entries {
        let kind = kind(&dtype).ok_or_else(|| tensor_error(&name, format!("unknown type {dtype}")))?;
        if start != position || end < start {
            return Err(tensor_error(&name, "its bytes overlap another's or leave a gap"));
        }
        if byte_count(&name, &shape, kind)? != end - start {
            return Err(tensor_error(
                &name,
                format!("{shape:?} of {dtype} can't take {} bytes", end - start),
            ));
        }
        let value = tensor(&name, &bytes.take(end - start, &name)?, &shape, kind)?;
        map.insert(name, value);
        position = end;
    }
    if bytes.left() > 0 {
        return Err(malformed(format!("{} bytes follow its end", bytes.left())));
    }
    Ok(map)
}

fn kind(dtype: &str) -> Option<Kind> {
    Some(match dtype {
        "F64" => Kind::Double,
        "F32" => Kind::Float,
        "F16" => Kind::Half,
        "BF16" => Kind::BFloat16,
        "I64" => Kind::Int64,
        "I32" => Kind::Int,
        "I16" => Kind::Int16,
        "I8" => Kind::Int8,
        "U8" => Kind::Uint8,
        "BOOL" => Kind::Bool,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<TensorMap, TensorFileError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut out = (header.len() as u64).to_le_bytes().to_vec();
        out.extend(header.as_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn reads_what_libtorch_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        let matrix = tch::Tensor::arange(6, (Kind::Float, tch::Device::Cpu)).reshape([2, 3]);
        let half = matrix.to_kind(Kind::Half);
        tch::Tensor::write_safetensors(&[("m", &matrix), ("h", &half)], &path).unwrap();
        let map = read(&path).unwrap();
        assert_eq!(map.len(), 2);
        assert_eq!(map["m"], matrix);
        assert_eq!(map["h"].kind(), Kind::Half);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            assert!(read_bytes(&whole[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn an_index_joins_its_files_and_leads_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let one = tch::Tensor::arange(6, (Kind::Float, tch::Device::Cpu));
        let two = one.to_kind(Kind::BFloat16);
        tch::Tensor::write_safetensors(&[("one", &one)], dir.path().join("a-1.safetensors")).unwrap();
        tch::Tensor::write_safetensors(&[("two", &two)], dir.path().join("a-2.safetensors")).unwrap();
        let path = dir.path().join("a.safetensors.index.json");
        let index = |two: &str, third: &str| {
            format!(r#"{{"weight_map":{{"one":"a-1.safetensors","two":"{two}"{third}}}}}"#)
        };
        std::fs::write(&path, index("a-2.safetensors", "")).unwrap();
        let map = read(&path).unwrap();
        assert_eq!((&map["one"], map["two"].kind()), (&one, Kind::BFloat16));
        for (second, third) in [
            ("../a-2.safetensors", ""),
            ("a-3.safetensors", ""),
            ("a-2.safetensors", r#","three":"a-1.safetensors""#),
        ] {
            std::fs::write(&path, index(second, third)).unwrap();
            assert!(read(&path).is_err(), "{second} {third}");
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        let entry = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        for header in [
            entry("F32", "[1]", "[4,8]"),
            entry("F32", "[-1]", "[0,4]"),
            entry("F32", "[4611686018427387904,4]", "[0,0]"),
            entry("F32", "[1]", "[8,4]"),
            entry("F32", "[2]", "[0,18446744073709551615]"),
            entry("X9", "[1]", "[0,4]"),
            "{".into(),
            "[]".into(),
        ] {
            assert!(read_bytes(&file(&header, &[0; 4])).is_err(), "{header}");
        }
        assert!(read_bytes(&u64::MAX.to_le_bytes()).is_err());
        assert!(read_bytes(&file(&entry("F32", "[1]", "[0,4]"), &[0; 4])).is_ok());
    }
}
