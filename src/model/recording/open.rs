//! Recordings that are still being made: nobody knows yet of how many parts they will be.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Recording, RecordingStatus, parts, settle};
use crate::db::schema::{recording, transcript, upload_part};
use crate::ids::{RecordingId, UserId};
use crate::model::transcript::{Status, Transcript, set_status};

/// What came of ending one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It is complete now.
    Complete {
        /// Bytes of all parts.
        size: i64,
    },
    /// It was complete already: nothing was changed.
    Already,
    /// These parts have not arrived (the first few of them).
    Missing(Vec<i32>),
    /// No part has arrived.
    Nothing,
    /// It is an upload of so many parts, which ends with the last of them.
    Counted(i32),
    /// There is no such recording.
    Unknown,
}

/// Ends a recording, in the caller's transaction, which also starts the work: with `total` parts, all of which must be there, or,
/// with `None`, with what has arrived, whatever is missing in between.
///
/// # Errors
/// Those of the database.
pub async fn end(
    conn: &mut AsyncPgConnection,
    id: RecordingId,
    total: Option<i32>,
    now: DateTime<Utc>,
) -> QueryResult<End> {
    let found = Recording::query().find(id).for_no_key_update().first(conn).await.optional()?;
    let Some(found) = found else { return Ok(End::Unknown) };
    match found.total_parts {
        _ if found.status == RecordingStatus::Complete => return Ok(End::Already),
        Some(total) => return Ok(End::Counted(total)),
        None => {}
    }
    let parts = parts(conn, id).await?;
    let Some(last) = parts.last() else { return Ok(End::Nothing) };
    let known: std::collections::BTreeSet<i32> = parts.iter().map(|part| part.part).collect();
    let missing: Vec<i32> = (0..total.unwrap_or(0)).filter(|part| !known.contains(part)).take(100).collect();
    if !missing.is_empty() {
        return Ok(End::Missing(missing));
    }
    let total = total.unwrap_or(last.part + 1);
    let size = parts.iter().filter(|part| part.part < total).map(|part| part.size).sum();
    settle(conn, &found, total, size, now).await?;
    Ok(End::Complete { size })
}

/// Those that have been silent since `before`, outside of the trash; the oldest first.
///
/// # Errors
/// Those of the database.
pub async fn silent(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<Vec<Recording>> {
    let fresh = upload_part::table
        .filter(upload_part::recording_id.eq(recording::id))
        .filter(upload_part::received_at.ge(before));
    let trashed = transcript::table
        .filter(transcript::id.eq(recording::transcript_id))
        .filter(transcript::deleted_at.is_not_null());
    Recording::query()
        .filter(recording::status.eq(RecordingStatus::Pending))
        .filter(recording::total_parts.is_null())
        .filter(recording::deleted_at.is_null())
        .filter(recording::created_at.lt(before))
        .filter(not(exists(fresh)))
        .filter(not(exists(trashed)))
        .order(recording::created_at.asc())
        .limit(1000)
        .load(conn)
        .await
}

/// Forgets one of which nothing ever arrived, in the caller's transaction. False when something has by now.
///
/// # Errors
/// Those of the database.
pub async fn forget_empty(conn: &mut AsyncPgConnection, empty: &Recording) -> QueryResult<bool> {
    let parts = upload_part::table.filter(upload_part::recording_id.eq(recording::id));
    let gone = diesel::delete(
        recording::table
            .find(empty.id)
            .filter(recording::status.eq(RecordingStatus::Pending))
            .filter(not(exists(parts))),
    )
    .execute(conn)
    .await?;
    if gone == 1 {
        set_status(conn, empty.transcript_id, Status::Idle).await?;
    }
    Ok(gone == 1)
}

/// A person's transcripts that are still being recorded, the newest first, and when the last part came. `None`: those that
/// nobody owns.
///
/// # Errors
/// Those of the database.
pub async fn of_person(
    conn: &mut AsyncPgConnection,
    user: Option<UserId>,
    most: i64,
) -> QueryResult<Vec<(Transcript, Option<DateTime<Utc>>)>> {
    let last = upload_part::table
        .filter(upload_part::recording_id.eq(recording::id))
        .select(max(upload_part::received_at))
        .single_value();
    recording::table
        .inner_join(transcript::table.on(transcript::id.eq(recording::transcript_id)))
        .filter(recording::status.eq(RecordingStatus::Pending))
        .filter(recording::total_parts.is_null())
        .filter(recording::deleted_at.is_null())
        .filter(transcript::deleted_at.is_null())
        .filter(transcript::user_id.is_not_distinct_from(user))
        .order((transcript::created_at.desc(), transcript::id.desc()))
        .limit(most)
        .select((Transcript::as_select(), last))
        .load(conn)
        .await
}
