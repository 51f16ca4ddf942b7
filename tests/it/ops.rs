//! What an operator runs: check-config, doctor, and a page for every command.

use std::process::{Command, Output};

fn reflector(args: &[&str], variables: &[(&str, &str)]) -> (Output, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .args(args)
        .env_remove("DATABASE_URL")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output, stdout, stderr)
}

#[test]
fn check_config_says_that_the_settings_are_usable() {
    let (output, stdout, _) = reflector(&["check-config"], &[]);
    assert!(output.status.success());
    assert!(stdout.contains("usable") && stdout.contains("127.0.0.1:1250"), "{stdout}");
}

#[test]
fn check_config_names_the_key_that_is_wrong() {
    let (output, _, stderr) = reflector(&["check-config"], &[("REFLECTOR_SPEECH__MODLE", "x")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("modle"), "{stderr}");
}

#[test]
fn doctor_says_what_is_wrong_and_how_to_mend_it() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = dir.path().join("nothing").display().to_string();
    let (output, stdout, _) = reflector(
        &["doctor"],
        &[
            ("REFLECTOR_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none"),
            ("REFLECTOR_STORAGE__DIR", &nothing),
            ("REFLECTOR_MODELS__DIR", &nothing),
            ("REFLECTOR_OUTGOING__ALLOW_HOSTS", r#"["10.0.0.0/8", "127.0.0.0/8", "hooks.invalid"]"#),
            ("REFLECTOR_EXPORT__FONTS", r#"["/does/not/exist"]"#),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout.contains("FAIL  database:") && stdout.contains("reflector migrate"), "{stdout}");
    assert!(stdout.contains("FAIL  model:") && stdout.contains("reflector models pull"), "{stdout}");
    assert!(stdout.contains("WARN  webhooks: 127.0.0.0/8 in outgoing.allow_hosts"), "{stdout}");
    assert!(stdout.contains("FAIL  webhooks: hooks.invalid in outgoing.allow_hosts"), "{stdout}");
    assert!(
        stdout.contains("WARN  fonts: PDF can't be made of transcripts in these scripts: Latin, Greek"),
        "{stdout}"
    );
    assert!(stdout.contains("fonts-noto-core") && stdout.contains("export.fonts"), "{stdout}");
    assert!(stdout.contains("ok    storage:") && stdout.contains("ok    ffmpeg:"), "{stdout}");
}

#[test]
fn doctor_notices_a_model_that_is_not_whole() {
    let dir = tempfile::tempdir().unwrap();
    for model in ["whisper-base", "silero-vad"] {
        std::fs::create_dir(dir.path().join(model)).unwrap();
    }
    std::fs::write(dir.path().join("silero-vad/silero_vad.jit"), b"cut").unwrap();
    let models = dir.path().display().to_string();
    let (_, stdout, _) = reflector(
        &["doctor"],
        &[
            ("REFLECTOR_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none"),
            ("REFLECTOR_STORAGE__DIR", &models),
            ("REFLECTOR_MODELS__DIR", &models),
        ],
    );
    for model in ["whisper-base", "silero-vad"] {
        assert!(stdout.contains(&format!("FAIL  model: {model} is not installed")), "{stdout}");
    }
}

#[test]
fn every_command_has_a_page_that_names_its_options() {
    let (_, help, _) = reflector(&["help"], &[]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 5, "{help}");
    for command in commands {
        let path = format!("docs/commands/{command}.md");
        let page = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path} is missing"));
        let (_, usage, _) = reflector(&[command, "--help"], &[]);
        for option in usage.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2) {
            let option: String =
                option.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            let known = ["--help", "--version"].contains(&option.as_str());
            assert!(known || page.contains(&option), "{path} does not name {option}");
        }
    }
}
