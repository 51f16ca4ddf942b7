//! Whisper weights in CTranslate2's `model.bin`, under the tensor names of the Hugging Face checkpoints.
//!
//! Little-endian: u32 version, spec name, u32 revision, u32 count; per variable its name, u8 rank, u32 dimensions, u8 type, u32
//! bytes, and the bytes themselves without alignment; then aliases. A string is a u16 length that counts the
//! trailing NUL. What differs from Hugging Face is undone here: attention projections are stored as one matrix, keys have a bias
//! of zeros, and int8 rows carry a scale. Source: CTranslate2, `model_spec.py` and `models/model.cc`.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{Kind, Tensor};

use super::bytes::{Bytes, TensorFileError, byte_count, malformed, tensor, tensor_error};
use crate::weights::TensorMap;

/// Larger tables than any Whisper's, so a damaged count is noticed before anything is read for it.
const MAX_VARIABLES: u32 = 100_000;
const MAX_RANK: u8 = 8;

/// Reads a Whisper `model.bin` into CPU tensors named as on the Hugging Face hub (`model.encoder.conv1.weight`, …).
///
/// Floating-point tensors keep their type; int8 matrices come back as float32.
///
/// # Errors
/// Files that are cut, have bytes to spare, are no Whisper model, or whose sizes contradict each other.
pub fn read(path: &Path) -> Result<TensorMap, TensorFileError> {
    let mut variables = variables(path)?;
    dequantise(&mut variables)?;
    rename(variables)
}

/// The variables under their own names.
fn variables(path: &Path) -> Result<BTreeMap<String, Tensor>, TensorFileError> {
    let mut bytes = Bytes::open(path)?;
    let version = bytes.u32("the header")?;
    if !(4..=6).contains(&version) {
        return Err(malformed(format!("no CTranslate2 model of version 4 to 6 (version field {version})")));
    }
    let spec = string(&mut bytes)?;
    if spec != "WhisperSpec" {
        return Err(malformed(format!("a CTranslate2 model of kind {spec:?}, not Whisper")));
    }
    let _revision = bytes.u32("the header")?;
    let count = bytes.u32("the header")?;
    if count > MAX_VARIABLES {
        return Err(malformed(format!("{count} variables")));
    }
    let mut found = BTreeMap::new();
    for _ in 0..count {
        let name = string(&mut bytes)?;
        let rank = bytes.u8(&name)?;
        if rank > MAX_RANK {
            return Err(tensor_error(&name, format!("rank {rank}")));
        }
        let shape = (0..rank).map(|_| bytes.u32(&name).map(i64::from)).collect::<Result<Vec<_>, _>>()?;
        let kind = match bytes.u8(&name)? {
            0 => Kind::Float,
            1 => Kind::Int8,
            2 => Kind::Int16,
            3 => Kind::Int,
            4 => Kind::Half,
            5 => Kind::BFloat16,
            other => return Err(tensor_error(&name, format!("unknown type {other}"))),
        };
        let stored = u64::from(bytes.u32(&name)?);
        if byte_count(&name, &shape, kind)? != stored {
            return Err(tensor_error(&name, format!("{shape:?} of {kind:?} can't take {stored} bytes")));
        }
        let value = tensor(&name, &bytes.take(stored, &name)?, &shape, kind)?;
        if found.insert(name.clone(), value).is_some() {
            return Err(tensor_error(&name, "there twice"));
        }
    }
    let aliases = bytes.u32("the alias table")?;
    for _ in 0..aliases.min(MAX_VARIABLES) {
        let (_alias, _target) = (string(&mut bytes)?, string(&mut bytes)?);
    }
    if bytes.left() > 0 {
        return Err(malformed(format!("{} bytes follow its end", bytes.left())));
    }
    Ok(found)
}

fn string(bytes: &mut Bytes) -> Result<String, TensorFileError> {
    let length = bytes.u16("a name")?;
    let mut text = bytes.take(u64::from(length), "a name")?;
    if text.pop() != Some(0) {
        return Err(malformed("a name does not end with NUL"));
    }
    String::from_utf8(text).map_err(|_| malformed("a name is no UTF-8"))
}

/// int8 matrices become float32: weight / scale, one scale a row or one for all.
fn dequantise(variables: &mut BTreeMap<String, Tensor>) -> Result<(), TensorFileError> {
    let scales: Vec<String> =
        variables.keys().filter(|name| name.ends_with("weight_scale")).cloned().collect();
    for scale_name in scales {
        let name = scale_name.trim_end_matches("_scale").to_owned();
        let Some(weight) = variables.get(&name).filter(|weight| weight.kind() == Kind::Int8) else {
            continue;
        };
        let rows = weight.size().first().copied().unwrap_or(1);
        let scale =
            variables[&scale_name].f_to_kind(Kind::Float).map_err(|error| tensor_error(&name, error))?;
        if scale.numel() != 1 && scale.numel() as i64 != rows {
            return Err(tensor_error(&name, format!("{} scales for {rows} rows", scale.numel())));
        }
        let mut per_row = vec![1; weight.dim()];
        if let Some(first) = per_row.first_mut() {
            *first = scale.numel() as i64;
        }
        let real = weight
            .f_to_kind(Kind::Float)
            .and_then(|weight| weight.f_div(&scale.f_reshape(&per_row)?))
            .map_err(|error| tensor_error(&name, error))?;
        variables.insert(name, real);
        variables.remove(&scale_name);
    }
    Ok(())
}

/// Moves variables to their Hugging Face names, one block of the model after another.
struct Renaming {
    from: BTreeMap<String, Tensor>,
    to: TensorMap,
}

impl Renaming {
    fn take(&mut self, name: &str) -> Result<Tensor, TensorFileError> {
        self.from.remove(name).ok_or_else(|| tensor_error(name, "missing"))
    }

    fn linear(&mut self, from: &str, to: &str) -> Result<(), TensorFileError> {
        let weight = self.take(&format!("{from}/weight"))?;
        self.to.insert(format!("{to}.weight"), weight);
        if let Some(bias) = self.from.remove(&format!("{from}/bias")) {
            self.to.insert(format!("{to}.bias"), bias);
        }
        Ok(())
    }

    fn norm(&mut self, from: &str, to: &str) -> Result<(), TensorFileError> {
        for (theirs, ours) in [("gamma", "weight"), ("beta", "bias")] {
            let value = self.take(&format!("{from}/{theirs}"))?;
            self.to.insert(format!("{to}.{ours}"), value);
        }
        Ok(())
    }

    /// One matrix of stacked projections into its parts.
    fn split(&mut self, from: &str, to: &str, parts: &[&str]) -> Result<(), TensorFileError> {
        let weight = self.take(&format!("{from}/weight"))?;
        let bias = self.take(&format!("{from}/bias"))?;
        let rows = weight.size().first().copied().unwrap_or(0);
        let each = rows / parts.len() as i64;
        if weight.dim() != 2 || each * parts.len() as i64 != rows || bias.size() != [rows] {
            let shapes = format!("{:?} with bias {:?}", weight.size(), bias.size());
            return Err(tensor_error(from, format!("{shapes} does not split into {}", parts.len())));
        }
        for (index, part) in parts.iter().enumerate() {
            let rows_of = |whole: &Tensor| whole.narrow(0, index as i64 * each, each).copy();
            self.to.insert(format!("{to}.{part}.weight"), rows_of(&weight));
            if *part != "k_proj" {
                self.to.insert(format!("{to}.{part}.bias"), rows_of(&bias));
            } else if rows_of(&bias).to_kind(Kind::Float).abs().sum(Kind::Float).double_value(&[]) != 0.0 {
                return Err(tensor_error(from, "the key projection has a bias"));
            }
        }
        Ok(())
    }
}

fn rename(variables: BTreeMap<String, Tensor>) -> Result<TensorMap, TensorFileError> {
    let mut map = Renaming { from: variables, to: TensorMap::new() };
    map.linear("encoder/conv1", "model.encoder.conv1")?;
    map.linear("encoder/conv2", "model.encoder.conv2")?;
    let embeddings = map.take("decoder/embeddings/weight")?;
    map.to.insert("model.decoder.embed_tokens.weight".into(), embeddings);
    for side in ["encoder", "decoder"] {
        let positions = map.take(&format!("{side}/position_encodings/encodings"))?;
        map.to.insert(format!("model.{side}.embed_positions.weight"), positions);
        map.norm(&format!("{side}/layer_norm"), &format!("model.{side}.layer_norm"))?;
        let layers = (0..)
            .take_while(|i| {
                map.from.contains_key(&format!("{side}/layer_{i}/self_attention/linear_0/weight"))
            })
            .count();
        for i in 0..layers {
            let (from, to) = (format!("{side}/layer_{i}"), format!("model.{side}.layers.{i}"));
            let own = format!("{from}/self_attention");
            map.split(
                &format!("{own}/linear_0"),
                &format!("{to}.self_attn"),
                &["q_proj", "k_proj", "v_proj"],
            )?;
            map.linear(&format!("{own}/linear_1"), &format!("{to}.self_attn.out_proj"))?;
            map.norm(&format!("{own}/layer_norm"), &format!("{to}.self_attn_layer_norm"))?;
            if side == "decoder" {
                let cross = format!("{from}/attention");
                map.linear(&format!("{cross}/linear_0"), &format!("{to}.encoder_attn.q_proj"))?;
                map.split(
                    &format!("{cross}/linear_1"),
                    &format!("{to}.encoder_attn"),
                    &["k_proj", "v_proj"],
                )?;
                map.linear(&format!("{cross}/linear_2"), &format!("{to}.encoder_attn.out_proj"))?;
                map.norm(&format!("{cross}/layer_norm"), &format!("{to}.encoder_attn_layer_norm"))?;
            }
            map.linear(&format!("{from}/ffn/linear_0"), &format!("{to}.fc1"))?;
            map.linear(&format!("{from}/ffn/linear_1"), &format!("{to}.fc2"))?;
            map.norm(&format!("{from}/ffn/layer_norm"), &format!("{to}.final_layer_norm"))?;
        }
    }
    // What is left are scalars and short lists that describe the model; a large one means that this is another model.
    if let Some(name) = map.from.iter().find(|(_, value)| value.numel() > 64).map(|(name, _)| name) {
        return Err(tensor_error(name, "has no place in a Whisper model"));
    }
    Ok(map.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string_bytes(text: &str) -> Vec<u8> {
        let mut out = (text.len() as u16 + 1).to_le_bytes().to_vec();
        out.extend(text.as_bytes());
        out.push(0);
        out
    }

    fn header(spec: &str, count: u32) -> Vec<u8> {
        let mut out = 6u32.to_le_bytes().to_vec();
        out.extend(string_bytes(spec));
        out.extend(3u32.to_le_bytes());
        out.extend(count.to_le_bytes());
        out
    }

    fn variable(name: &str, shape: &[u32], kind: u8, bytes: u32, data: &[u8]) -> Vec<u8> {
        let mut out = string_bytes(name);
        out.push(shape.len() as u8);
        shape.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
        out.push(kind);
        out.extend(bytes.to_le_bytes());
        out.extend(data);
        out
    }

    fn variables_of(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, TensorFileError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.bin");
        std::fs::write(&path, bytes).unwrap();
        variables(&path)
    }

    fn whole() -> Vec<u8> {
        let mut file = header("WhisperSpec", 2);
        file.extend(variable("a/weight", &[2, 2], 1, 4, &[2, 4, 10, 0xfb]));
        let scale: Vec<u8> = [2f32, 5.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        file.extend(variable("a/weight_scale", &[2], 0, 8, &scale));
        file.extend(1u32.to_le_bytes());
        file.extend(string_bytes("b"));
        file.extend(string_bytes("a/weight"));
        file
    }

    #[test]
    fn int8_rows_are_divided_by_their_scale() {
        let mut map = variables_of(&whole()).unwrap();
        dequantise(&mut map).unwrap();
        assert_eq!(map.len(), 1);
        let values: Vec<f32> = map["a/weight"].flatten(0, -1).try_into().unwrap();
        assert_eq!(values, [1.0, 2.0, 2.0, -1.0]);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let file = whole();
        for length in 0..file.len() {
            assert!(variables_of(&file[..length]).is_err(), "cut at {length}");
        }
        let mut long = file;
        long.push(0);
        assert!(variables_of(&long).unwrap_err().to_string().contains("follow its end"));
    }

    #[test]
    fn sizes_that_lie_are_refused_without_making_room_for_them() {
        let most = u32::MAX;
        for (shape, kind, bytes) in
            [(vec![most; 8], 0, most), (vec![most], 1, most), (vec![4], 0, 4), (vec![1], 9, 1)]
        {
            let mut file = header("WhisperSpec", 1);
            file.extend(variable("w", &shape, kind, bytes, &[]));
            assert!(variables_of(&file).is_err(), "{shape:?}");
        }
        assert!(variables_of(&header("WhisperSpec", most)).is_err());
        assert!(variables_of(&header("TransformerSpec", 0)).unwrap_err().to_string().contains("not Whisper"));
    }

    #[test]
    fn a_model_without_its_layers_is_refused() {
        assert!(rename(variables_of(&whole()).unwrap()).unwrap_err().to_string().contains("missing"));
    }
}
