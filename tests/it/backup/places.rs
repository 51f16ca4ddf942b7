//! Systems to back up and to restore into, and what is compared between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use reflector::config::{S3Config, StorageConfig};
use reflector::db::survey;
use reflector::storage::Storage;
use sha2::{Digest, Sha256};

use crate::support::postgres::{self, TestDatabase};

/// A database and a store.
pub struct Place {
    pub database: TestDatabase,
    pub storage: StorageConfig,
    pub dir: tempfile::TempDir,
}

/// What the program did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub said: String,
    pub error: String,
}

impl Place {
    /// No table, no object.
    pub async fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let storage = StorageConfig { dir: dir.path().join("objects"), scratch: None, s3: None };
        Self { database: postgres::empty().await, storage, dir }
    }

    pub fn in_bucket(mut self, s3: S3Config) -> Self {
        self.storage.s3 = Some(s3);
        self
    }

    pub fn store(&self) -> Storage {
        Storage::open(&self.storage).expect("the store")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the program on this place.
    pub fn reflector(&self, arguments: &[&str]) -> Ran {
        reflector(&self.database.url, &self.storage, arguments, &[])
    }

    pub async fn state(&self) -> State {
        State::of(&self.database.url, &self.store()).await
    }
}

pub fn reflector(url: &str, storage: &StorageConfig, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reflector"));
    command.args(arguments).env_remove("DATABASE_URL").envs(variables.iter().copied());
    command.env("REFLECTOR_DATABASE__URL", url).env("REFLECTOR_STORAGE__DIR", &storage.dir);
    if let Some(s3) = &storage.s3 {
        command
            .env("REFLECTOR_STORAGE__S3__ENDPOINT", &s3.endpoint)
            .env("REFLECTOR_STORAGE__S3__BUCKET", &s3.bucket)
            .env("REFLECTOR_STORAGE__S3__ACCESS_KEY", &s3.access_key)
            .env("REFLECTOR_STORAGE__S3__SECRET_KEY", &s3.secret_key);
    }
    let output = command.output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), said: text(&output.stdout), error: text(&output.stderr) }
}

impl Ran {
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.said, self.error);
        self.said
    }

    /// It failed, in words that hold these.
    #[track_caller]
    pub fn refused(self, words: &[&str]) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.said, self.error);
        for word in words {
            assert!(self.error.contains(word), "{word:?} in {}", self.error);
        }
        self.error
    }
}

/// Everything that a person could miss: the rows of each table, and each object.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    /// Rows and their sum, by table.
    pub tables: BTreeMap<String, (i64, String)>,
    /// Size and sum, by key.
    pub objects: BTreeMap<String, (usize, String)>,
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    sum: String,
}

impl State {
    pub async fn of(url: &str, storage: &Storage) -> Self {
        // Not through the test's own pool: who restores wants to be alone.
        let pool = reflector::db::Pool::new(url, 1).expect("a pool");
        let mut conn = pool.get().await.expect("a connection");
        let mut tables = BTreeMap::new();
        for (table, rows) in survey::tables(&mut conn).await.expect("the tables") {
            let query = format!(
                "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS sum FROM {table} t"
            );
            let sum: Sum = sql_query(query).get_result(&mut conn).await.expect("its sum");
            tables.insert(table, (rows, sum.sum));
        }
        let mut objects = BTreeMap::new();
        for key in storage.list("").await.expect("the objects") {
            let bytes = storage.get_bytes(&key).await.expect("the object");
            objects.insert(key.to_string(), (bytes.len(), hex::encode(Sha256::digest(&bytes))));
        }
        Self { tables, objects }
    }

    /// Rows of one table.
    pub fn rows(&self, table: &str) -> i64 {
        self.tables[&format!("public.{table}")].0
    }
}

/// Names of the files in a folder, hidden ones too.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A file that only we read.
pub fn secret_file(path: &Path, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).expect("the file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    path.display().to_string()
}
