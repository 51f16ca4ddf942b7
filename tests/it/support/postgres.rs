//! One private PostgreSQL for the whole test process, and a database of its own for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use reflector::db::private::{self, PrivateOptions, PrivatePostgres};
use reflector::db::{Connection, Pool, migrate};
use tokio::sync::OnceCell;

use super::short_lived;

/// The database every test's one is copied from: ours migrated, the queue's tables there too.
const TEMPLATE: &str = "template_reflector";

static SERVER: OnceCell<PrivatePostgres> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A migrated, empty database; dropped with this.
pub struct TestDatabase {
    pub url: String,
    pub pool: Pool,
    name: String,
}

impl TestDatabase {
    /// A connection out of its pool.
    pub async fn conn(&self) -> Connection {
        self.pool.get().await.expect("a connection to the test's own database")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.pool.close();
        let Some(server) = SERVER.get() else { return };
        let (admin, name) = (server.url("postgres"), self.name.clone());
        // A thread of its own: a test's runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut conn = AsyncPgConnection::establish(&admin).await?;
                conn.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)")).await?;
                anyhow::Ok(())
            })
        })
        .join();
        if !matches!(dropped, Ok(Ok(()))) {
            tracing::warn!(name = self.name, "a test's database was left behind");
        }
    }
}

/// A fresh copy of the migrated template.
///
/// # Panics
/// Says what is missing when PostgreSQL can't be started.
pub async fn fresh() -> TestDatabase {
    copy(TEMPLATE).await
}

/// A database without any table of ours.
pub async fn empty() -> TestDatabase {
    copy("template1").await
}

async fn copy(template: &str) -> TestDatabase {
    let server = server().await;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut conn =
        AsyncPgConnection::establish(&server.url("postgres")).await.expect("the test server answers");
    conn.batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE {template}"))
        .await
        .expect("a database for the test");
    let url = server.url(&name);
    let pool = Pool::new(&url, 8).expect("a pool");
    TestDatabase { url, pool, name }
}

/// The server itself.
pub async fn server() -> &'static PrivatePostgres {
    SERVER
        .get_or_init(|| async {
            let server = tokio::task::spawn_blocking(|| {
                sweep();
                let dir = private::place(&dir(std::process::id())).expect("a folder for the test server");
                PrivatePostgres::start(PrivateOptions { dir, durable: false, max_connections: 500 })
                    .unwrap_or_else(|error| panic!("the tests need a PostgreSQL server: {error}"))
            })
            .await
            .expect("the test server starts");
            let mut conn = AsyncPgConnection::establish(&server.url("postgres")).await.expect("it answers");
            conn.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).await.expect("the template database");
            let url = server.url(TEMPLATE);
            migrate::up(&url).await.expect("the migrations run");
            reflector::queue::init(&url).await.expect("the queue's tables are made");
            // A template can't be copied while somebody is connected, and goodbyes are not instant.
            let goodbye = format!(
                "ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false; \
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}'"
            );
            conn.batch_execute(&goodbye).await.expect("everybody leaves the template");
            server
        })
        .await
}

const PREFIX: &str = "reflector-test-";

fn dir(process: u32) -> PathBuf {
    short_lived().join(format!("{PREFIX}{process}"))
}

/// The server dies with its process; its folder does not, so the next run removes it.
fn sweep() {
    for entry in std::fs::read_dir(short_lived()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if process.is_some_and(|process| !PathBuf::from(format!("/proc/{process}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
