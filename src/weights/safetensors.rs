//! `.safetensors`: a u64 header length, a JSON header, and the tensors' bytes. Source: the format's description on the
//! Hugging Face hub. Nothing in such a file is ever run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tch::Kind;

use super::bytes::{Bytes, TensorFileError, byte_count, malformed, tensor, tensor_error};
use crate::weights::TensorMap;

/// The limit that the format's own reader sets.
const MAX_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<i64>,
    data_offsets: (u64, u64),
}

/// Reads every tensor into memory (CPU, its own dtype).
///
/// # Errors
/// Files that are cut, whose header is no JSON, or whose tensors overlap, leave gaps or contradict their size.
pub fn read(path: &Path) -> Result<TensorMap, TensorFileError> {
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
