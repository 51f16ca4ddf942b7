//! The schema, forwards and one step back. The job queue keeps its own tables and its own migrations (`queue::init`).

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{RunQueryDsl, sql_query};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Address, DbError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("src/db/migrations");

/// Key of the advisory lock that keeps two processes from migrating at once ("reflectm").
const LOCK: i64 = 0x7265_666c_6563_746d;

/// A blocking connection, for migrations only.
type Blocking = AsyncConnectionWrapper<AsyncPgConnection>;

/// Brings the schema up to date; the names of the steps that ran.
///
/// # Errors
/// [`DbError::Connect`], or [`DbError::Migrate`] naming the step that failed; the steps before it stay.
pub async fn up(at: impl Into<Address>) -> Result<Vec<String>, DbError> {
    blocking(at.into(), |conn| {
        let done = conn.run_pending_migrations(MIGRATIONS).map_err(failed)?;
        Ok(done.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Takes back the newest step; its name, or `None` when there is none left.
///
/// # Errors
/// As [`up`].
pub async fn down(at: impl Into<Address>) -> Result<Option<String>, DbError> {
    blocking(at.into(), |conn| {
        if conn.applied_migrations().map_err(failed)?.is_empty() {
            return Ok(None);
        }
        conn.revert_last_migration(MIGRATIONS).map(|version| Some(version.to_string())).map_err(failed)
    })
    .await
}

/// Runs the oldest step that has not run yet; its name, or `None` when the schema is up to date.
///
/// # Errors
/// As [`up`].
pub async fn up_one(at: impl Into<Address>) -> Result<Option<String>, DbError> {
    blocking(at.into(), |conn| {
        if !conn.has_pending_migration(MIGRATIONS).map_err(failed)? {
            return Ok(None);
        }
        conn.run_next_migration(MIGRATIONS).map(|version| Some(version.to_string())).map_err(failed)
    })
    .await
}

/// Whether every step has run: false for a database older than this program.
///
/// # Errors
/// As [`up`].
pub async fn is_current(at: impl Into<Address>) -> Result<bool, DbError> {
    blocking(at.into(), |conn| conn.has_pending_migration(MIGRATIONS).map(|pending| !pending).map_err(failed))
        .await
}

/// The versions of every step this program knows, oldest first.
///
/// # Errors
/// As [`up`]; it would be a mistake of this program.
pub fn known() -> Result<Vec<String>, DbError> {
    let steps = MigrationSource::<diesel::pg::Pg>::migrations(&MIGRATIONS).map_err(failed)?;
    let mut versions: Vec<String> = steps.iter().map(|step| step.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}

/// Makes the database `name`, if it is not there, on the server at `url`.
pub(super) fn create_database(url: &str, name: &str) -> Result<(), DbError> {
    let mut conn = <Blocking as diesel::Connection>::establish(url)
        .map_err(|error| DbError::Connect(error.to_string()))?;
    let exists = sql_query("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind::<diesel::sql_types::Text, _>(name)
        .execute(&mut conn)?;
    if exists == 0 {
        conn.batch_execute(&format!("CREATE DATABASE \"{name}\""))?;
    }
    Ok(())
}

/// The wrapper blocks, which no thread of a runtime may: hence one that may.
async fn blocking<T: Send + 'static>(
    address: Address,
    work: impl FnOnce(&mut Blocking) -> Result<T, DbError> + Send + 'static,
) -> Result<T, DbError> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut conn = Blocking::from(runtime.block_on(address.connect())?);
        sql_query("SELECT pg_advisory_lock($1)")
            .bind::<diesel::sql_types::BigInt, _>(LOCK)
            .execute(&mut conn)?;
        let outcome = work(&mut conn);
        // Closing the connection releases the lock too; this is for a server that is slow to notice.
        let _ = sql_query("SELECT pg_advisory_unlock($1)")
            .bind::<diesel::sql_types::BigInt, _>(LOCK)
            .execute(&mut conn);
        outcome
    })
    .await
    .map_err(|error| DbError::Migrate(error.to_string()))?
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    DbError::Migrate(error.to_string())
}
