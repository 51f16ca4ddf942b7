//! What addresses to listen at are bound to.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::{instance_secret, transcript};
use crate::ids::TranscriptId;

/// What this installation signs with, made with its database.
///
/// # Errors
/// Those of the database.
pub async fn secret(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    instance_secret::table.select(instance_secret::secret).first(conn).await
}

/// A number that grows whenever it changes who may read or hear a transcript; `None` when there is no such one.
///
/// # Errors
/// Those of the database.
pub async fn rights(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<Option<i32>> {
    transcript::table.find(id).select(transcript::rights_seq).first(conn).await.optional()
}
