//! Archives that can't be trusted, keys that do not fit, disks that are full.

use std::io::Read;

use age::secrecy::ExposeSecret;
use reflector::ops::backup::Manifest;
use sha2::{Digest, Sha256};

use super::places::{Place, names, reflector, secret_file};
use crate::support::postgres;
use crate::support::small_disk::SmallDisk;
use crate::support::workshop::{Workshop, two_people};

/// A system with one upload, and a plain archive of it.
async fn archived() -> (Workshop, Place, Vec<u8>) {
    let workshop = Workshop::new().await;
    workshop.upload(&two_people()).await;
    let place = Place::empty().await;
    let archive = place.path("all.tar.zst").display().to_string();
    reflector(&workshop.url, &workshop.config().storage, &["backup", "--to", &archive], &[]).good();
    let bytes = std::fs::read(archive).unwrap();
    (workshop, place, bytes)
}

/// Entries of an archive, in order.
fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut tar = tar::Archive::new(zstd::stream::read::Decoder::new(archive).unwrap());
    tar.entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().display().to_string(), bytes)
        })
        .collect()
}

fn pack(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, &**bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_archive_is_refused_by_the_name_of_the_entry_and_nothing_is_touched() {
    let (_workshop, place, good) = archived().await;
    let path = place.path("bad.tar.zst");
    let archive = path.display().to_string();
    let names: Vec<String> = entries(&good).into_iter().map(|(name, _)| name).collect();
    let object = names.iter().find(|name| name.starts_with("objects/uploads/")).unwrap();

    // One bit of sound: a frame an entry, and speech hardly compresses, so the object's frame is the largest.
    let frames: Vec<usize> = (0..good.len() - 4)
        .filter(|at| good[*at..*at + 4] == [0x28, 0xb5, 0x2f, 0xfd])
        .chain([good.len()])
        .collect();
    let largest = frames.windows(2).max_by_key(|frame| frame[1] - frame[0]).unwrap();
    let mut flipped = good.clone();
    flipped[(largest[0] + largest[1]) / 2] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    place.reflector(&["backup", "verify", &archive]).refused(&["objects/uploads/", "damaged"]);
    place.reflector(&["restore", &archive]).refused(&["objects/uploads/", "damaged"]);

    // Cut in the middle of an entry, and between two.
    for cut in [(largest[0] + largest[1]) / 2, largest[0]] {
        std::fs::write(&path, &good[..cut]).unwrap();
        place.reflector(&["restore", &archive]).refused(&["cut off"]);
    }

    // Well packed, but not what was archived.
    let exchanged = entries(&good).into_iter().map(|(name, mut bytes)| {
        if name == *object {
            bytes[100] ^= 1;
        }
        (name, bytes)
    });
    std::fs::write(&path, pack(&exchanged.collect::<Vec<_>>())).unwrap();
    place.reflector(&["restore", &archive]).refused(&[object, "sha256"]);
    let without: Vec<_> = entries(&good).into_iter().filter(|(name, _)| name != object).collect();
    std::fs::write(&path, pack(&without)).unwrap();
    place.reflector(&["restore", &archive]).refused(&[object, "missing"]);

    let state = place.state().await;
    assert!(state.tables.is_empty() && state.objects.is_empty(), "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_a_newer_version_is_refused() {
    let (_workshop, place, good) = archived().await;
    let mut all = entries(&good);
    let manifest = all.iter_mut().find(|(name, _)| name == "manifest.json").unwrap();
    let mut newer: Manifest = serde_json::from_slice(&manifest.1).unwrap();
    newer.about.migrations.push("9999".into());
    newer.about.program = "9.9.9".into();
    manifest.1 = serde_json::to_vec(&newer).unwrap();
    let sum = hex::encode(Sha256::digest(&manifest.1));
    all.iter_mut().find(|(name, _)| name == "manifest.sha256").unwrap().1 = sum.into_bytes();
    let path = place.path("newer.tar.zst");
    std::fs::write(&path, pack(&all)).unwrap();
    place.reflector(&["restore", &path.display().to_string()]).refused(&["9.9.9", "9999", "newer version"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_archive_opens_with_its_own_key_alone() {
    let database = postgres::fresh().await;
    let place = Place::empty().await;
    let backup = |to: &str, option: &str, file: &str| {
        reflector(&database.url, &place.storage, &["backup", "--to", to, option, file], &[])
    };
    let right = secret_file(&place.path("right"), "correct horse battery");
    let wrong = secret_file(&place.path("wrong"), "incorrect horse battery");
    let short = secret_file(&place.path("short"), "horse");
    let archive = place.path("sealed.tar.zst.age").display().to_string();
    backup(&archive, "--passphrase-file", &short).refused(&["shorter than 12"]);
    backup(&archive, "--passphrase-file", &right).good();
    assert!(std::fs::read(&archive).unwrap().starts_with(b"age-encryption.org/v1"));
    place.reflector(&["restore", &archive]).refused(&["encrypted", "--passphrase-file"]);
    place.reflector(&["restore", &archive, "--passphrase-file", &wrong]).refused(&["passphrase"]);
    place.reflector(&["backup", "verify", &archive, "--passphrase-file", &right]).good();
    // Everybody's file is nobody's secret.
    std::fs::set_permissions(&right, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    place.reflector(&["backup", "verify", &archive, "--passphrase-file", &right]).refused(&["chmod 600"]);

    let (own, other) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
    let recipients = secret_file(&place.path("recipients"), &format!("# me\n{}\n", own.to_public()));
    let own = secret_file(&place.path("own"), own.to_string().expose_secret());
    let other = secret_file(&place.path("other"), other.to_string().expose_secret());
    let archive = place.path("for-me.tar.zst.age").display().to_string();
    backup(&archive, "--recipient-file", &recipients).good();
    place.reflector(&["restore", &archive, "--identity-file", &other]).refused(&["none of these identities"]);
    place.reflector(&["restore", &archive, "--identity-file", &own]).good();
    assert!(reflector::db::migrate::is_current(&place.database.url).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_no_half_archive_and_says_so() {
    let workshop = Workshop::new().await;
    let noise = workshop.storage.with_extension("noise");
    std::fs::write(&noise, rand::random_iter::<u8>().take(3_000_000).collect::<Vec<u8>>()).unwrap();
    workshop.upload(&noise).await;
    let disk = SmallDisk::of(2);
    let to = format!("{}/", disk.path().display());
    reflector(&workshop.url, &workshop.config().storage, &["backup", "--to", &to], &[])
        .refused(&["no room left", &disk.path().display().to_string()]);
    assert!(names(disk.path()).is_empty(), "{:?}", names(disk.path()));
    disk.grow(16);
    reflector(&workshop.url, &workshop.config().storage, &["backup", "--to", &to], &[]).good();
    assert_eq!(names(disk.path()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_an_archive_unless_it_was_asked_for() {
    let database = postgres::fresh().await;
    let place = Place::empty().await;
    let archive = place.path("all.tar.zst").display().to_string();
    let secrets = [
        ("REFLECTOR_REDIS__URL", "redis://:sword-fish@127.0.0.1/"),
        ("REFLECTOR_LLM__URL", "http://127.0.0.1:1/v1"),
        ("REFLECTOR_LLM__MODEL", "m"),
        ("REFLECTOR_LLM__API_KEY", "sk-sword-fish"),
    ];
    let ran = reflector(&database.url, &place.storage, &["backup", "--to", &archive], &secrets);
    ran.good();
    let all = entries(&std::fs::read(&archive).unwrap());
    let settings = all.iter().find(|(name, _)| name == "settings/in-effect.toml").expect("the settings");
    assert!(String::from_utf8_lossy(&settings.1).contains("redis://@127.0.0.1"));
    for (name, bytes) in &all {
        assert!(!bytes.windows(10).any(|window| window == b"sword-fish"), "{name}");
        assert!(!name.starts_with("keys/"), "{name}");
    }

    let keys = place.path("keys");
    std::fs::create_dir(&keys).unwrap();
    secret_file(&keys.join("redis-password"), "sword-fish");
    let (again, keys) = (place.path("keys.tar.zst").display().to_string(), keys.display().to_string());
    let said =
        reflector(&database.url, &place.storage, &["backup", "--to", &again, "--keys", &keys], &[]).good();
    assert!(said.contains("holds secrets and is not encrypted"), "{said}");
    let all = entries(&std::fs::read(&again).unwrap());
    assert!(all.iter().any(|(name, bytes)| name == "keys/keys/redis-password" && bytes == b"sword-fish"));
}
