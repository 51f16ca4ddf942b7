use std::path::{Path, PathBuf};

use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::decoder::{Cross, Decoder};
use super::encoder::Encoder;
use super::layers::{Loader, Numbers};
use super::mel::{FRAMES, Mel};
use super::tokens::Tokens;
use crate::speech::native::{self, Bits, Packing};
use crate::speech::{Precision, SpeechError};
use crate::weights::{ct2, safetensors};

/// Windows that a GPU encodes or aligns at once.
const GPU_AT_ONCE: usize = 8;
/// Windows of fewer samples are followed by silence up to 30 s, as all were in training: so little speech is heard worse with less.
const SHORT: usize = 10 * 16_000;
/// Samples of silence that follow a longer window at least, unless it is nearly 30 s long.
const SILENCE_AFTER: usize = 2 * 16_000;
/// Samples from one length of encoded audio to the next: 3 s.
const LENGTH_STEP: usize = 3 * 16_000;
/// Every Whisper has heads of this width.
const HEAD_WIDTH: i64 = 64;

/// Where a Whisper checkpoint lies.
#[derive(Clone, Debug)]
pub struct WhisperFiles {
    /// `.safetensors` with Hugging Face names or the index of several, or CTranslate2's `model.bin`.
    pub weights: PathBuf,
    pub tokenizer: PathBuf,
    /// Files that may carry `alignment_heads` and the suppressed tokens: `config.json`, `generation_config.json`.
    pub configs: Vec<PathBuf>,
}

impl WhisperFiles {
    /// What a model's folder holds.
    pub fn in_dir(dir: &Path) -> Result<Self, SpeechError> {
        let present = |name: &str| Some(dir.join(name)).filter(|path| path.is_file());
        let weights = ["model.safetensors", "model.safetensors.index.json", "model.bin"]
            .iter()
            .find_map(|name| present(name));
        let (Some(weights), Some(tokenizer)) = (weights, present("tokenizer.json")) else {
            return Err(SpeechError::Model(format!(
                "{} has no tokenizer.json, or neither model.safetensors (or its index) nor model.bin",
                dir.display()
            )));
        };
        let configs =
            ["config.json", "generation_config.json"].iter().filter_map(|name| present(name)).collect();
        Ok(Self { weights, tokenizer, configs })
    }
}

// SAFETY: nothing is changed after it is loaded, and libtorch's operations may read the same tensors from many threads at once; what tch
// forbids by leaving its tensors without `Sync` are those that change a tensor in place.
unsafe impl Sync for Whisper {}

/// A loaded Whisper of any size.
pub struct Whisper {
    pub(super) mel: Mel,
    pub(super) encoder: Encoder,
    pub(super) decoder: Decoder,
    pub(super) tokens: Tokens,
    /// Ids of text that is never written.
    pub(super) suppressed: Tensor,
    /// (layer, head) pairs whose attention follows the speech.
    pub(super) alignment: Vec<(usize, i64)>,
    pub(super) device: Device,
    pub(super) kind: Kind,
}

impl Whisper {
    pub fn load(files: &WhisperFiles, device: Device, precision: Precision) -> Result<Self, SpeechError> {
        let kind = precision.kind();
        let ct2 = files.weights.extension().is_some_and(|extension| extension == "bin");
        let mut map = if ct2 { ct2::read(&files.weights)? } else { safetensors::read(&files.weights)? };
        let mut loader = Loader { map: &mut map, device, kind, packing: None };
        let shape = |loader: &Loader, name: &str| loader.map.get(name).map(Tensor::size).unwrap_or_default();
        let first = shape(&loader, "model.encoder.conv1.weight");
        let &[width, bins, _] = first.as_slice() else {
            return Err(SpeechError::Model("the weights are no Whisper model's".into()));
        };
        if width % HEAD_WIDTH != 0 || !matches!(bins, 80 | 128) {
            return Err(SpeechError::Model(format!("unknown size: width {width}, {bins} mel bins")));
        }
        let heads = width / HEAD_WIDTH;
        let packing = packing(device, precision);
        loader.packing = packing.encoder;
        let encoder = Encoder::load(&mut loader, heads)?;
        loader.packing = packing.decoder;
        let decoder = Decoder::load(&mut loader, heads)?;
        let config = Config::read(&files.configs)?;
        let tokens = Tokens::load(&files.tokenizer, decoder.vocabulary(), config.suppressed)?;
        let alignment = alignment_heads(config.alignment, &decoder);
        let suppressed = Tensor::from_slice(&tokens.suppressed).to_device(device);
        Ok(Self { mel: Mel::new(bins), encoder, decoder, tokens, suppressed, alignment, device, kind })
    }

    pub fn is_multilingual(&self) -> bool {
        self.tokens.is_multilingual()
    }

    /// Codes of the languages it knows: only `en` for English-only models.
    pub fn languages(&self) -> Vec<&str> {
        if self.is_multilingual() {
            self.tokens.languages.iter().map(|(code, _)| code.as_str()).collect()
        } else {
            vec!["en"]
        }
    }

    /// Windows of up to 30 s to the keys and values that the decoder needs of them.
    pub fn encode(&self, windows: &[Vec<f32>]) -> Cross {
        let lengths: Vec<i64> = if self.device == Device::Cpu {
            // It saves time not to hear much silence after a window.
            windows.iter().map(|samples| features_of(samples.len())).collect()
        } else {
            vec![FRAMES / 2; windows.len()]
        };
        let together = self.at_once();
        let features = windows.chunks(together).zip(lengths.chunks(together)).map(|(some, lengths)| {
            let mels: Vec<Tensor> = some.iter().map(|samples| self.mel.of(samples, 2 * lengths[0])).collect();
            self.encoder.forward(&Tensor::stack(&mels, 0).to_device(self.device).to_kind(self.kind))
        });
        self.decoder.cross(lengths.clone(), features)
    }

    /// Windows that go through all their frames or tokens in one step: a CPU's caches hold the work on one, a GPU is kept busy only by several,
    /// of one shape.
    pub(super) fn at_once(&self) -> usize {
        if self.device == Device::Cpu { 1 } else { GPU_AT_ONCE }
    }

    /// Bytes that a window needs while it is decoded, beside its tokens.
    pub fn window_bytes(&self) -> usize {
        self.decoder.cross_bytes()
    }
}

/// How the layers of both halves are packed.
pub(super) struct Halves {
    pub encoder: Option<Numbers>,
    pub decoder: Option<Numbers>,
}

pub(super) fn packing(device: Device, precision: Precision) -> Halves {
    if device != Device::Cpu || precision.kind() != Kind::Float || !native::available() {
        return Halves { encoder: None, decoder: None };
    }
    let sixteen = Numbers::Integers(Bits::Sixteen);
    match precision {
        Precision::Int16 => Halves { encoder: Some(sixteen), decoder: Some(sixteen) },
        // In the decoder 8 bits would cost words.
        Precision::Int8 => {
            let eight = if native::large() {
                Numbers::Integers(Bits::Eight)
            } else {
                Numbers::Libtorch(Packing::Eight)
            };
            Halves { encoder: Some(eight), decoder: Some(sixteen) }
        }
        // Of a few tokens' rows the decoder's products would mostly pack weights.
        _ => Halves { encoder: None, decoder: Some(Numbers::Libtorch(Packing::Half)) },
    }
}

/// Features, 20 ms each, to encode so many samples with: some silence follows them, as it mostly did in training, up to one of ten lengths.
fn features_of(samples: usize) -> i64 {
    if samples < SHORT {
        return FRAMES / 2;
    }
    (samples + SILENCE_AFTER).div_ceil(LENGTH_STEP).min(10) as i64 * (FRAMES / 20)
}

/// Pairs that exist; where the checkpoint names none, all heads of the later half, as openai-whisper does.
fn alignment_heads(named: Vec<(usize, i64)>, decoder: &Decoder) -> Vec<(usize, i64)> {
    let (layers, heads) = (decoder.layer_count(), decoder.head_count());
    let known: Vec<_> =
        named.into_iter().filter(|(layer, head)| *layer < layers && (0..heads).contains(head)).collect();
    if known.is_empty() {
        (layers / 2..layers).flat_map(|l| (0..heads).map(move |h| (l, h))).collect()
    } else {
        known
    }
}

#[derive(Default)]
struct Config {
    alignment: Vec<(usize, i64)>,
    suppressed: Option<Vec<i64>>,
}

impl Config {
    fn read(paths: &[PathBuf]) -> Result<Self, SpeechError> {
        let mut config = Self::default();
        for path in paths {
            let text = std::fs::read(path)?;
            let value: Value = serde_json::from_slice(&text)
                .map_err(|error| SpeechError::Model(format!("{}: {error}", path.display())))?;
            let numbers =
                |value: &Value| value.as_array().map(|list| list.iter().filter_map(Value::as_i64).collect());
            if let Some(pairs) = value["alignment_heads"].as_array() {
                let pair = |pair: &Value| Some((usize::try_from(pair[0].as_u64()?).ok()?, pair[1].as_i64()?));
                config.alignment = pairs.iter().filter_map(pair).collect();
            }
            for key in ["suppress_ids", "suppress_tokens"] {
                let list: Option<Vec<i64>> = numbers(&value[key]);
                config.suppressed = list.filter(|list| list.len() > 1).or(config.suppressed);
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_speech_is_heard_with_all_the_silence_of_training_and_more_with_some() {
        let seconds = |seconds: usize| features_of(seconds * 16_000);
        for short in [0, 1, 9] {
            assert_eq!(seconds(short), 1500, "{short} s");
        }
        assert_eq!([10, 13, 20, 25, 28, 30].map(seconds), [600, 750, 1200, 1350, 1500, 1500]);
    }
}
