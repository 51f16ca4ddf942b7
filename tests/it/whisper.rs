//! Whisper and the VAD on real weights and real speech.

use std::path::PathBuf;

use reflector::audio::{Cancel, PcmFile, decode_to_pcm};
use reflector::speech::vad::Vad;
use reflector::speech::whisper::{Whisper, WhisperFiles};
use reflector::speech::{TranscribeOptions, Transcription};
use tch::{Device, Kind};

fn cache() -> PathBuf {
    reflector::config::cache_dir()
}

fn whisper(name: &str) -> Whisper {
    Whisper::load(
        &WhisperFiles::in_dir(&cache().join("models").join(name)).unwrap(),
        Device::Cpu,
        Kind::Float,
    )
    .unwrap()
}

fn vad() -> Vad {
    Vad::load(&cache().join("models/silero-vad/silero_vad.jit")).unwrap()
}

fn sample(name: &str) -> (tempfile::TempDir, PcmFile) {
    let dir = tempfile::tempdir().unwrap();
    let path = cache().join("samples").join(name);
    assert!(path.is_file(), "{} is missing: run `make setup`", path.display());
    let pcm = decode_to_pcm(&path, &dir.path().join("a.pcm"), |_| {}, &Cancel::default()).unwrap();
    (dir, pcm)
}

fn transcribe(name: &str, pcm: &PcmFile, beam: usize) -> Transcription {
    let _guard = tch::no_grad_guard();
    whisper(name)
        .transcribe(&vad(), pcm, &TranscribeOptions::default(), beam, &Cancel::default(), &mut |_| {})
        .unwrap()
}

#[test]
fn probe_it() {
    for name in ["whisper-tiny.en", "whisper-base"] {
        for clip in ["librivox/0870.wav", "public/sample.wav"] {
            let (_dir, pcm) = sample(clip);
            for beam in [1, 5] {
                let t = std::time::Instant::now();
                let found = transcribe(name, &pcm, beam);
                tracing::info!("x");
                let text: Vec<String> = found
                    .segments
                    .iter()
                    .map(|s| format!("[{:.2} {:.2}] {}", s.start, s.end, s.text))
                    .collect();
                let words: Vec<String> = found
                    .segments
                    .iter()
                    .flat_map(|s| &s.words)
                    .map(|w| format!("{}@{:.2}-{:.2}({:.2})", w.text, w.start, w.end, w.probability))
                    .collect();
                std::fs::write(
                    format!("/tmp/w-{name}-{}-{beam}", clip.replace('/', "_")),
                    format!(
                        "{:?} {}\n{}\n{}\n",
                        t.elapsed(),
                        found.language,
                        text.join("\n"),
                        words.join(" ")
                    ),
                )
                .unwrap();
            }
        }
    }
}
