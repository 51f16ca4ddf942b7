use tch::{Kind, Tensor};

use super::layers::{Attention, Linear, Loader, Norm, attend, join_heads, split_heads};
use crate::speech::SpeechError;

/// Positions by which the caches grow.
const CACHE_STEP: i64 = 64;

struct Layer {
    norm: Norm,
    attention: Attention,
    cross_norm: Norm,
    cross: Attention,
    final_norm: Norm,
    fc1: Linear,
    fc2: Linear,
}

/// Tokens to logits over the features of a window.
pub struct Decoder {
    embeddings: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    heads: i64,
}

/// Keys and values of the windows' features, a pair a layer, \[windows, heads, 1500, d / heads\]. Computed once a window and shared by all
/// hypotheses of that window.
pub struct Cross(Vec<(Tensor, Tensor)>);

impl Cross {
    /// Keeps the windows at `index` only.
    pub fn select(&mut self, index: &Tensor) {
        for (key, value) in &mut self.0 {
            *key = key.index_select(0, index);
            *value = value.index_select(0, index);
        }
    }

    pub fn selected(&self, index: &Tensor) -> Self {
        Self(self.0.iter().map(|(k, v)| (k.index_select(0, index), v.index_select(0, index))).collect())
    }

    fn windows(&self) -> i64 {
        self.0[0].0.size()[0]
    }
}

/// Keys and values of the tokens so far, a pair a layer, \[rows, heads, capacity, d / heads\]: allocated ahead and filled to `length`.
#[derive(Default)]
pub struct Cache {
    layers: Vec<(Tensor, Tensor)>,
    length: i64,
}

impl Cache {
    /// Row i becomes what row `index[i]` was.
    pub fn reorder(&mut self, index: &Tensor) {
        for (key, value) in &mut self.layers {
            *key = key.index_select(0, index);
            *value = value.index_select(0, index);
        }
    }

    /// Appends and returns all keys and values of the layer so far.
    fn push(&mut self, layer: usize, key: &Tensor, value: &Tensor) -> (Tensor, Tensor) {
        let n = key.size()[2];
        let need = self.length + n;
        let grown = |old: Option<&Tensor>, like: &Tensor| {
            let (rows, heads, width) = (like.size()[0], like.size()[1], like.size()[3]);
            let capacity = (need / CACHE_STEP + 1) * CACHE_STEP;
            let fresh = Tensor::empty([rows, heads, capacity, width], (like.kind(), like.device()));
            if let Some(old) = old {
                fresh.narrow(2, 0, self.length).copy_(&old.narrow(2, 0, self.length));
            }
            fresh
        };
        if self.layers.len() == layer {
            self.layers.push((grown(None, key), grown(None, value)));
        } else if self.layers[layer].0.size()[2] < need {
            let (k, v) = &self.layers[layer];
            self.layers[layer] = (grown(Some(k), key), grown(Some(v), value));
        }
        let (k, v) = &self.layers[layer];
        k.narrow(2, self.length, n).copy_(key);
        v.narrow(2, self.length, n).copy_(value);
        (k.narrow(2, 0, need), v.narrow(2, 0, need))
    }
}

/// Pairs of layer and head, and where their attention scores go.
pub type Watch<'a> = (&'a [(usize, i64)], &'a mut Vec<Tensor>);

impl Decoder {
    pub fn load(loader: &mut Loader, heads: i64) -> Result<Self, SpeechError> {
        let d = "model.decoder";
        let layers = (0..loader.layers(d))
            .map(|i| {
                let name = format!("{d}.layers.{i}");
                Ok(Layer {
                    norm: loader.norm(&format!("{name}.self_attn_layer_norm"))?,
                    attention: loader.attention(&format!("{name}.self_attn"))?,
                    cross_norm: loader.norm(&format!("{name}.encoder_attn_layer_norm"))?,
                    cross: loader.attention(&format!("{name}.encoder_attn"))?,
                    final_norm: loader.norm(&format!("{name}.final_layer_norm"))?,
                    fc1: loader.linear(&format!("{name}.fc1"))?,
                    fc2: loader.linear(&format!("{name}.fc2"))?,
                })
            })
            .collect::<Result<Vec<_>, SpeechError>>()?;
        if layers.is_empty() {
            return Err(SpeechError::Model("the decoder has no layers".into()));
        }
        Ok(Self {
            embeddings: loader.tensor(&format!("{d}.embed_tokens.weight"), 2)?,
            positions: loader.tensor(&format!("{d}.embed_positions.weight"), 2)?,
            layers,
            norm: loader.norm(&format!("{d}.layer_norm"))?,
            heads,
        })
    }

    pub fn vocabulary(&self) -> i64 {
        self.embeddings.size()[0]
    }

    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    pub fn head_count(&self) -> i64 {
        self.heads
    }

    /// Longest row of tokens, prompt and all: 448.
    pub fn context(&self) -> i64 {
        self.positions.size()[0]
    }

    /// `features`: \[windows, 1500, d\].
    pub fn cross(&self, features: &Tensor) -> Cross {
        let heads = |linear: &Linear| split_heads(&linear.forward(features), self.heads).contiguous();
        Cross(self.layers.iter().map(|layer| (heads(&layer.cross.key), heads(&layer.cross.value))).collect())
    }

    /// Feeds `tokens` \[rows, n\] after what `cache` holds and returns hidden states \[rows, n, d\].
    ///
    /// Rows are the hypotheses of the windows of `cross`, window by window. More than one token at once is for an empty cache only.
    /// `watch` receives the attention scores (before softmax) of the given (layer, head) pairs, each \[rows, n, 1500\].
    pub fn forward(
        &self,
        tokens: &Tensor,
        cache: &mut Cache,
        cross: &Cross,
        mut watch: Option<Watch<'_>>,
    ) -> Tensor {
        let (rows, n) = (tokens.size()[0], tokens.size()[1]);
        let windows = cross.windows();
        let width = self.embeddings.size()[1];
        let positions = self.positions.narrow(0, cache.length, n);
        let mut x = Tensor::embedding(&self.embeddings, tokens, -1, false, false) + positions;
        for (index, layer) in self.layers.iter().enumerate() {
            let h = layer.norm.forward(&x);
            let a = &layer.attention;
            let heads = |linear: &Linear| split_heads(&linear.forward(&h), self.heads);
            let (key, value) = cache.push(index, &heads(&a.key), &heads(&a.value));
            let mixed = attend(&heads(&a.query), &key, &value, n > 1);
            x += a.out.forward(&join_heads(&mixed));

            // The hypotheses of a window are queries over one copy of its keys and values.
            let h = layer.cross_norm.forward(&x).view([windows, -1, width]);
            let query = split_heads(&layer.cross.query.forward(&h), self.heads);
            let (key, value) = &cross.0[index];
            let scale = 1.0 / (query.size()[3] as f64).sqrt();
            if let Some((wanted, found)) = &mut watch {
                for (_, head) in wanted.iter().filter(|(layer, _)| *layer == index) {
                    let (query, key) = (query.select(1, *head), key.select(1, *head));
                    let scores = query.matmul(&key.transpose(1, 2)) * scale;
                    found.push(scores.reshape([rows, n, -1]));
                }
            }
            // Plain products are faster than the fused kernel for a handful of queries, which is what a beam is.
            let mixed = if (2..16).contains(&query.size()[2]) {
                (query * scale).matmul(&key.transpose(2, 3)).softmax(-1, None).matmul(value)
            } else {
                attend(&query, key, value, false)
            };
            x += layer.cross.out.forward(&join_heads(&mixed)).view([rows, n, width]);
            let h = layer.final_norm.forward(&x);
            x += layer.fc2.forward(&layer.fc1.forward(&h).gelu("none"));
        }
        cache.length += n;
        self.norm.forward(&x)
    }

    /// Hidden states \[.., d\] to float32 logits \[.., vocabulary\].
    pub fn logits(&self, hidden: &Tensor) -> Tensor {
        hidden.linear(&self.embeddings, None::<&Tensor>).to_kind(Kind::Float)
    }
}
