use tch::Tensor;

use super::layers::{Attention, Linear, Loader, Norm, attend, join_heads, split_heads};
use crate::speech::SpeechError;

struct Layer {
    norm: Norm,
    attention: Attention,
    final_norm: Norm,
    fc1: Linear,
    fc2: Linear,
}

/// Mel frames to features: two convolutions and a stack of self-attention.
pub struct Encoder {
    conv1: (Tensor, Tensor),
    conv2: (Tensor, Tensor),
    positions: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    heads: i64,
}

impl Encoder {
    pub fn load(loader: &mut Loader, heads: i64) -> Result<Self, SpeechError> {
        let e = "model.encoder";
        let layers = (0..loader.layers(e))
            .map(|i| {
                let name = format!("{e}.layers.{i}");
                Ok(Layer {
                    norm: loader.norm(&format!("{name}.self_attn_layer_norm"))?,
                    attention: loader.attention(&format!("{name}.self_attn"))?,
                    final_norm: loader.norm(&format!("{name}.final_layer_norm"))?,
                    fc1: loader.linear(&format!("{name}.fc1"))?,
                    fc2: loader.linear(&format!("{name}.fc2"))?,
                })
            })
            .collect::<Result<_, SpeechError>>()?;
        Ok(Self {
            conv1: loader.conv(&format!("{e}.conv1"))?,
            conv2: loader.conv(&format!("{e}.conv2"))?,
            positions: loader.tensor(&format!("{e}.embed_positions.weight"), 2)?,
            layers,
            norm: loader.norm(&format!("{e}.layer_norm"))?,
            heads,
        })
    }

    /// \[windows, bins, 3000\] to \[windows, 1500, d\].
    pub fn forward(&self, mel: &Tensor) -> Tensor {
        let (w1, b1) = &self.conv1;
        let (w2, b2) = &self.conv2;
        let x = mel.conv1d(w1, Some(b1), [1], [1], [1], 1).gelu("none");
        let x = x.conv1d(w2, Some(b2), [2], [1], [1], 1).gelu("none");
        let mut x = x.transpose(1, 2) + &self.positions;
        for layer in &self.layers {
            let h = layer.norm.forward(&x);
            let a = &layer.attention;
            let heads = |linear: &Linear| split_heads(&linear.forward(&h), self.heads);
            let mixed = attend(&heads(&a.query), &heads(&a.key), &heads(&a.value), false);
            x += a.out.forward(&join_heads(&mixed));
            let h = layer.final_norm.forward(&x);
            x += layer.fc2.forward(&layer.fc1.forward(&h).gelu("none"));
        }
        self.norm.forward(&x)
    }
}
