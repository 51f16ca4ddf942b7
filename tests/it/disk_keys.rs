//! The runbook for the keys of an encrypted disk in docs/SECURITY.md, run as it stands there.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The blocks of commands of the section "Keys of the disk", but for those that need a TPM.
fn blocks() -> Vec<String> {
    let page = std::fs::read_to_string("docs/SECURITY.md").unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Keys of the disk\n")).unwrap();
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Runs commands on the image, pass phrases typed one after another.
fn run(script: &str, image: &Path, typed: &[&str]) -> Output {
    let mut child = Command::new("sh")
        .args(["-euc", script])
        .env("disk", image)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let lines: String = typed.iter().map(|line| format!("{line}\n")).collect();
    keyboard.write_all(lines.as_bytes()).unwrap();
    drop(keyboard);
    child.wait_with_output().unwrap()
}

fn well(script: &str, image: &Path, typed: &[&str]) -> String {
    let done = run(script, image, typed);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script}: {said} (is cryptsetup-bin installed? `make setup`)");
    String::from_utf8(done.stdout).unwrap()
}

fn opens(image: &Path, phrase: &str) -> bool {
    run("cryptsetup open --test-passphrase \"$disk\"", image, &[phrase]).status.success()
}

#[test]
fn keys_of_a_luks_volume_are_changed_as_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk.img");
    std::fs::File::create(&image).unwrap().set_len(24 << 20).unwrap();
    let (old, new) = ("the old pass phrase", "the new pass phrase");
    let cheap = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000";
    well(&format!("cryptsetup luksFormat -q --type luks2 {cheap} \"$disk\""), &image, &[old]);
    assert!(opens(&image, old) && !opens(&image, new));

    let blocks = blocks();
    let [phrase, volume] = blocks.as_slice() else { panic!("{blocks:?}") };
    assert!(phrase.lines().count() == 3, "{phrase}");
    well(&phrase.replace("luksAddKey", &format!("luksAddKey {cheap}")), &image, &[old, new, new, old]);
    assert!(opens(&image, new) && !opens(&image, old));

    let key = || well("cryptsetup luksDump -q --dump-volume-key \"$disk\"", &image, &[new]);
    let before = key();
    assert!(before.contains("MK dump") || before.contains("key dump"), "{before}");
    // An image is no block device, of which it would find out by itself that nobody has it open.
    let offline = volume.replace("reencrypt", &format!("reencrypt -q --force-offline-reencrypt {cheap}"));
    well(&offline, &image, &[new]);
    assert!(key() != before, "the volume key is a new one");
    assert!(opens(&image, new) && !opens(&image, old));
}
