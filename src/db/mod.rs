//! Pools, migrations and the schema as diesel sees it.

mod address;
pub mod migrate;
pub mod pool;
pub mod private;
pub mod schema;
pub mod survey;

pub use address::{Address, Proof};
pub use pool::{Connection, Pool};

/// What can go wrong with the database as such.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Nobody answers, or not in time, or it refuses us.
    #[error("PostgreSQL can't be reached: {0}")]
    Connect(String),
    /// A statement failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The schema could not be brought to where it should be.
    #[error("migrating the database: {0}")]
    Migrate(String),
    /// The private PostgreSQL could not be started.
    #[error("the private PostgreSQL: {0}")]
    Private(String),
}

/// Whether PostgreSQL refused because its disk is full. diesel keeps no code of that (53100), so the system's words tell.
pub fn is_disk_full(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    let Error::DatabaseError(DatabaseErrorKind::Unknown, about) = error else { return false };
    ["No space left on device", "Disk quota exceeded"].iter().any(|sign| about.message().contains(sign))
        || about.hint() == Some("Check free disk space.")
}
