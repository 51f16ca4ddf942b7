//! The diarizer, loaded once, and recordings with their truth.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};

use reflector::audio::PcmFile;
use reflector::speech::diarize::Diarizer;
use reflector::speech::{Diarization, Turn};
use tch::Device;

use super::der::{self, Span};

pub const SEGMENTATION: &str = "segmentation-3.0/pytorch_model.bin";
pub const EMBEDDING: &str = "campplus/campplus_cn_en_common.pt";

/// Where set-up keeps weights and samples.
pub fn cache() -> PathBuf {
    std::env::var_os("REFLECTOR_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache/reflector"),
        PathBuf::from,
    )
}

/// A file of the weights.
pub fn weights(name: &str) -> PathBuf {
    let path = cache().join("models").join(name);
    assert!(path.exists(), "{} is missing: run `make setup`", path.display());
    path
}

/// One diarizer for all tests of this process, one recording at a time.
pub fn diarizer() -> MutexGuard<'static, Diarizer> {
    static SHARED: OnceLock<Mutex<Diarizer>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let loaded = Diarizer::load(&weights(SEGMENTATION), &weights(EMBEDDING), Device::Cpu);
        Mutex::new(loaded.expect("the diarization weights load"))
    });
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A recording and who really speaks when.
pub struct Clip {
    pub name: String,
    pub samples: Vec<f32>,
    pub truth: Vec<Span>,
}

impl Clip {
    /// A mono 16 kHz WAV with its RTTM beside it.
    pub fn read(wav: &Path) -> Self {
        let name = wav.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Self { truth: der::read_rttm(&wav.with_extension("rttm")), samples: samples(wav), name }
    }

    /// Every clip of a folder of samples, by name.
    pub fn folder(relative: &str) -> Vec<Self> {
        let folder = cache().join("samples").join(relative);
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", folder.display()));
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| {
                path.extension().is_some_and(|kind| kind == "wav") && path.with_extension("rttm").exists()
            })
            .collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    pub fn speakers(&self) -> usize {
        self.truth.iter().map(|span| &span.speaker).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// As PCM in a file that lives as long as the first half of the result.
    pub fn pcm(&self) -> (tempfile::NamedTempFile, PcmFile) {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let pcm = PcmFile::create(file.path(), &self.samples).expect("PCM on disk");
        (file, pcm)
    }
}

/// Samples in [-1, 1] of a mono WAV.
pub fn samples(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", path.display()));
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1), "{}", path.display());
    match reader.spec().sample_format {
        hound::SampleFormat::Float => {
            reader.samples::<f32>().map(|sample| sample.expect("a sample")).collect()
        }
        hound::SampleFormat::Int => {
            reader.samples::<i16>().map(|sample| f32::from(sample.expect("a sample")) / 32768.0).collect()
        }
    }
}

pub fn spans(found: &Diarization) -> Vec<Span> {
    let span = |turn: &Turn| Span { start: turn.start, end: turn.end, speaker: turn.speaker.to_string() };
    found.turns.iter().map(span).collect()
}
