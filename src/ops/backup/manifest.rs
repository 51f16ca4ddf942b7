//! What an archive says about itself: `about.json` is its first entry, `manifest.json` and its checksum the last two.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Raised when an older program could no longer read what is written.
pub const FORMAT: u32 = 1;

/// Names of entries. What is not a single one is a folder.
pub const ABOUT: &str = "about.json";
pub const MANIFEST: &str = "manifest.json";
pub const MANIFEST_SUM: &str = "manifest.sha256";
pub const DATABASE: &str = "database/";
pub const OBJECTS: &str = "objects/";
pub const SETTINGS: &str = "settings/";
pub const KEYS: &str = "keys/";

/// What must be known before anything else is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Of the snapshot: what is in the archive is as it was then.
    pub made: DateTime<Utc>,
    /// Steps of the schema that had run, oldest first.
    pub migrations: Vec<String>,
    /// Major versions of the server and of the pg_dump that read it.
    pub postgresql: u32,
    pub pg_dump: u32,
}

/// The whole list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub about: About,
    /// Rows of every table in the snapshot.
    pub tables: BTreeMap<String, i64>,
    /// Every entry before this one, in order.
    pub entries: Vec<Entry>,
    /// Objects that were deleted between the snapshot and their turn.
    pub gone: Vec<String>,
    /// Objects that the database names and the storage had not.
    pub missing: Vec<String>,
}

/// One file in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// 64 hexadecimal digits, small.
    pub sha256: String,
}

impl Manifest {
    /// How many objects are in the archive.
    pub fn objects(&self) -> usize {
        self.below(OBJECTS).count()
    }

    /// Entries below a folder of the archive.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.name.starts_with(folder))
    }
}
