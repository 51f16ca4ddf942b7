//! The three kinds of layer that Whisper is made of, taken out of a tensor map by name.

use tch::{Device, Kind, Tensor};

use crate::speech::SpeechError;
use crate::weights::TensorMap;

/// Takes tensors out of a map, moves them to where they are used and checks their rank.
pub struct Loader<'a> {
    pub map: &'a mut TensorMap,
    pub device: Device,
    pub kind: Kind,
}

impl Loader<'_> {
    pub fn tensor(&mut self, name: &str, rank: usize) -> Result<Tensor, SpeechError> {
        let found = self.map.remove(name).ok_or_else(|| SpeechError::Model(format!("{name} is missing")))?;
        if found.dim() != rank {
            return Err(SpeechError::Model(format!(
                "{name} has shape {:?}, not {rank} dimensions",
                found.size()
            )));
        }
        Ok(found.f_to_device(self.device)?.f_to_kind(self.kind)?)
    }

    fn optional(&mut self, name: &str) -> Result<Option<Tensor>, SpeechError> {
        if self.map.contains_key(name) { self.tensor(name, 1).map(Some) } else { Ok(None) }
    }

    pub fn linear(&mut self, name: &str) -> Result<Linear, SpeechError> {
        let weight = self.tensor(&format!("{name}.weight"), 2)?;
        let bias = self.optional(&format!("{name}.bias"))?;
        Ok(Linear { weight, bias })
    }

    pub fn norm(&mut self, name: &str) -> Result<Norm, SpeechError> {
        Ok(Norm {
            weight: self.tensor(&format!("{name}.weight"), 1)?,
            bias: self.tensor(&format!("{name}.bias"), 1)?,
        })
    }

    pub fn conv(&mut self, name: &str) -> Result<(Tensor, Tensor), SpeechError> {
        Ok((self.tensor(&format!("{name}.weight"), 3)?, self.tensor(&format!("{name}.bias"), 1)?))
    }

    pub fn attention(&mut self, name: &str) -> Result<Attention, SpeechError> {
        Ok(Attention {
            query: self.linear(&format!("{name}.q_proj"))?,
            key: self.linear(&format!("{name}.k_proj"))?,
            value: self.linear(&format!("{name}.v_proj"))?,
            out: self.linear(&format!("{name}.out_proj"))?,
        })
    }

    /// How many layers the map has under `prefix`.
    pub fn layers(&self, prefix: &str) -> usize {
        (0..).take_while(|i| self.map.contains_key(&format!("{prefix}.layers.{i}.fc1.weight"))).count()
    }
}

pub struct Linear {
    /// \[out, in\]
    pub weight: Tensor,
    pub bias: Option<Tensor>,
}

impl Linear {
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, self.bias.as_ref())
    }
}

pub struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Norm {
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), 1e-5, false)
    }
}

/// The four projections of one attention block.
pub struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub out: Linear,
}

/// \[rows, n, d\] to \[rows, heads, n, d / heads\].
pub fn split_heads(x: &Tensor, heads: i64) -> Tensor {
    let (rows, n, _) = (x.size()[0], x.size()[1], x.size()[2]);
    x.view([rows, n, heads, -1]).transpose(1, 2)
}

/// \[rows, heads, n, d / heads\] to \[rows, n, d\].
pub fn join_heads(x: &Tensor) -> Tensor {
    x.transpose(1, 2).flatten(2, 3)
}

/// Scaled dot-product attention over heads that are split already.
pub fn attend(query: &Tensor, key: &Tensor, value: &Tensor, causal: bool) -> Tensor {
    Tensor::scaled_dot_product_attention(query, key, value, None::<&Tensor>, 0.0, causal, None, false)
}
