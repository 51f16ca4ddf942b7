//! `reflector doctor --self-test`.

use std::process::{Command, Output};

use reflector::config::cache_dir;

fn run(settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
    command.args(["doctor", "--self-test"]).current_dir(std::env::temp_dir());
    let Output { status, stdout, .. } = command.envs(settings.iter().copied()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn a_known_recording_is_heard_as_it_was_read() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().to_str().unwrap();
    // English alone, and one that finds the language out.
    for model in ["whisper-tiny.en", "whisper-base"] {
        let (status, said) =
            run(&[("REFLECTOR_SPEECH__MODEL", model), ("REFLECTOR_STORAGE__SCRATCH", folder)]);
        assert_eq!(status, Some(0), "{said}");
        assert!(said.starts_with("ok    self-test: ") && said.lines().count() == 1, "{said}");
        assert!(said.contains(" of 22 words, one speaker; ") && said.contains(model), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing stays");
}

#[test]
fn what_is_missing_for_it_is_told_with_its_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let folder = empty.path().to_str().unwrap();
    let tiny = ("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en");
    for (settings, what, remedy) in [
        ([tiny, ("REFLECTOR_MODELS__DIR", folder)], "silero-vad", "reflector models pull"),
        ([tiny, ("PATH", folder)], "ffprobe is missing", "install ffmpeg"),
        ([tiny, ("REFLECTOR_STORAGE__SCRATCH", "/nowhere")], "/nowhere", "storage.scratch"),
    ] {
        let (status, said) = run(&settings);
        assert_eq!(status, Some(1), "{said}");
        let (fault, mend) = said.split_once("\n      to mend it: ").expect(&said);
        assert!(fault.starts_with("FAIL  self-test: ") && fault.contains(what), "{said}");
        assert!(mend.contains(remedy), "{said}");
    }
}

/// Whisper with a damaged vocabulary.
#[test]
fn a_model_that_hears_something_else_fails_and_says_what() {
    let models = tempfile::tempdir().unwrap();
    let real = cache_dir().join("models");
    for name in ["silero-vad", "segmentation-3.0", "campplus", "whisper-tiny.en"] {
        copy(&real.join(name), &models.path().join(name));
    }
    // The file begins with the embedding of tokens, the most common first.
    let file = models.path().join("whisper-tiny.en/model.bin");
    let mut bytes = std::fs::read(&file).unwrap();
    let words = bytes.len() / 1000..bytes.len() / 4;
    bytes[words].fill(0);
    std::fs::write(&file, bytes).unwrap();
    let (status, said) = run(&[
        ("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en"),
        ("REFLECTOR_MODELS__DIR", models.path().to_str().unwrap()),
    ]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.starts_with("FAIL  self-test: ") && said.contains("reflector models verify"), "{said}");
    assert!(said.contains("of 22 words are wrong") && said.contains("heard was"), "{said}");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
