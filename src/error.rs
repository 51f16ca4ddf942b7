//! One enum for what a client may see; pages and the API dress it differently.

use crate::db::{DbError, is_disk_full};
use crate::storage::StorageError;

/// What went wrong with a request, in words for the person who made it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Absent, or not for this viewer: the two are never told apart.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Nobody is logged in, or what they showed no longer holds.
    #[error("Not authenticated")]
    Unauthorized,
    /// Too often; again after so many seconds.
    #[error("too many attempts to log in; try again in {seconds} seconds")]
    TooMany { seconds: u64 },
    /// More than a person may send within an hour; again after so many seconds.
    #[error("that is more than {limit} {what} within an hour; try again in {} minutes", seconds.div_ceil(60))]
    TooManySent { what: &'static str, limit: u32, seconds: u64 },
    /// The operator switched it off, by this setting.
    #[error("this is switched off here ({0})")]
    FeatureOff(&'static str),
    /// To be seen, but not to be changed, by this viewer.
    #[error("you may not do that")]
    Forbidden,
    /// The same, to anybody who does not show what the text names.
    #[error("{0}")]
    Denied(&'static str),
    /// The request itself is wrong; the text names the field and the limit.
    #[error("{0}")]
    BadRequest(String),
    /// A field of a body or query failed its check.
    #[error("{field}: {message}")]
    Invalid { field: &'static str, message: String },
    /// The thing changed, or is in a state that forbids this.
    #[error("{0}")]
    Conflict(String),
    /// Larger than a limit that the text names.
    #[error("{0}")]
    TooLarge(String),
    /// A byte range outside the object, whose size in bytes is given.
    #[error("the range lies outside the file of {size} bytes")]
    RangeNotSatisfiable { size: u64 },
    /// Out of room or a dependency is down: try later.
    #[error("{0}")]
    Unavailable(String),
    /// No room left where objects are kept, or under the database.
    #[error("there is no room left on the disk; free some space and try again")]
    DiskFull,
    /// Ours: logged with its cause, shown without.
    #[error("something went wrong on our side")]
    Internal(#[source] anyhow::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        if is_disk_full(&error) {
            tracing::error!(%error, "the disk of PostgreSQL is full");
            return Self::DiskFull;
        }
        Self::Internal(anyhow::Error::new(error).context("the database"))
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Connect(reason) => {
                tracing::warn!(reason, "PostgreSQL can't be reached");
                Self::Unavailable("the database can't be reached right now; try again in a moment".into())
            }
            DbError::Query(error) => error.into(),
            error => Self::Internal(anyhow::Error::new(error)),
        }
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::DiskFull => Self::DiskFull,
            StorageError::NotFound(_) => Self::NotFound("File"),
            error => Self::Internal(anyhow::Error::new(error)),
        }
    }
}
