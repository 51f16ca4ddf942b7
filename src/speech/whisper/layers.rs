//! The kinds of layer that Whisper is made of, taken out of a tensor map by name.

use tch::{Device, Kind, Tensor};

use crate::speech::SpeechError;
use crate::speech::native::{self, Around, Bits, Integers, PackedLinear, Packing};
use crate::weights::TensorMap;

/// Takes tensors out of a map, moves them to where they are used and checks their rank.
pub struct Loader<'a> {
    pub map: &'a mut TensorMap,
    pub device: Device,
    pub kind: Kind,
    /// How linear layers are packed; `None` leaves them as they are.
    pub packing: Option<Numbers>,
}

/// In which numbers packed layers multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// By libtorch's operators.
    Libtorch(Packing),
    /// Integers, by our own.
    Integers(Bits),
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
        let (weight, bias) = self.pair(name)?;
        Linear::new(weight, bias, self.packing)
    }

    fn pair(&mut self, name: &str) -> Result<(Tensor, Option<Tensor>), SpeechError> {
        Ok((self.tensor(&format!("{name}.weight"), 2)?, self.optional(&format!("{name}.bias"))?))
    }

    /// Several linear layers with the same input as one: a single product instead of many. Where one has no bias (Whisper's
    /// keys), it is zero.
    pub fn fused(&mut self, prefix: &str, parts: &[&str]) -> Result<Linear, SpeechError> {
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for part in parts {
            let (weight, bias) = self.pair(&format!("{prefix}.{part}"))?;
            let none = || Tensor::zeros([weight.size()[0]], (self.kind, self.device));
            biases.push(bias.unwrap_or_else(none));
            weights.push(weight);
        }
        Linear::new(Tensor::f_cat(&weights, 0)?, Some(Tensor::f_cat(&biases, 0)?), self.packing)
    }

    pub fn norm(&mut self, name: &str) -> Result<Norm, SpeechError> {
        Ok(Norm {
            weight: self.tensor(&format!("{name}.weight"), 1)?,
            bias: self.tensor(&format!("{name}.bias"), 1)?,
        })
    }

    /// Over three frames, `stride` apart.
    pub fn convolution(&mut self, name: &str, stride: i64) -> Result<Convolution, SpeechError> {
        let weight = self.tensor(&format!("{name}.weight"), 3)?;
        let bias = self.tensor(&format!("{name}.bias"), 1)?;
        Convolution::new(weight, bias, stride, self.packing.is_some())
    }

    pub fn self_attention(&mut self, name: &str) -> Result<SelfAttention, SpeechError> {
        Ok(SelfAttention {
            input: self.fused(name, &["q_proj", "k_proj", "v_proj"])?,
            out: self.linear(&format!("{name}.out_proj"))?,
        })
    }

    pub fn cross_attention(&mut self, name: &str) -> Result<CrossAttention, SpeechError> {
        Ok(CrossAttention {
            query: self.linear(&format!("{name}.q_proj"))?,
            features: self.fused(name, &["k_proj", "v_proj"])?,
            out: self.linear(&format!("{name}.out_proj"))?,
        })
    }

    pub fn feed_forward(&mut self, name: &str) -> Result<FeedForward, SpeechError> {
        Ok(FeedForward {
            norm: self.norm(&format!("{name}.final_layer_norm"))?,
            fc1: self.linear(&format!("{name}.fc1"))?,
            fc2: self.linear(&format!("{name}.fc2"))?,
        })
    }

    /// How many layers the map has under `prefix`.
    pub fn layers(&self, prefix: &str) -> usize {
        (0..).take_while(|i| self.map.contains_key(&format!("{prefix}.layers.{i}.fc1.weight"))).count()
    }
}

pub enum Linear {
    /// Weights \[out, in\].
    Plain(Tensor, Option<Tensor>),
    Packed(PackedLinear),
    Integers(Integers),
}

impl Linear {
    pub fn new(weight: Tensor, bias: Option<Tensor>, packing: Option<Numbers>) -> Result<Self, SpeechError> {
        Ok(match packing {
            Some(Numbers::Libtorch(packing)) => {
                Self::Packed(PackedLinear::new(&weight, bias.as_ref(), packing)?)
            }
            Some(Numbers::Integers(bits)) => Self::Integers(Integers::new(&weight, bias.as_ref(), bits)?),
            None => Self::Plain(weight, bias),
        })
    }

    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.apply(x, &Around::default())
    }

    /// With what is before and after it.
    pub fn apply(&self, x: &Tensor, around: &Around<'_>) -> Tensor {
        match self {
            Self::Plain(weight, bias) => around.plain(x, |x| x.linear(weight, bias.as_ref())),
            Self::Packed(packed) => around.plain(x, |x| packed.forward(x)),
            Self::Integers(layer) => layer.forward(x, around),
        }
    }

    /// After a norm.
    pub fn after(&self, norm: &Norm, x: &Tensor) -> Tensor {
        self.apply(x, &Around { norm: Some(norm.parts()), ..Around::default() })
    }

    /// Added to what went into the block that it ends.
    pub fn add_to(&self, before: &Tensor, x: &Tensor) -> Tensor {
        self.apply(x, &Around { add: Some(before), ..Around::default() })
    }
}

/// A convolution over three frames, and GELU of it.
pub struct Convolution {
    kernel: Kernel,
    stride: i64,
}

enum Kernel {
    /// Weights \[out, in, 3\].
    Plain(Tensor, Tensor),
    /// Weights \[out, 3 in\]: three frames that follow each other are a row.
    Rows(Integers),
}

impl Convolution {
    fn new(weight: Tensor, bias: Tensor, stride: i64, packed: bool) -> Result<Self, SpeechError> {
        let kernel = if packed {
            Kernel::Rows(Integers::new(&weight.transpose(1, 2).flatten(1, 2), Some(&bias), Bits::Sixteen)?)
        } else {
            Kernel::Plain(weight, bias)
        };
        Ok(Self { kernel, stride })
    }

    /// \[windows, frames, in\] to \[windows, frames / stride, out\].
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match &self.kernel {
            Kernel::Plain(weight, bias) => {
                let y = x.transpose(1, 2).conv1d(weight, Some(bias), [self.stride], [1], [1], 1);
                y.gelu("none").transpose(1, 2)
            }
            Kernel::Rows(layer) => {
                // One frame of nothing before and after; rows overlap.
                let x = x.constant_pad_nd([0, 0, 1, 1]).contiguous();
                let (windows, frames, width) = x.size3().unwrap_or_default();
                let rows = (frames - 2) / self.stride;
                let strides = [frames * width, self.stride * width, 1];
                let rows = x.as_strided([windows, rows, 3 * width], strides, None::<i64>);
                layer.forward(&rows, &Around { bend: true, ..Around::default() })
            }
        }
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

    fn parts(&self) -> (&Tensor, &Tensor) {
        (&self.weight, &self.bias)
    }
}

/// Queries, keys and values from one product.
pub struct SelfAttention {
    input: Linear,
    pub out: Linear,
}

impl SelfAttention {
    /// \[rows, n, d\] by a norm to queries, keys and values, each \[rows, heads, n, d / heads\].
    pub fn project(&self, norm: &Norm, x: &Tensor, heads: i64) -> [Tensor; 3] {
        split(&self.input.after(norm, x), heads)
    }

    /// What all tokens \[rows, n, d\] take from each other after a norm, \[rows, n, d\]. Where weights are packed, scores are products of
    /// 16-bit integers.
    pub fn mix(&self, norm: &Norm, x: &Tensor, heads: i64) -> Tensor {
        let projected = self.input.after(norm, x);
        if !matches!(self.input, Linear::Plain(..))
            && let Some(mixed) = native::attend_all(&projected, heads)
        {
            return mixed;
        }
        let [query, key, value] = split(&projected, heads);
        join_heads(&attend(&query, &key, &value, false))
    }
}

/// Queries come from the tokens, keys and values from the windows' features.
pub struct CrossAttention {
    pub query: Linear,
    features: Linear,
    pub out: Linear,
}

impl CrossAttention {
    /// Features \[windows, 1500, d\] to keys and values, each \[windows, heads, 1500, d / heads\], not contiguous.
    pub fn project(&self, features: &Tensor, heads: i64) -> [Tensor; 2] {
        split(&self.features.forward(features), heads)
    }
}

/// The block after attention, with its own norm.
pub struct FeedForward {
    norm: Norm,
    fc1: Linear,
    fc2: Linear,
}

impl FeedForward {
    /// With the sum of what goes in and what comes out.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let around = Around { norm: Some(self.norm.parts()), bend: true, add: None };
        self.fc2.add_to(x, &self.fc1.apply(x, &around))
    }
}

/// \[rows, n, N d\] of N layers that were fused to N times \[rows, heads, n, d / heads\], without a copy.
fn split<const N: usize>(x: &Tensor, heads: i64) -> [Tensor; N] {
    let (rows, n) = (x.size()[0], x.size()[1]);
    let parts = x.view([rows, n, N as i64, heads, -1]).permute([2, 0, 3, 1, 4]);
    std::array::from_fn(|part| parts.select(0, part as i64))
}

/// \[rows, n, d\] to \[rows, heads, n, d / heads\].
pub fn split_heads(x: &Tensor, heads: i64) -> Tensor {
    let [one] = split(x, heads);
    one
}

/// \[rows, heads, n, d / heads\] to \[rows, n, d\].
pub fn join_heads(x: &Tensor) -> Tensor {
    x.transpose(1, 2).flatten(2, 3)
}

/// Scaled dot-product attention over heads that are split already.
pub fn attend(query: &Tensor, key: &Tensor, value: &Tensor, causal: bool) -> Tensor {
    Tensor::scaled_dot_product_attention(query, key, value, None::<&Tensor>, 0.0, causal, None, false)
}

/// The same by plain products, which are faster than the fused kernel for a handful of queries, which is what a beam is.
/// `mask`: 0 or -inf, spread over the heads.
pub fn attend_few(query: &Tensor, key: &Tensor, value: &Tensor, mask: Option<&Tensor>) -> Tensor {
    let scale = 1.0 / (query.size()[3] as f64).sqrt();
    let mut scores = (query * scale).matmul(&key.transpose(2, 3));
    if let Some(mask) = mask {
        scores += mask;
    }
    scores.softmax(-1, None).matmul(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn a_convolution_by_rows_equals_the_plain_one() {
        if !native::available() {
            return;
        }
        for (stride, channels) in [(1, 80), (2, 64)] {
            let (weight, bias) = (random(&[64, channels, 3]) / 15.0, random(&[64]));
            let x = random(&[2, channels, 50]).transpose(1, 2);
            let of = |packed| {
                let (weight, bias) = (weight.shallow_clone(), bias.shallow_clone());
                Convolution::new(weight, bias, stride, packed).unwrap().forward(&x)
            };
            let (plain, rows) = (of(false), of(true));
            assert_eq!(rows.size(), [2, 50 / stride, 64]);
            assert_eq!(rows.size(), plain.size());
            let far = (rows - plain).abs().max().double_value(&[]);
            assert!(far < 1e-2, "stride {stride}: off by {far}");
        }
    }
}
