use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use reflector::db::private::{PrivateOptions, PrivatePostgres};
use reflector::db::{Pool, migrate};

fn options(dir: &tempfile::TempDir) -> PrivateOptions {
    PrivateOptions { dir: dir.path().join("postgres"), durable: false, max_connections: 20 }
}

/// Root's own folders are closed to the account the server runs as, so the test's is opened.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in("/tmp").unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    dir
}

async fn start(options: PrivateOptions) -> PrivatePostgres {
    tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await.unwrap().unwrap()
}

async fn number(pool: &Pool, sql: &str) -> Result<i32, String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        number: i32,
    }
    let mut conn = pool.get().await.map_err(|error| error.to_string())?;
    let row: Row = diesel::sql_query(sql).get_result(&mut conn).await.map_err(|error| error.to_string())?;
    Ok(row.number)
}

#[tokio::test]
async fn both_drivers_reach_it_data_stay_and_the_pool_heals() {
    let dir = folder();
    let postgres = start(options(&dir)).await;
    let url = postgres.url(PrivatePostgres::DATABASE);
    migrate::up(&url).await.unwrap();
    let pool = Pool::new(&url, 2).unwrap();
    assert_eq!(number(&pool, "SELECT 7 AS number").await, Ok(7));

    // The queue's driver takes the same address.
    let queue: tokio_postgres::Config = url.parse().unwrap();
    let (client, connection) = queue.connect(tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    assert_eq!(client.query_one("SELECT 1", &[]).await.unwrap().get::<_, i32>(0), 1);
    drop(client);
    driver.await.unwrap().unwrap();

    number(&pool, "INSERT INTO app_user (id) VALUES (gen_random_uuid()) RETURNING 1 AS number")
        .await
        .unwrap();
    let postgres = tokio::task::spawn_blocking(|| postgres.restart()).await.unwrap().unwrap();
    assert_eq!(postgres.url(PrivatePostgres::DATABASE), url);
    assert_eq!(number(&pool, "SELECT count(*)::int AS number FROM app_user").await, Ok(1), "no error at all");

    tokio::task::spawn_blocking(|| postgres.stop()).await.unwrap().unwrap();
    let error = number(&pool, "SELECT 1 AS number").await.unwrap_err();
    assert!(error.contains("PostgreSQL can't be reached"), "{error}");
}

#[tokio::test]
async fn the_note_of_a_server_that_was_killed_is_no_obstacle() {
    let dir = folder();
    let postgres = start(options(&dir)).await;
    let data = dir.path().join("postgres/data");
    tokio::task::spawn_blocking(|| postgres.stop()).await.unwrap().unwrap();
    // Left by a server that was killed, and its number is somebody else's now: ours.
    std::fs::write(data.join("postmaster.pid"), format!("{}\n{}\n", std::process::id(), data.display()))
        .unwrap();
    let postgres = start(options(&dir)).await;
    assert!(AsyncPgConnection::establish(&postgres.url("postgres")).await.is_ok());
}

#[tokio::test]
async fn a_failed_start_says_why() {
    let dir = folder();
    let wanted = options(&dir);
    let postgres = start(wanted.clone()).await;
    tokio::task::spawn_blocking(|| postgres.stop()).await.unwrap().unwrap();
    std::fs::write(dir.path().join("postgres/data/postgresql.conf"), "no such setting = 1\n").unwrap();
    let error = tokio::task::spawn_blocking(|| PrivatePostgres::start(wanted).map(|_| ()))
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.to_string().contains("syntax error"), "{error}");
}

#[tokio::test]
async fn one_that_was_killed_comes_back_with_what_was_committed() {
    let dir = folder();
    let postgres = start(PrivateOptions { durable: true, ..options(&dir) }).await;
    let url = postgres.url(PrivatePostgres::DATABASE);
    let pool = Pool::new(&url, 2).unwrap();
    number(&pool, "CREATE TABLE kept AS SELECT 5 AS number").await.unwrap_err(); // it returns no row
    let pid = i32::try_from(postgres.pid()).unwrap();
    // SAFETY: the number is that of a child which nobody has waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
    let _postgres = tokio::task::spawn_blocking(|| postgres.restart()).await.unwrap().unwrap();
    assert_eq!(number(&pool, "SELECT number FROM kept").await, Ok(5));
}
