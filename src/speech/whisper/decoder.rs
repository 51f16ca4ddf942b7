//! Tokens to logits over the features of windows, many windows and several hypotheses of each at once.

use tch::{Device, Kind, Tensor};

use super::layers::{
    CrossAttention, FeedForward, Linear, Loader, Norm, SelfAttention, attend, attend_few, join_heads,
    split_heads,
};
use crate::speech::{SpeechError, native};

/// Tokens by which the caches grow.
const CACHE_STEP: usize = 32;

struct Layer {
    norm: Norm,
    attention: SelfAttention,
    cross_norm: Norm,
    cross: CrossAttention,
    feed_forward: FeedForward,
}

pub struct Decoder {
    embeddings: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    /// The embeddings once more, as the layer that gives each token its logit.
    output: Linear,
    heads: i64,
    /// Of the windows' keys and values.
    cross_kind: Kind,
}

/// Keys and values of the windows' features, a pair a layer, \[windows, heads, n, d / heads\]. Computed once a window and shared by all
/// hypotheses of that window.
pub struct Cross {
    layers: Vec<[Tensor; 2]>,
    /// Where each window's are in them.
    places: Vec<i64>,
    /// How many of the n are a window's own; the others are zero.
    lengths: Vec<i64>,
    /// \[windows, 1, 1, n\]: -inf where a window has none, where they differ.
    mask: Option<Tensor>,
}

impl Cross {
    fn new(layers: Vec<[Tensor; 2]>, lengths: Vec<i64>) -> Self {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mask = lengths.iter().any(|length| *length < longest).then(|| {
            let like = &layers[0][0];
            let mask = Tensor::zeros([lengths.len() as i64, 1, 1, longest], (like.kind(), like.device()));
            for (window, length) in lengths.iter().enumerate() {
                let _ = mask.get(window as i64).narrow(2, *length, longest - length).fill_(f64::NEG_INFINITY);
            }
            mask
        });
        Self { layers, places: (0..lengths.len() as i64).collect(), lengths, mask }
    }

    /// The windows at `index` only. Nothing is copied where the kernel finds them in their places.
    pub fn selected(&self, index: &[i64]) -> Self {
        let of = |all: &[i64]| -> Vec<i64> { index.iter().map(|window| all[*window as usize]).collect() };
        let rows = Tensor::from_slice(index).to_device(self.layers[0][0].device());
        let mut chosen = self.shared();
        (chosen.places, chosen.lengths) = (of(&self.places), of(&self.lengths));
        chosen.mask = self.mask.as_ref().map(|mask| mask.index_select(0, &rows));
        if !native::takes(&self.layers[0][0]) {
            chosen.layers = self.layers.iter().map(|pair| pair.each_ref().map(|x| chosen.of(x))).collect();
            chosen.places = (0..index.len() as i64).collect();
        }
        chosen
    }

    /// The same tensors, not copied.
    pub fn shared(&self) -> Self {
        Self {
            layers: self.layers.iter().map(|pair| pair.each_ref().map(Tensor::shallow_clone)).collect(),
            places: self.places.clone(),
            lengths: self.lengths.clone(),
            mask: self.mask.as_ref().map(Tensor::shallow_clone),
        }
    }

    /// Keys or values of the windows alone, in their order.
    fn of(&self, x: &Tensor) -> Tensor {
        if self.places.iter().copied().eq(0..x.size()[0]) {
            return x.shallow_clone();
        }
        x.index_select(0, &Tensor::from_slice(&self.places).to_device(x.device()))
    }

    /// What queries \[windows, n, d\] take from the windows in this layer, \[windows, n, d\].
    fn mix(&self, layer: usize, queries: &Tensor) -> Tensor {
        let [key, value] = &self.layers[layer];
        let few = queries.size()[1] <= native::MOST_QUERIES;
        if few && let Some(mixed) = native::attend(queries, key, value, &self.lengths, &self.places) {
            return mixed;
        }
        let query = split_heads(queries, key.size()[1]);
        let kind = query.kind();
        let (key, value) = (self.of(key).to_kind(kind), self.of(value).to_kind(kind));
        let mask = self.mask.as_ref().map(|mask| mask.to_kind(kind));
        let mixed = if few && query.size()[2] > 1 {
            attend_few(&query, &key, &value, mask.as_ref())
        } else {
            Tensor::scaled_dot_product_attention(&query, &key, &value, mask, 0.0, false, None, false)
        };
        join_heads(&mixed)
    }
}

/// Keys and values of the tokens so far, a pair a layer, \[windows, heads, capacity, d / heads\].
///
/// The hypotheses of a window write into one pool, side by side: first the prompt's entries, which they share, then one a
/// hypothesis for every token. A hypothesis that goes on from another one leaves all entries where they are and sees the other's
/// through its mask: nothing is copied when a beam changes its mind, and nothing is allocated for a token. A full pool is made anew
/// with the entries that somebody still sees: hypotheses have most of their past in common, so that it hardly grows with their number.
pub struct Cache {
    pools: Vec<[Tensor; 2]>,
    /// Hypotheses of a window.
    hypotheses: usize,
    /// Entries that are written, and that there is room for.
    filled: usize,
    capacity: usize,
    /// Tokens of each hypothesis.
    length: i64,
}

impl Cache {
    /// For so many hypotheses a window.
    pub fn new(hypotheses: usize) -> Self {
        Self { pools: Vec::new(), hypotheses, filled: 0, capacity: 0, length: 0 }
    }

    /// Entries of a window; the next token of its first hypothesis becomes the one of this number.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Whether there is no room for a token of each hypothesis.
    pub fn is_full(&self) -> bool {
        self.filled + self.hypotheses > self.capacity
    }

    /// Keeps the windows at `index` only.
    pub fn keep(&mut self, index: &[i64]) {
        for pair in &mut self.pools {
            let rows = Tensor::from_slice(index).to_device(pair[0].device());
            *pair = pair.each_ref().map(|x| x.index_select(0, &rows));
        }
    }

    /// Keeps of each window the entries of these numbers, in this order, and makes room for more. A window with fewer than others gets
    /// some of its first entry, which nobody may look at.
    pub fn condense(&mut self, entries: &[Vec<i64>]) {
        let most = entries.iter().map(Vec::len).max().unwrap_or(0);
        (self.filled, self.capacity) = (most, most + self.hypotheses * CACHE_STEP);
        let even = |window: &Vec<i64>| [window.as_slice(), &vec![0; most - window.len()]].concat();
        let entries: Vec<Tensor> = entries.iter().map(|window| Tensor::from_slice(&even(window))).collect();
        for pair in &mut self.pools {
            *pair = pair.each_ref().map(|old| {
                let (windows, heads, _, width) = old.size4().unwrap_or_default();
                let shape = [windows, heads, self.capacity as i64, width];
                let fresh = Tensor::empty(shape, (old.kind(), old.device()));
                for (window, entries) in entries.iter().enumerate() {
                    let old = old.get(window as i64).index_select(1, &entries.to_device(old.device()));
                    fresh.get(window as i64).narrow(1, 0, most as i64).copy_(&old);
                }
                fresh
            });
        }
    }

    /// Writes new entries of a layer and returns all of it so far. There must be room, unless they are the first.
    fn push(&mut self, layer: usize, new: [&Tensor; 2]) -> [Tensor; 2] {
        let (windows, heads, count, width) = new[0].size4().unwrap_or_default();
        if self.pools.len() == layer {
            self.capacity = count as usize + self.hypotheses * CACHE_STEP;
            let shape = [windows, heads, self.capacity as i64, width];
            self.pools.push(new.map(|like| Tensor::empty(shape, (like.kind(), like.device()))));
        }
        let pools = self.pools[layer].each_ref();
        for (pool, new) in pools.into_iter().zip(new) {
            pool.narrow(2, self.filled as i64, count).copy_(new);
        }
        pools.map(|pool| pool.narrow(2, 0, self.filled as i64 + count))
    }
}

/// Which entries of its window a token sees.
#[derive(Clone, Copy)]
pub enum Sight<'a> {
    /// Itself and the tokens before it; for an empty cache only.
    Causal,
    /// All: a window has one hypothesis.
    All,
    /// Where this is 0 and not -inf: \[windows, 1, hypotheses, entries\].
    Masked(&'a Tensor),
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
                    attention: loader.self_attention(&format!("{name}.self_attn"))?,
                    cross_norm: loader.norm(&format!("{name}.encoder_attn_layer_norm"))?,
                    cross: loader.cross_attention(&format!("{name}.encoder_attn"))?,
                    feed_forward: loader.feed_forward(&name)?,
                })
            })
            .collect::<Result<Vec<_>, SpeechError>>()?;
        if layers.is_empty() {
            return Err(SpeechError::Model("the decoder has no layers".into()));
        }
        let embeddings = loader.tensor(&format!("{d}.embed_tokens.weight"), 2)?;
        // The kernel for a CPU reads 16 bits; float16 keeps more of a float32 than bfloat16.
        let halved = loader.device == Device::Cpu && loader.kind == Kind::Float && native::available();
        Ok(Self {
            output: Linear::new(embeddings.shallow_clone(), None, loader.packing)?,
            cross_kind: if halved { Kind::Half } else { loader.kind },
            embeddings,
            positions: loader.tensor(&format!("{d}.embed_positions.weight"), 2)?,
            layers,
            norm: loader.norm(&format!("{d}.layer_norm"))?,
            heads,
        })
    }

    pub fn vocabulary(&self) -> i64 {
        self.embeddings.size()[0]
    }

    /// Numbers that stand for a token, d.
    pub fn width(&self) -> i64 {
        self.embeddings.size()[1]
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

    /// Keys and values of windows of these lengths. `features`: theirs in order, \[some, length, d\] at a time.
    pub fn cross(&self, lengths: Vec<i64>, features: impl Iterator<Item = Tensor>) -> Cross {
        let (windows, longest) = (lengths.len() as i64, lengths.iter().copied().max().unwrap_or(0));
        let shape = [windows, self.heads, longest, self.width() / self.heads];
        let pool = || Tensor::zeros(shape, (self.cross_kind, self.embeddings.device()));
        let all: Vec<[Tensor; 2]> = self.layers.iter().map(|_| std::array::from_fn(|_| pool())).collect();
        let mut first = 0;
        for some in features {
            let (count, length) = (some.size()[0], some.size()[1]);
            for (layer, pools) in self.layers.iter().zip(&all) {
                for (pool, new) in pools.iter().zip(&layer.cross.project(&some, self.heads)) {
                    pool.narrow(0, first, count).narrow(2, 0, length).copy_(new);
                }
            }
            first += count;
        }
        Cross::new(all, lengths)
    }

    /// Bytes of a window's keys and values.
    pub fn cross_bytes(&self) -> usize {
        2 * self.layers.len()
            * 1500
            * self.embeddings.size()[1] as usize
            * self.cross_kind.elt_size_in_bytes()
    }

    /// Feeds `tokens` \[windows, n\] after what `cache` holds and returns hidden states \[windows, n, d\].
    ///
    /// The n tokens of a window follow each other under [`Sight::Causal`]; else each is the next of one of n hypotheses.
    /// `watch` receives the attention scores (before softmax) of the given (layer, head) pairs, each \[windows, n, 1500\]; the layers after
    /// the last of them are left out then, and what is returned means nothing.
    pub fn forward(
        &self,
        tokens: &Tensor,
        cache: &mut Cache,
        cross: &Cross,
        sight: Sight<'_>,
        mut watch: Option<Watch<'_>>,
    ) -> Tensor {
        let count = tokens.size()[1];
        let together = matches!(sight, Sight::Causal);
        let length = if together { count } else { 1 };
        let positions = self.positions.narrow(0, cache.length, length);
        let mut x = Tensor::embedding(&self.embeddings, tokens, -1, false, false) + positions;
        let needed = match &watch {
            Some((wanted, _)) => wanted.iter().map(|(layer, _)| layer + 1).max().unwrap_or(0),
            None => self.layers.len(),
        };
        for (index, layer) in self.layers.iter().enumerate().take(needed) {
            let [query, key, value] = layer.attention.project(&layer.norm, &x, self.heads);
            let mixed = match sight {
                // Nothing will follow what is only watched.
                Sight::Causal if watch.is_some() => attend(&query, &key, &value, true),
                Sight::Causal => {
                    let _ = cache.push(index, [&key, &value]);
                    attend(&query, &key, &value, true)
                }
                Sight::All => {
                    let [key, value] = cache.push(index, [&key, &value]);
                    attend(&query, &key, &value, false)
                }
                Sight::Masked(mask) => {
                    let [key, value] = cache.push(index, [&key, &value]);
                    attend_few(&query, &key, &value, Some(mask))
                }
            };
            x = layer.attention.out.add_to(&x, &join_heads(&mixed));

            // The hypotheses of a window are queries over one copy of its keys and values.
            let query = layer.cross.query.after(&layer.cross_norm, &x);
            if let Some((wanted, found)) = &mut watch {
                let query = split_heads(&query, self.heads);
                let query = &query * (1.0 / (query.size()[3] as f64).sqrt());
                for (_, head) in wanted.iter().filter(|(layer, _)| *layer == index) {
                    let key = cross.of(&cross.layers[index][0].select(1, *head)).to_kind(query.kind());
                    found.push(query.select(1, *head).matmul(&key.transpose(1, 2)));
                }
                if index + 1 == needed {
                    break;
                }
            }
            x = layer.cross.out.add_to(&x, &cross.mix(index, &query));
            x = layer.feed_forward.forward(&x);
        }
        cache.length += length;
        cache.filled += count as usize;
        self.norm.forward(&x)
    }

    /// Hidden states \[.., d\] to float32 logits \[.., vocabulary\].
    pub fn logits(&self, hidden: &Tensor) -> Tensor {
        self.output.forward(hidden).to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condensed_cache_holds_the_entries_that_were_asked_for() {
        let rows = |values: &[f32]| Tensor::from_slice(values).view([2, 1, -1, 1]);
        let mut cache = Cache::new(2);
        let push = |cache: &mut Cache, values: &[f32]| {
            let [key, _] = cache.push(0, [&rows(values), &rows(values)]);
            cache.filled += values.len() / 2;
            Vec::<f32>::try_from(key.contiguous().flatten(0, -1)).unwrap()
        };
        push(&mut cache, &[1.0, 2.0, 3.0, 4.0]);
        while !cache.is_full() {
            push(&mut cache, &[5.0, 6.0, 7.0, 8.0]);
        }
        assert_eq!(cache.filled(), 2 + 2 * CACHE_STEP);
        cache.condense(&[vec![0, 1, 3], vec![1, 2]]);
        assert!(!cache.is_full());
        let held = push(&mut cache, &[9.0, 10.0, 11.0, 12.0]);
        assert_eq!(held, [1.0, 2.0, 6.0, 9.0, 10.0, 4.0, 7.0, 3.0, 11.0, 12.0]);
    }
}
