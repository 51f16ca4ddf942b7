use super::StorageKey;

/// Why an object can't be kept or had.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("there is no object {0}")]
    NotFound(StorageKey),
    /// No room left; nothing of the object is visible.
    #[error("there is no room left where recordings are kept (storage)")]
    DiskFull,
    /// The sender broke off or sent an error; nothing of the object is visible.
    #[error("the data broke off: {0}")]
    Source(std::io::Error),
    #[error("storage: {0}")]
    Io(std::io::Error),
    /// The cause may hold the server's own words: for logs and operators, not for those who use the pages.
    #[error("the object store can't be reached, or refuses")]
    S3(#[from] s3::error::S3Error),
    /// A setting of the store can't be used.
    #[error("the object store: {0}")]
    Settings(String),
}

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}
