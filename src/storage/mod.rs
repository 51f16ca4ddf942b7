//! Objects on local disk or S3, named only by a StorageKey.
