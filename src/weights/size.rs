//! What a Whisper needs of memory, from the shapes of its tensors.

use serde::Deserialize;

/// Positions of thirty seconds in the encoder, and of a row of tokens in the decoder.
const AUDIO_POSITIONS: u64 = 1500;
const TEXT_POSITIONS: u64 = 448;
/// Windows that are heard together at most on a CPU, the beam, and the tokens of a window at most.
const WINDOWS: u64 = 8;
const BEAM: u64 = 5;
const TOKENS: u64 = 224;
/// The program, libtorch and the small networks: what a process with `whisper-tiny.en` had beside its tensors.
const PROGRAM: u64 = 250 << 20;

/// What all shapes of a Whisper follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhisperSize {
    /// Numbers that stand for one position.
    pub width: u64,
    /// Layers.
    pub encoder: u64,
    pub decoder: u64,
    /// Rows of the table of tokens.
    pub vocabulary: u64,
    /// Bands of the spectrum.
    pub mels: u64,
}

impl WhisperSize {
    /// Numbers in all tensors; the table of tokens, which is also the last layer, counts once.
    pub fn parameters(&self) -> u64 {
        let Self { width: w, encoder, decoder, vocabulary, mels } = *self;
        let convolutions = (3 * mels * w + w) + (3 * w * w + w);
        // Four projections, of which the keys' has no bias; two layers that widen by four and narrow again; norms of 2 w.
        let attention = 4 * w * w + 3 * w;
        let feed = 8 * w * w + 5 * w;
        let encoder = encoder * (attention + feed + 4 * w);
        let decoder = decoder * (2 * attention + feed + 6 * w);
        convolutions
            + AUDIO_POSITIONS * w
            + encoder
            + 2 * w
            + (vocabulary + TEXT_POSITIONS) * w
            + decoder
            + 2 * w
    }

    /// Bytes of its weights in numbers of `bytes` bytes.
    pub fn weights(&self, bytes: u64) -> u64 {
        self.parameters() * bytes
    }

    /// Bytes at work, roughly: the weights and whatever is larger, one layer of the encoder over all windows that are heard together,
    /// or the keys and values of all decoder layers for them and for the hypotheses of a beam of five.
    pub fn at_work(&self, bytes: u64) -> u64 {
        let layer = WINDOWS * AUDIO_POSITIONS * 9 * self.width;
        let cross = WINDOWS * self.decoder * 2 * AUDIO_POSITIONS * self.width;
        let own = WINDOWS * BEAM * self.decoder * 2 * TOKENS * self.width;
        self.weights(bytes) + bytes * layer.max(cross + own) + PROGRAM
    }
}

#[cfg(test)]
mod tests {
    use crate::weights::registry::MODELS;

    /// A file of tensors is them and a header of names; its size says whether they were counted right.
    #[test]
    fn parameters_are_those_of_the_published_files() {
        let mut compared = 0;
        for model in MODELS.iter() {
            let weights =
                model.files.iter().find(|file| file.name == "model.safetensors").and_then(|file| file.pin);
            let (Some(size), Some((bytes, _))) = (model.whisper, weights) else { continue };
            // OpenAI published the third large generation in float16, the rest in float32.
            let each = if size.mels == 128 { 2 } else { 4 };
            let header = bytes as i64 - size.weights(each) as i64;
            assert!((10_000..200_000).contains(&header), "{}: {header} bytes are left over", model.name);
            compared += 1;
        }
        assert!(compared >= 8, "only {compared} models were compared");
    }
}
