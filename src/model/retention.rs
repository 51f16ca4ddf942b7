//! What was kept long enough: nobody's transcripts of a public site, and what lies in the trash.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::audit::{self, Action, Actor, Thing};
use super::recording;
use crate::db::schema::transcript;
use crate::ids::{RecordingId, TranscriptId};

/// The oldest moments that are still kept; `None`: everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// For what nobody owns: when it was made.
    pub ownerless: Option<DateTime<Utc>>,
    /// For what is in the trash: since when.
    pub trash: Option<DateTime<Utc>>,
}

/// A transcript that is to go.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = transcript)]
pub struct Expired {
    pub id: TranscriptId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    /// In the trash since.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// What `limits` say of a row: a condition for a query of transcripts.
macro_rules! due {
    ($limits:expr) => {{
        // Nothing is older than that.
        let ownerless = $limits.ownerless.unwrap_or(DateTime::UNIX_EPOCH);
        let trash = $limits.trash.unwrap_or(DateTime::UNIX_EPOCH);
        transcript::user_id
            .is_null()
            .and(transcript::created_at.lt(ownerless))
            .or(transcript::deleted_at.is_not_null().and(transcript::deleted_at.assume_not_null().lt(trash)))
    }};
}

/// At most `most` of those to go, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn expired(conn: &mut AsyncPgConnection, limits: Limits, most: i64) -> QueryResult<Vec<Expired>> {
    transcript::table
        .filter(due!(limits))
        .order((transcript::created_at.asc(), transcript::id.asc()))
        .limit(most)
        .select(Expired::as_select())
        .load(conn)
        .await
}

/// How many are to go.
///
/// # Errors
/// Those of the database.
pub async fn count(conn: &mut AsyncPgConnection, limits: Limits) -> QueryResult<i64> {
    transcript::table.filter(due!(limits)).count().get_result(conn).await
}

/// Removes one of them with everything that was made of it, unless it is to stay by now; its recordings, whose objects are the
/// caller's to remove, as the transcript's are. `action`: as what the audit log has it.
///
/// # Errors
/// Those of the database.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    limits: Limits,
    action: Action,
    id: TranscriptId,
) -> QueryResult<Option<Vec<RecordingId>>> {
    conn.transaction(async |conn| {
        let recordings = recording::of(conn, id).await?;
        let removed = diesel::delete(transcript::table.find(id).filter(due!(limits))).execute(conn).await?;
        if removed == 0 {
            return Ok(None);
        }
        audit::note(conn, Actor::program(), action, Thing::Transcript(id), crate::clock::now()).await?;
        Ok(Some(recordings))
    })
    .await
}
