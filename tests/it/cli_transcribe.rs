//! `reflector transcribe`.

use std::process::{Command, Output};

use reflector::config::cache_dir;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
    command.arg("transcribe").args(arguments).current_dir(std::env::temp_dir());
    command.output().expect("the program was built")
}

fn sample(name: &str) -> String {
    let path = cache_dir().join("samples").join(name);
    assert!(path.is_file(), "{} is missing: run `make setup`", path.display());
    path.display().to_string()
}

#[test]
fn a_conversation_becomes_json_with_speakers_and_words() {
    let done =
        run(&[&sample("public/sample.wav"), "--format", "json", "--model", "whisper-tiny.en", "--beam", "1"]);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let json: serde_json::Value =
        serde_json::from_slice(&done.stdout).expect("nothing but JSON on standard output");
    assert_eq!(json["language"], "en");
    assert!((json["duration"].as_f64().unwrap() - 30.0).abs() < 0.1);
    assert!(json["text"].as_str().unwrap().contains("New Jersey"));
    let segments = json["segments"].as_array().unwrap();
    let mut speakers: Vec<&str> = segments.iter().filter_map(|segment| segment["speaker"].as_str()).collect();
    speakers.sort_unstable();
    speakers.dedup();
    assert_eq!(speakers, ["Speaker 1", "Speaker 2"]);
    for segment in segments {
        let (start, end) = (segment["start"].as_f64().unwrap(), segment["end"].as_f64().unwrap());
        for word in segment["words"].as_array().unwrap() {
            assert!(
                word["start"].as_f64().unwrap() >= start - 0.01
                    && word["end"].as_f64().unwrap() <= end + 0.01
            );
            assert_eq!(word["speaker"], segment["speaker"]);
            assert!((0.0..=1.0).contains(&word["probability"].as_f64().unwrap()));
        }
    }
}

#[test]
fn formats_languages_and_speakers_are_as_they_were_asked_for() {
    let text = |arguments: &[&str]| {
        let done = run(arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    let tiny = ["--model", "whisper-tiny.en", "--beam", "1"];
    let talk = sample("public/sample.wav");
    let srt = text(&[&[talk.as_str(), "--format", "srt", "--language", "en"][..], &tiny[..]].concat());
    assert!(srt.starts_with("1\n00:00:") && srt.contains(" --> ") && srt.contains("New Jersey"), "{srt}");
    assert!(srt.contains("Speaker 1: ") && srt.contains("Speaker 2: "), "{srt}");

    let rttm = text(&[&[talk.as_str(), "--format", "rttm", "--speakers", "1"][..], &tiny[..]].concat());
    let turn = |line: &str| line.starts_with("SPEAKER recording 1 ") && line.contains(" Speaker_1 <NA> <NA>");
    assert!(!rttm.is_empty() && rttm.lines().all(turn), "two people, said to be one: {rttm}");

    // It is English; what is said of it goes before what is heard.
    let base = ["--model", "whisper-base", "--beam", "1", "--speakers", "1"];
    let read = sample("librivox/0870.wav");
    let french = text(&[&[read.as_str(), "--format", "json", "--language", "fr"][..], &base[..]].concat());
    let french: serde_json::Value = serde_json::from_str(&french).expect("JSON");
    assert_eq!(french["language"], "fr");
}

#[test]
fn what_can_not_be_done_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("song.mp3");
    std::fs::write(&text, "these are words, not sound\n".repeat(20)).unwrap();
    let real = sample("librivox/0870.wav");
    for arguments in [
        [text.to_str().unwrap(), "--model", "whisper-tiny.en"],
        ["/nowhere/a.wav", "--model", "whisper-tiny.en"],
        [real.as_str(), "--model", "whisper-none"],
    ] {
        let done = run(&arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        assert!(done.stdout.is_empty());
        assert!(String::from_utf8_lossy(&done.stderr).starts_with("reflector: "), "{arguments:?}");
    }
    assert_eq!(run(&["a.wav", "--format", "odt"]).status.code(), Some(2));
    assert_eq!(run(&["a.wav", "--beam", "0"]).status.code(), Some(2));
}

#[test]
fn openmp_threads_sleep_at_barriers_unless_told_otherwise() {
    let policy = |set: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
        command.args(["transcribe", "/nowhere/a.wav"]);
        // libgomp says what it has read each time it is loaded.
        command.env_remove("OMP_WAIT_POLICY").env("OMP_DISPLAY_ENV", "true");
        let done = command.envs(set.map(|set| ("OMP_WAIT_POLICY", set))).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.code() == Some(1) && said.contains("/nowhere/a.wav"), "{said}");
        said.lines().rfind(|line| line.contains("OMP_WAIT_POLICY")).unwrap().to_owned()
    };
    assert!(policy(None).contains("PASSIVE"));
    assert!(policy(Some("active")).contains("ACTIVE"));
}
