//! Backups that were finished: what tells how old the last one is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::text_enum::text_enum;
use crate::db::schema::{backup_run, transcript};
use crate::ids::BackupId;

text_enum! {
    /// Where a backup went.
    BackupKind {
        /// A file of ours.
        Archive = "archive",
        /// A restic repository.
        Restic = "restic",
    }
}

/// A backup that was finished and read back.
#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = backup_run)]
pub struct Backup {
    pub id: BackupId,
    pub kind: BackupKind,
    pub finished_at: DateTime<Utc>,
    /// Of the archive; in a restic repository, of what went in.
    pub size_bytes: i64,
    pub objects: i64,
    /// Objects that the database names and the storage had not.
    pub missing: i64,
    pub encrypted: bool,
}

/// Notes a backup.
///
/// # Errors
/// Those of the database.
pub async fn note(conn: &mut AsyncPgConnection, backup: &Backup) -> QueryResult<()> {
    diesel::insert_into(backup_run::table).values(backup).execute(conn).await.map(|_| ())
}

/// The last one, if there was any.
///
/// # Errors
/// Those of the database.
pub async fn last(conn: &mut AsyncPgConnection) -> QueryResult<Option<Backup>> {
    Backup::query().order(backup_run::finished_at.desc()).first(conn).await.optional()
}

/// Since when there is something that a backup would hold: the time of the oldest transcript.
///
/// # Errors
/// Those of the database.
pub async fn something_since(conn: &mut AsyncPgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    transcript::table.select(diesel::dsl::min(transcript::created_at)).first(conn).await
}
