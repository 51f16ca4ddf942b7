//! Checksums of installed files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::registry::Model;
use super::store::ModelStore;

/// What reading a file again found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The bytes that the registry pins.
    Good,
    /// No pin, but what was recorded when it was installed.
    AsInstalled,
    /// Neither a pin nor a record to compare with; its sha256.
    Unrecorded(String),
    Missing,
    Damaged {
        found: String,
        expected: String,
    },
    Unreadable(String),
}

impl Finding {
    /// Whether the file may be used.
    pub fn usable(&self) -> bool {
        matches!(self, Self::Good | Self::AsInstalled | Self::Unrecorded(_))
    }
}

/// sha256 of a file in hexadecimal, read in pieces.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(&piece[..count]),
        }
    }
}

/// Reads every file of a model again and compares.
pub fn model(store: &ModelStore, model: &Model) -> Vec<(&'static str, Finding)> {
    let recorded = store.recorded(model.name);
    let check = |name: &'static str, pin: Option<(u64, &'static str)>| {
        let found = match sha256(&store.dir().join(model.name).join(name)) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Finding::Missing,
            Err(error) => return Finding::Unreadable(error.to_string()),
        };
        let (expected, good) = match (pin, recorded.get(name)) {
            (Some((_, sum)), _) => (sum, Finding::Good),
            (None, Some(sum)) => (sum.as_str(), Finding::AsInstalled),
            (None, None) => return Finding::Unrecorded(found),
        };
        if found == expected { good } else { Finding::Damaged { found, expected: expected.into() } }
    };
    model.files.iter().map(|file| (file.name, check(file.name, file.pin))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_standard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            sha256(&path).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
