use tch::Tensor;

use super::layers::{Convolution, FeedForward, Loader, Norm, SelfAttention};
use crate::speech::SpeechError;

struct Layer {
    norm: Norm,
    attention: SelfAttention,
    feed_forward: FeedForward,
}

/// Mel frames to features: two convolutions and a stack of self-attention.
pub struct Encoder {
    conv1: Convolution,
    conv2: Convolution,
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
                    attention: loader.self_attention(&format!("{name}.self_attn"))?,
                    feed_forward: loader.feed_forward(&name)?,
                })
            })
            .collect::<Result<_, SpeechError>>()?;
        Ok(Self {
            conv1: loader.convolution(&format!("{e}.conv1"), 1)?,
            conv2: loader.convolution(&format!("{e}.conv2"), 2)?,
            positions: loader.tensor(&format!("{e}.embed_positions.weight"), 2)?,
            layers,
            norm: loader.norm(&format!("{e}.layer_norm"))?,
            heads,
        })
    }

    /// Multiplications and additions for a window of 30 s, about: the products of the layers, and attention.
    pub fn window_cost(&self) -> f64 {
        let (layers, width, features) = (self.layers.len() as f64, self.positions.size()[1] as f64, 1500.0);
        layers * features * (24.0 * width * width + 4.0 * features * width)
    }

    /// Mel frames \[windows, bins, 2 n\] to features \[windows, n, d\]; n is at most 1500.
    pub fn forward(&self, mel: &Tensor) -> Tensor {
        let x = self.conv2.forward(&self.conv1.forward(&mel.transpose(1, 2)));
        let mut x = &x + self.positions.narrow(0, 0, x.size()[1]);
        for layer in &self.layers {
            let mixed = layer.attention.mix(&layer.norm, &x, self.heads);
            x = layer.feed_forward.forward(&layer.attention.out.add_to(&x, &mixed));
        }
        self.norm.forward(&x)
    }
}
