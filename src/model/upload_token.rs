//! Who sends the recording of a transcript that nobody owns: the hash of what they show.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::upload_token;
use crate::ids::TranscriptId;

/// Makes this hash (SHA-256, hexadecimal digits) that of the token of a transcript; false: it has one.
///
/// # Errors
/// Those of the database; a foreign key violation when there is no such transcript.
pub async fn bind(conn: &mut AsyncPgConnection, of: TranscriptId, sha256: &str) -> QueryResult<bool> {
    diesel::insert_into(upload_token::table)
        .values((upload_token::transcript_id.eq(of), upload_token::sha256.eq(sha256)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// The hash of a transcript's token, if it has one.
///
/// # Errors
/// Those of the database.
pub async fn of(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<Option<String>> {
    upload_token::table.find(id).select(upload_token::sha256).first(conn).await.optional()
}
