//! Rotation of secrets, against the services that they open.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel_async::SimpleAsyncConnection;
use reflector::config::StorageConfig;
use reflector::db::Pool;
use reflector::db::private::{PrivateOptions, PrivatePostgres};
use reflector::storage::Storage;

use crate::support::garage::{ADMIN_TOKEN, Garage};
use crate::support::redis::RedisServer;

const OLD: &str = "the-first-password-of-all";

/// A folder of secrets as the NixOS module makes it, in a folder of its own.
struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(folder.path()).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("secrets")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap().trim().to_owned()
    }

    fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path().join(name)).unwrap().permissions().mode() & 0o777
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn secrets(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .arg("secrets")
        .args(arguments)
        .current_dir("/")
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn good(arguments: &[&str]) -> String {
    let (good, said) = secrets(arguments);
    assert!(good, "{said}");
    said
}

#[track_caller]
fn refused(arguments: &[&str], word: &str) {
    let (good, said) = secrets(arguments);
    assert!(!good && said.contains(word), "{said}");
}

async fn opens(socket: &Path, password: &str) -> bool {
    let client = redis::Client::open(format!("unix://{}?pass={password}", socket.display())).unwrap();
    client.get_multiplexed_async_connection().await.is_ok()
}

async fn protected() -> RedisServer {
    let server = RedisServer::start();
    let mut plain =
        redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let () =
        redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(OLD).query_async(&mut plain).await.unwrap();
    server
}

#[tokio::test]
async fn redis_takes_both_passwords_until_the_rotation_is_finished() {
    let server = protected().await;
    let folder = Folder::new(&[("redis-password", OLD)]);
    let (path, url) = (folder.path().display().to_string(), server.url());
    let place = ["redis-password", "--folder", &path, "--redis", &url];
    refused(&[&["rotate"], &place[..], &["--finish"]].concat(), "no rotation");

    let said = good(&[&["rotate"], &place[..]].concat());
    assert!(said.contains("systemctl restart reflector-secrets reflector-web reflector-work"), "{said}");
    let new = folder.read("redis-password");
    assert!(new != OLD && new.len() == 64 && !said.contains(&new));
    assert_eq!(folder.mode("redis-password"), 0o600);
    assert!(opens(&server.socket(), OLD).await && opens(&server.socket(), &new).await);
    assert!(good(&["list", "--folder", &path]).contains("rotation begun"));
    // Twice is once.
    good(&[&["rotate"], &place[..]].concat());
    assert_eq!(folder.read("redis-password"), new);

    good(&[&["rotate"], &place[..], &["--finish"]].concat());
    assert!(!opens(&server.socket(), OLD).await && opens(&server.socket(), &new).await);
    assert_eq!(folder.names(), ["redis-password"]);
}

#[tokio::test]
async fn a_rotation_that_breaks_off_leaves_a_pair_that_works_and_goes_on_later() {
    let mut server = protected().await;
    let folder = Folder::new(&[("redis-password", OLD)]);
    let (path, url) = (folder.path().display().to_string(), server.url());
    let rotate = ["rotate", "redis-password", "--folder", &path, "--redis", &url];
    // Before the service knows the new one: the old one is still what everybody reads.
    server.stop();
    refused(&rotate, "the old value stays in use");
    assert_eq!(folder.read("redis-password"), OLD);
    let note = folder.read(".rotating-redis-password.json");
    assert_eq!(folder.mode(".rotating-redis-password.json"), 0o600);
    // After the file was replaced, and Redis was started again with what it says.
    server.resume();
    let mut plain = redis::Client::open(&*url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let () =
        redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(OLD).query_async(&mut plain).await.unwrap();
    good(&rotate);
    let new = folder.read("redis-password");
    assert!(note.contains(&new), "it goes on with the value that was made first");
    assert!(opens(&server.socket(), OLD).await && opens(&server.socket(), &new).await);
    // A Redis that was started anew knows the file's alone, and the rotation can still be finished.
    let () =
        redis::cmd("CONFIG").arg("SET").arg("requirepass").arg(&new).query_async(&mut plain).await.unwrap();
    good(&[&rotate[..], &["--finish"]].concat());
    assert!(opens(&server.socket(), &new).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn garage_lets_both_keys_in_until_the_rotation_is_finished() {
    let garage = Garage::start();
    let mut s3 = garage.config();
    let environment = format!(
        "GARAGE_RPC_SECRET=x\nGARAGE_DEFAULT_ACCESS_KEY={}\nGARAGE_DEFAULT_SECRET_KEY={}\n",
        s3.access_key, s3.secret_key
    );
    let folder = Folder::new(&[
        ("garage-access-key", &s3.access_key),
        ("garage-secret-key", &s3.secret_key),
        ("garage-admin-token", ADMIN_TOKEN),
        ("garage.env", &environment),
    ]);
    let (path, admin) = (folder.path().display().to_string(), garage.admin());
    let place = ["garage-key", "--folder", &path, "--garage-admin", &admin, "--bucket", &s3.bucket];
    let works = async |s3: &reflector::config::S3Config| {
        let config = StorageConfig { s3: Some(s3.clone()), ..StorageConfig::default() };
        Storage::open(&config).unwrap().check().await.is_ok()
    };

    refused(
        &["rotate", "garage-key", "--folder", &path, "--garage-admin", &admin, "--bucket", "no"],
        "--bucket",
    );
    assert_eq!(folder.read("garage-access-key"), s3.access_key);
    good(&[&["rotate"], &place[..]].concat());
    let old = s3.clone();
    s3.access_key = folder.read("garage-access-key");
    s3.secret_key = folder.read("garage-secret-key");
    assert!(s3.access_key != old.access_key && s3.secret_key != old.secret_key);
    assert!(works(&old).await && works(&s3).await);
    let environment = folder.read("garage.env");
    assert!(environment.contains(&s3.access_key) && environment.contains(&s3.secret_key), "{environment}");
    assert!(!environment.contains(&old.secret_key) && environment.contains("GARAGE_RPC_SECRET=x"));
    assert_eq!(
        (folder.mode("garage-secret-key"), folder.mode("garage.env"), folder.mode("")),
        (0o600, 0o600, 0o700)
    );
    assert_eq!(std::fs::read_dir(folder.dir.path()).unwrap().count(), 1, "no second folder is left");

    good(&[&["rotate"], &place[..], &["--finish"]].concat());
    assert!(!works(&old).await && works(&s3).await);
    assert_eq!(
        folder.names(),
        ["garage-access-key", "garage-admin-token", "garage-secret-key", "garage.env"]
    );
}

#[test]
fn a_token_that_one_service_reads_is_changed_at_once_in_all_its_files() {
    let folder = Folder::new(&[
        ("garage-rpc-secret", "0123456789abcdef0123"),
        ("garage.env", "GARAGE_RPC_SECRET=0123456789abcdef0123\n"),
    ]);
    let path = folder.path().display().to_string();
    let said = good(&["rotate", "garage-rpc-secret", "--folder", &path]);
    assert!(said.contains("systemctl restart reflector-secrets garage"), "{said}");
    let new = folder.read("garage-rpc-secret");
    assert_eq!(new.len(), 64);
    assert_eq!(folder.read("garage.env"), format!("GARAGE_RPC_SECRET={new}"));
    assert_eq!(folder.names(), ["garage-rpc-secret", "garage.env"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_password_changes_in_server_and_settings_and_a_rotation_that_broke_off_goes_on() {
    let dir = tempfile::Builder::new().prefix("reflector-secrets-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let options = PrivateOptions { dir: dir.path().join("postgres"), durable: false, max_connections: 20 };
    let server = tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await.unwrap().unwrap();
    let admin = Pool::new(&server.url("postgres"), 1).unwrap();
    let mut conn = admin.get().await.unwrap();
    conn.batch_execute(&format!("CREATE ROLE app LOGIN PASSWORD '{OLD}'")).await.unwrap();
    let rules = "local all app scram-sha-256\nlocal all all trust\n";
    std::fs::write(server.dir().join("data/pg_hba.conf"), rules).unwrap();
    conn.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let socket = server.url("x").split_once("host=").unwrap().1.to_owned();
    let url = |password: &str| format!("postgresql://app:{password}@/postgres?host={socket}");
    let opens = async |password: &str| Pool::new(&url(password), 1).unwrap().get().await.is_ok();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while opens("wrong").await {
        assert!(std::time::Instant::now() < deadline, "the rules are not read");
    }
    assert!(opens(OLD).await);

    let settings = dir.path().join("reflector.toml");
    let text = format!("# ours\n[database]\nurl = \"{}\" # here\npool_size = 3\n", url(OLD));
    std::fs::write(&settings, &text).unwrap();
    std::fs::set_permissions(&settings, PermissionsExt::from_mode(0o600)).unwrap();
    let rotate = ["rotate", "database-password", "--settings", settings.to_str().unwrap()];
    let said = good(&rotate);
    assert!(said.contains("systemctl restart"), "{said}");
    let changed = std::fs::read_to_string(&settings).unwrap();
    let new = changed.split("app:").nth(1).unwrap().split('@').next().unwrap().to_owned();
    assert_eq!(changed, text.replace(OLD, &new));
    assert!(opens(&new).await && !opens(OLD).await);

    // Broken off after the server's step and before the file's: the note knows both.
    let note = serde_json::json!({ "old": [new], "new": ["a-password-that-was-made-before"] });
    std::fs::write(dir.path().join(".rotating-database-password.json"), note.to_string()).unwrap();
    conn.batch_execute("ALTER ROLE app PASSWORD 'a-password-that-was-made-before'").await.unwrap();
    good(&rotate);
    assert!(std::fs::read_to_string(&settings).unwrap().contains("app:a-password-that-was-made-before@"));
    assert!(!dir.path().join(".rotating-database-password.json").exists());
    drop((conn, admin));
    server.stop().unwrap();
}

#[test]
fn a_key_that_somebody_else_makes_comes_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (settings, value) = (dir.path().join("reflector.toml"), dir.path().join("value"));
    std::fs::write(&settings, "[llm]\napi_key = \"sk-the-first-of-all-keys\" # ours\n").unwrap();
    std::fs::set_permissions(&settings, PermissionsExt::from_mode(0o640)).unwrap();
    std::fs::write(&value, "sk-the-second-of-all-keys\n").unwrap();
    let rotate = ["rotate", "llm-api-key", "--settings", settings.to_str().unwrap()];
    refused(&rotate, "--value-file");
    good(&[&rotate[..], &["--value-file", value.to_str().unwrap()]].concat());
    let changed = std::fs::read_to_string(&settings).unwrap();
    assert_eq!(changed, "[llm]\napi_key = \"sk-the-second-of-all-keys\" # ours\n");
    assert_eq!(std::fs::metadata(&settings).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn the_list_names_what_is_short_shared_or_open_and_no_value() {
    let folder = Folder::new(&[
        ("redis-password", OLD),
        ("garage-rpc-secret", OLD),
        ("garage-admin-token", "short"),
        ("garage-metrics-token", "another-good-value-of-some-length"),
    ]);
    let open = folder.path().join("garage-metrics-token");
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o644)).unwrap();
    let (good, said) = secrets(&["list", "--folder", &folder.path().display().to_string()]);
    assert!(!good);
    for problem in ["is the same as redis-password", "is shorter than 16", "can be read by everybody"] {
        assert!(said.contains(problem), "{said}");
    }
    assert!(!said.contains(OLD) && !said.contains("another-good"), "{said}");
    assert!(!said.contains("database-password"), "only what is kept there");
}
