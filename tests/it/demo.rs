//! `reflector demo`.

use std::process::Command;

#[test]
fn a_missing_sample_is_said_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .args(["demo", "--once", "--samples"])
        .arg(dir.path())
        .arg("--data")
        .arg(dir.path())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("sample.wav is missing") && said.contains("make setup"), "{said}");
}
