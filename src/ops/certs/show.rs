use std::path::{Path, PathBuf};

use anyhow::ensure;
use serde::Serialize;

use super::{Folder, read};
use crate::tls::{Certificate, Contents, Key};

/// One certificate of a file, as it is shown.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub file: PathBuf,
    pub subject: String,
    pub names: Vec<String>,
    pub issuer: String,
    pub authority: bool,
    pub not_before: String,
    pub not_after: String,
    /// Whole days; negative once it has expired.
    pub days_left: i64,
    /// Whether the key beside it is its own; `None` where there is no key.
    pub key_matches: Option<bool>,
    pub fingerprint_sha256: String,
}

/// Everything in a file, or in a folder's `ca.crt` and `server.pem` or else its `*.pem` and `*.crt`.
///
/// # Errors
/// There is nothing, or something that can't be read.
pub fn show(path: &Path) -> anyhow::Result<Vec<Entry>> {
    ensure!(path.exists(), "{} is not there", path.display());
    let mut entries = Vec::new();
    for file in files(path)? {
        let contents = read(&file)?;
        let keys = if contents.keys.is_empty() { keys_beside(&file) } else { contents.keys };
        for (at, certificate) in contents.certificates.iter().enumerate() {
            // Those after the first are its issuers; their keys are elsewhere.
            let key_matches =
                (at == 0 && !keys.is_empty()).then(|| keys.iter().any(|key| key.matches(certificate)));
            entries.push(entry(&file, certificate, key_matches));
        }
    }
    ensure!(!entries.is_empty(), "{} holds no certificate", path.display());
    Ok(entries)
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = Folder::new(path);
    let ours: Vec<PathBuf> =
        [folder.authority(), folder.server()].into_iter().filter(|file| file.exists()).collect();
    if !ours.is_empty() {
        return Ok(ours);
    }
    let mut others: Vec<PathBuf> = std::fs::read_dir(path)?
        .flatten()
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|ending| ending == "pem" || ending == "crt"))
        .collect();
    others.sort();
    Ok(others)
}

/// The key that goes with a file of our names; unreadable counts as absent, because only root may read it.
fn keys_beside(file: &Path) -> Vec<Key> {
    let beside = match file.file_name().and_then(|name| name.to_str()) {
        Some("ca.crt") => "ca.key",
        Some("server.pem") => "server-key.pem",
        _ => return Vec::new(),
    };
    let bytes = std::fs::read(file.with_file_name(beside)).unwrap_or_default();
    Contents::read(&bytes).map(|contents| contents.keys).unwrap_or_default()
}

fn entry(file: &Path, certificate: &Certificate, key_matches: Option<bool>) -> Entry {
    Entry {
        file: file.to_owned(),
        subject: certificate.subject.clone(),
        names: certificate.names.clone(),
        issuer: certificate.issuer.clone(),
        authority: certificate.authority,
        not_before: certificate.not_before.to_rfc3339(),
        not_after: certificate.not_after.to_rfc3339(),
        days_left: certificate.days_left(),
        key_matches,
        fingerprint_sha256: certificate.fingerprint.clone(),
    }
}
