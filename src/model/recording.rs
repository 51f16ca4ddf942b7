//! Recordings: the media behind a transcript, received in parts. One that is still being made has no known end: see [`open`].

pub mod open;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::text_enum::text_enum;
use crate::db::schema::{recording, transcript, upload_part};
use crate::ids::{RecordingId, TranscriptId};

text_enum! {
    /// Whether all of it is here.
    RecordingStatus { Pending = "pending", Complete = "complete" }
}

/// An upload, under way or complete.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = recording)]
pub struct Recording {
    pub id: RecordingId,
    pub transcript_id: TranscriptId,
    /// As the person's machine called it; never a path of ours.
    pub original_name: String,
    /// As the person's machine believed; the decoder finds out itself.
    pub content_type: String,
    /// Of all parts, once complete.
    pub size_bytes: i64,
    /// `None`: it is still being made.
    pub total_parts: Option<i32>,
    pub status: RecordingStatus,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// One part of an upload, stored as an object of its own.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = upload_part)]
pub struct UploadPart {
    pub recording_id: RecordingId,
    /// From 0.
    pub part: i32,
    /// Bytes.
    pub size: i64,
    /// 64 hexadecimal digits, small.
    pub sha256: String,
    pub received_at: DateTime<Utc>,
    /// From 0: the parts of one take are one media file.
    pub take: i16,
}

/// Why an upload can't be completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It is complete now.
    Complete {
        /// Bytes of all parts.
        size: i64,
    },
    /// It was complete already: nothing was changed.
    Already,
    /// These parts have not arrived (the first few of them).
    Missing(Vec<i32>),
    /// There is no such recording.
    Unknown,
}

/// Begins an upload of `total_parts` parts, or, with `None`, of as many as will come.
///
/// # Errors
/// Those of the database; a foreign key violation when there is no such transcript.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    transcript_id: TranscriptId,
    original_name: &str,
    content_type: &str,
    total_parts: impl Into<Option<i32>> + Send,
) -> QueryResult<Recording> {
    diesel::insert_into(recording::table)
        .values((
            recording::id.eq(RecordingId::new()),
            recording::transcript_id.eq(transcript_id),
            recording::original_name.eq(original_name),
            recording::content_type.eq(content_type),
            recording::total_parts.eq(total_parts.into()),
        ))
        .returning(Recording::as_returning())
        .get_result(conn)
        .await
}

/// The recording with this id.
///
/// # Errors
/// Those of the database.
pub async fn get(conn: &mut AsyncPgConnection, id: RecordingId) -> QueryResult<Option<Recording>> {
    Recording::query().find(id).first(conn).await.optional()
}

/// Every recording of a transcript: complete, under way or given up.
///
/// # Errors
/// Those of the database.
pub async fn of(conn: &mut AsyncPgConnection, transcript_id: TranscriptId) -> QueryResult<Vec<RecordingId>> {
    recording::table
        .filter(recording::transcript_id.eq(transcript_id))
        .select(recording::id)
        .order(recording::id.asc())
        .load(conn)
        .await
}

/// The upload of a transcript that is still under way, if there is one; the newest, should there be several.
///
/// # Errors
/// Those of the database.
pub async fn pending(
    conn: &mut AsyncPgConnection,
    transcript_id: TranscriptId,
) -> QueryResult<Option<Recording>> {
    Recording::query()
        .filter(recording::transcript_id.eq(transcript_id))
        .filter(recording::status.eq(RecordingStatus::Pending))
        .filter(recording::deleted_at.is_null())
        .order(recording::id.desc())
        .first(conn)
        .await
        .optional()
}

/// Which of these transcripts have an upload under way.
///
/// # Errors
/// Those of the database.
pub async fn pending_of(
    conn: &mut AsyncPgConnection,
    transcripts: &[TranscriptId],
) -> QueryResult<HashSet<TranscriptId>> {
    let found: Vec<TranscriptId> = recording::table
        .filter(recording::transcript_id.eq_any(transcripts))
        .filter(recording::status.eq(RecordingStatus::Pending))
        .filter(recording::deleted_at.is_null())
        .select(recording::transcript_id)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Notes that a part is in storage. Sending a part again replaces its note.
///
/// # Errors
/// Those of the database.
pub async fn record_part(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    part: i32,
    size: i64,
    sha256: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    record_part_of_take(conn, id, 0, part, size, sha256, now).await
}

/// As [`record_part`], for a part of any take.
///
/// # Errors
/// Those of the database.
pub async fn record_part_of_take(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    take: i16,
    part: i32,
    size: i64,
    sha256: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let values = (
        upload_part::take.eq(take),
        upload_part::size.eq(size),
        upload_part::sha256.eq(sha256),
        upload_part::received_at.eq(now),
    );
    diesel::insert_into(upload_part::table)
        .values((upload_part::recording_id.eq(id), upload_part::part.eq(part), values))
        .on_conflict((upload_part::recording_id, upload_part::part))
        .do_update()
        .set(values)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes that a part which is in storage came once more.
///
/// # Errors
/// Those of the database.
pub async fn came_again(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    part: i32,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(upload_part::table.find((id, part)))
        .set(upload_part::received_at.eq(now))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The parts that are in storage, in order.
///
/// # Errors
/// Those of the database.
pub async fn parts(conn: &mut AsyncPgConnection, id: RecordingId) -> QueryResult<Vec<UploadPart>> {
    UploadPart::query()
        .filter(upload_part::recording_id.eq(id))
        .order(upload_part::part.asc())
        .load(conn)
        .await
}

/// One part, if it is in storage.
///
/// # Errors
/// Those of the database.
pub async fn part(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    part: i32,
) -> QueryResult<Option<UploadPart>> {
    UploadPart::query().find((id, part)).first(conn).await.optional()
}

/// Bytes of all parts but one.
///
/// # Errors
/// Those of the database.
pub async fn size_without(conn: &mut AsyncPgConnection, id: RecordingId, part: i32) -> QueryResult<u64> {
    // PostgreSQL's sum of such numbers is no such number.
    let sum = sql::<BigInt>("coalesce(sum(size), 0)::bigint");
    let size: i64 = upload_part::table
        .filter(upload_part::recording_id.eq(id).and(upload_part::part.ne(part)))
        .select(sum)
        .first(conn)
        .await?;
    Ok(size.unsigned_abs())
}

/// Completes an upload when all parts are there, in the caller's transaction, which also starts the work
/// ([`super::stage::restart`]). Of several callers at once, one gets [`Completion::Complete`].
///
/// # Errors
/// Those of the database.
pub async fn complete(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    now: DateTime<Utc>,
) -> QueryResult<Completion> {
    let found = Recording::query().find(id).for_no_key_update().first(conn).await.optional()?;
    let Some(found) = found else { return Ok(Completion::Unknown) };
    if found.status == RecordingStatus::Complete {
        return Ok(Completion::Already);
    }
    let parts: std::collections::BTreeMap<i32, i64> =
        parts(conn, id).await?.into_iter().map(|part| (part.part, part.size)).collect();
    // One that is still being made is ended by whoever makes it.
    let Some(total) = found.total_parts else { return Ok(Completion::Missing(Vec::new())) };
    let missing: Vec<i32> = (0..total).filter(|part| !parts.contains_key(part)).take(100).collect();
    if !missing.is_empty() {
        return Ok(Completion::Missing(missing));
    }
    let size = parts.range(..total).map(|(_, size)| size).sum();
    settle(conn, &found, total, size, now).await?;
    Ok(Completion::Complete { size })
}

/// Forgets one in whose place another came, in the caller's transaction. Its objects are the caller's to remove, or the sweep's.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, id: RecordingId) -> QueryResult<()> {
    diesel::delete(recording::table.find(id)).execute(conn).await.map(|_| ())
}

/// Makes a recording the one of its transcript.
async fn settle(
    conn: &mut AsyncPgConnection,
    found: &Recording,
    total: i32,
    size: i64,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(recording::table.find(found.id))
        .set((
            recording::status.eq(RecordingStatus::Complete),
            recording::total_parts.eq(Some(total)),
            recording::size_bytes.eq(size),
            recording::completed_at.eq(Some(now)),
        ))
        .execute(conn)
        .await?;
    diesel::update(transcript::table.find(found.transcript_id))
        .set(transcript::recording_id.eq(Some(found.id)))
        .execute(conn)
        .await
        .map(|_| ())
}
