//! Checkpoints of every layout load and run: the real structures, narrow and with random weights.

use std::path::Path;

use reflector::audio::Cancel;
use reflector::config::{DeviceChoice, PrecisionChoice, SpeechConfig, cache_dir};
use reflector::jobs::engine_settings;
use reflector::speech::{Engine, SpeechError, TranscribeOptions, Transcription};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

use crate::whisper::{alone, sample};

/// Two heads of 64.
const WIDTH: i64 = 128;

/// Timestamps of a window end here, wherever the recording does. Seconds.
const WINDOW: f64 = 30.0;

/// What tells one published checkpoint from another.
struct Layout {
    name: &'static str,
    vocabulary: i64,
    mels: i64,
    layers: (usize, usize),
    kind: Kind,
    /// In how many files.
    shards: usize,
    /// What generation_config.json names, if there is one.
    heads: Option<Value>,
    language: &'static str,
    /// One that it must refuse.
    unknown: &'static str,
}

fn layouts() -> [Layout; 4] {
    let plain = Layout {
        name: "large-v3",
        vocabulary: 51_866,
        mels: 128,
        layers: (3, 3),
        kind: Kind::Half,
        shards: 1,
        heads: Some(json!([[1, 0], [2, 1]])),
        language: "yue",
        unknown: "xx",
    };
    [
        // A distilled model may name its teacher's heads, in layers that it has no more.
        Layout { name: "distil-large-v3", layers: (4, 2), heads: Some(json!([[7, 0], [25, 1]])), ..plain },
        Layout {
            name: "large-v2",
            vocabulary: 51_865,
            mels: 80,
            kind: Kind::Float,
            shards: 3,
            heads: Some(Value::Null),
            language: "su",
            unknown: "yue",
            ..layout_of(&plain)
        },
        Layout {
            name: "distil-small.en",
            vocabulary: 51_864,
            mels: 80,
            layers: (3, 1),
            kind: Kind::BFloat16,
            heads: None,
            language: "en",
            unknown: "fr",
            ..layout_of(&plain)
        },
        plain,
    ]
}

fn layout_of(other: &Layout) -> Layout {
    Layout { heads: other.heads.clone(), ..*other }
}

/// Names and shapes as the transformers library writes them.
fn shapes(layout: &Layout) -> Vec<(String, Vec<i64>)> {
    let (w, mut all) = (WIDTH, Vec::new());
    let mut add = |name: String, shape: &[i64]| all.push((name, shape.to_vec()));
    for (side, positions, layers) in [("encoder", 1500, layout.layers.0), ("decoder", 448, layout.layers.1)] {
        let root = format!("model.{side}");
        add(format!("{root}.embed_positions.weight"), &[positions, w]);
        for part in ["weight", "bias"] {
            add(format!("{root}.layer_norm.{part}"), &[w]);
        }
        for layer in 0..layers {
            let root = format!("{root}.layers.{layer}");
            let attentions: &[&str] =
                if side == "encoder" { &["self_attn"] } else { &["self_attn", "encoder_attn"] };
            for attention in attentions {
                for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                    add(format!("{root}.{attention}.{projection}.weight"), &[w, w]);
                    if projection != "k_proj" {
                        add(format!("{root}.{attention}.{projection}.bias"), &[w]);
                    }
                }
            }
            for norm in
                attentions.iter().map(|name| format!("{name}_layer_norm")).chain(["final_layer_norm".into()])
            {
                for part in ["weight", "bias"] {
                    add(format!("{root}.{norm}.{part}"), &[w]);
                }
            }
            for (name, shape) in [("fc1", [4 * w, w]), ("fc2", [w, 4 * w])] {
                add(format!("{root}.{name}.weight"), &shape);
                add(format!("{root}.{name}.bias"), &shape[..1]);
            }
        }
    }
    for (name, shape) in [("conv1", [w, layout.mels, 3]), ("conv2", [w, w, 3])] {
        add(format!("model.encoder.{name}.weight"), &shape);
        add(format!("model.encoder.{name}.bias"), &shape[..1]);
    }
    add("model.decoder.embed_tokens.weight".into(), &[layout.vocabulary, w]);
    all
}

fn write_weights(folder: &Path, layout: &Layout) {
    tch::manual_seed(1);
    let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu)) * 0.05;
    let table = random(&[layout.vocabulary, WIDTH]);
    // Leaning towards the end of the text at every step: rows are short then, as those of a trained model are.
    let end = table.get(if layout.vocabulary == 51_864 { 50_256 } else { 50_257 });
    let lean = &end / end.norm() * 16.0;
    let tensors: Vec<(String, Tensor)> = shapes(layout)
        .into_iter()
        .map(|(name, shape)| {
            let value = match name.as_str() {
                "model.decoder.embed_tokens.weight" => table.shallow_clone(),
                "model.decoder.layer_norm.bias" => lean.shallow_clone(),
                _ if name.ends_with("norm.weight") => random(&shape) + 1.0,
                _ => random(&shape),
            };
            (name, value.to_kind(layout.kind))
        })
        .collect();
    if layout.shards == 1 {
        return Tensor::write_safetensors(&tensors, folder.join("model.safetensors")).unwrap();
    }
    let mut map = serde_json::Map::new();
    for (index, shard) in tensors.chunks(tensors.len().div_ceil(layout.shards)).enumerate() {
        let file = format!("model-{:05}-of-{:05}.safetensors", index + 1, layout.shards);
        Tensor::write_safetensors(shard, folder.join(&file)).unwrap();
        map.extend(shard.iter().map(|(name, _)| (name.clone(), json!(file))));
    }
    let index = json!({ "metadata": {}, "weight_map": map });
    std::fs::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
}

/// A real tokenizer; the third large generation has one more language, after which all ids move up by one.
fn write_tokenizer(folder: &Path, layout: &Layout) {
    let base = if layout.vocabulary == 51_864 { "whisper-tiny.en" } else { "whisper-base" };
    let path = cache_dir().join("models").join(base).join("tokenizer.json");
    let text =
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", path.display()));
    let mut tokenizer: Value = serde_json::from_slice(&text).unwrap();
    if layout.vocabulary == 51_866 {
        let added = tokenizer["added_tokens"].as_array_mut().unwrap();
        let mut yue = added.iter().find(|token| token["content"] == "<|su|>").unwrap().clone();
        for token in added.iter_mut().filter(|token| token["id"].as_i64().unwrap() >= 50_358) {
            token["id"] = json!(token["id"].as_i64().unwrap() + 1);
        }
        yue["content"] = json!("<|yue|>");
        yue["id"] = json!(50_358);
        added.push(yue);
        added.sort_by_key(|token| token["id"].as_i64());
        // It names ids of special tokens that nobody here asks it for.
        tokenizer.as_object_mut().unwrap().remove("post_processor");
    }
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

fn engine(models: &Path, layout: &Layout) -> Engine {
    let folder = models.join(layout.name);
    std::fs::create_dir(&folder).unwrap();
    write_weights(&folder, layout);
    write_tokenizer(&folder, layout);
    std::fs::write(
        folder.join("config.json"),
        json!({ "d_model": WIDTH, "vocab_size": layout.vocabulary }).to_string(),
    )
    .unwrap();
    if let Some(heads) = &layout.heads {
        std::fs::write(
            folder.join("generation_config.json"),
            json!({ "alignment_heads": heads }).to_string(),
        )
        .unwrap();
    }
    let config = SpeechConfig {
        model: layout.name.into(),
        device: DeviceChoice::Cpu,
        precision: PrecisionChoice::Float32,
        ..SpeechConfig::default()
    };
    Engine::start(engine_settings(&config, models)).unwrap_or_else(|error| panic!("{}: {error}", layout.name))
}

fn transcribe(engine: &Engine, language: &str) -> Result<Transcription, SpeechError> {
    let options =
        TranscribeOptions { language: Some(language.into()), beam: Some(1), ..TranscribeOptions::default() };
    engine.transcribe(sample("librivox/0880.wav"), options, &Cancel::default(), |_| {})
}

#[test]
fn every_layout_of_a_checkpoint_loads_and_transcribes() {
    let _turn = alone();
    let models = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(cache_dir().join("models/silero-vad"), models.path().join("silero-vad"))
        .unwrap();
    for layout in layouts() {
        // The registry's names stand for the registry's files; these are somebody's own.
        let layout = Layout { name: format!("narrow-{}", layout.name).leak(), ..layout };
        let engine = engine(models.path(), &layout);
        let found =
            transcribe(&engine, layout.language).unwrap_or_else(|error| panic!("{}: {error}", layout.name));
        assert_eq!(found.language, layout.language, "{}", layout.name);
        // What random weights write is anything; its times are not.
        let words: Vec<_> = found.segments.iter().flat_map(|segment| &segment.words).collect();
        assert!(
            words.windows(2).all(|pair| pair[0].start <= pair[0].end && pair[0].end <= pair[1].start + 1e-6),
            "{}: {words:?}",
            layout.name
        );
        assert!(words.iter().all(|word| word.start >= 0.0 && word.end <= WINDOW), "{}", layout.name);
        let refused = transcribe(&engine, layout.unknown);
        assert!(matches!(refused, Err(SpeechError::Request(_))), "{} takes {}", layout.name, layout.unknown);
    }
}

#[test]
fn a_checkpoint_without_a_tensor_is_refused_by_its_name() {
    let _turn = alone();
    let models = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(cache_dir().join("models/silero-vad"), models.path().join("silero-vad"))
        .unwrap();
    let [.., layout] = layouts();
    let folder = models.path().join("cut");
    std::fs::create_dir(&folder).unwrap();
    write_tokenizer(&folder, &layout);
    let kept: Vec<(String, Tensor)> = shapes(&layout)
        .into_iter()
        .filter(|(name, _)| name != "model.decoder.layers.1.encoder_attn.v_proj.weight")
        .map(|(name, shape)| (name, Tensor::zeros(shape.as_slice(), (Kind::Float, Device::Cpu))))
        .collect();
    Tensor::write_safetensors(&kept, folder.join("model.safetensors")).unwrap();
    let config = SpeechConfig { model: "cut".into(), device: DeviceChoice::Cpu, ..SpeechConfig::default() };
    let refused = Engine::start(engine_settings(&config, models.path())).err().map(|error| error.to_string());
    let said = refused.unwrap_or_default();
    assert!(said.contains("model.decoder.layers.1.encoder_attn.v_proj.weight is missing"), "{said}");
}
