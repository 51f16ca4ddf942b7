//! Transcripts: what a person sees and owns.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::search;
use super::text_enum::text_enum;
use crate::db::schema::transcript;
use crate::ids::{RecordingId, RoomId, TranscriptId, UserId};

mod list;

pub(super) use list::escape_like;
pub use list::{Filter, ListItem, ListOrder, PAGE_SIZE_MAX, Page, is_listed, items, list};

text_enum! {
    /// Where a transcript stands; the ancestor's words.
    Status {
        /// Nothing recorded yet.
        Idle = "idle",
        /// The recording is here; work has not begun.
        Uploaded = "uploaded",
        Recording = "recording",
        Processing = "processing",
        /// A stage failed for good; what the others made is there.
        Error = "error",
        Ended = "ended",
    }
}

text_enum! {
    /// Who may read it besides its owner.
    ShareMode {
        Private = "private",
        /// Everybody who is logged in.
        SemiPrivate = "semi-private",
        Public = "public",
    }
}

text_enum! {
    /// Where its sound comes from.
    SourceKind { Room = "room", Live = "live", File = "file" }
}

/// A transcript's own row. For the title and summaries that are shown see [`super::TranscriptView`].
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = transcript)]
pub struct Transcript {
    pub id: TranscriptId,
    pub name: String,
    pub status: Status,
    /// Blocks upload and processing.
    pub locked: bool,
    /// Number of the newest run; 0 before the first.
    pub run: i32,
    /// Milliseconds; 0 until known.
    pub duration: f64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// A person's title; `None` leaves it to the machine. So with the two summaries.
    pub title: Option<String>,
    pub short_summary: Option<String>,
    pub long_summary: Option<String>,
    pub share_mode: ShareMode,
    pub source_language: String,
    pub target_language: String,
    pub reviewed: bool,
    pub source_kind: SourceKind,
    /// `None`: owned by nobody, open to everybody who reaches the server.
    pub user_id: Option<UserId>,
    pub meeting_id: Option<Uuid>,
    pub recording_id: Option<RecordingId>,
    pub room_id: Option<RoomId>,
    pub audio_deleted: bool,
    /// Grows with every change of any transcript.
    pub change_seq: i64,
    /// In the trash since.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Names and special words to expect in the recording; empty: none.
    pub vocabulary: String,
    /// Channels that carry a side of their own and are heard each by itself; 1 where all is heard as one.
    pub channels: i16,
    /// What people write about it in words of their own: plain text with line breaks; empty: none. Not everybody who may read the rest
    /// may read it: see `policy`.
    pub notes: String,
}

impl Transcript {
    /// Seconds; 0 until known.
    pub fn seconds(&self) -> f64 {
        self.duration / 1000.0
    }
}

/// What a new transcript is made from.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = transcript)]
pub struct NewTranscript {
    pub id: TranscriptId,
    pub name: String,
    pub source_language: String,
    pub target_language: String,
    pub source_kind: SourceKind,
    pub share_mode: ShareMode,
    pub user_id: Option<UserId>,
    pub room_id: Option<RoomId>,
    pub vocabulary: String,
}

impl NewTranscript {
    /// One that is made from a file: nobody's, private, in English.
    pub fn of_file(name: impl Into<String>) -> Self {
        Self {
            id: TranscriptId::new(),
            name: name.into(),
            source_language: "en".into(),
            target_language: "en".into(),
            source_kind: SourceKind::File,
            share_mode: ShareMode::Private,
            user_id: None,
            room_id: None,
            vocabulary: String::new(),
        }
    }
}

/// What a person may change; `None` leaves a field alone, `Some(None)` gives it back to the machine.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = transcript)]
pub struct Patch {
    pub name: Option<String>,
    pub locked: Option<bool>,
    pub title: Option<Option<String>>,
    pub short_summary: Option<Option<String>>,
    pub long_summary: Option<Option<String>>,
    pub share_mode: Option<ShareMode>,
    pub source_language: Option<String>,
    pub target_language: Option<String>,
    pub reviewed: Option<bool>,
    pub audio_deleted: Option<bool>,
    pub vocabulary: Option<String>,
    /// `Some(None)` takes it out of its room.
    pub room_id: Option<Option<RoomId>>,
    pub notes: Option<String>,
}

impl Patch {
    fn is_empty(&self) -> bool {
        let Self {
            name,
            locked,
            title,
            short_summary,
            long_summary,
            share_mode,
            source_language,
            target_language,
            reviewed,
            audio_deleted,
            vocabulary,
            room_id,
            notes,
        } = self;
        let texts =
            [name, source_language, target_language, vocabulary, notes].iter().all(|field| field.is_none());
        let overrides = [title, short_summary, long_summary].iter().all(|field| field.is_none());
        let flags = [locked, reviewed, audio_deleted].iter().all(|field| field.is_none());
        texts && overrides && flags && share_mode.is_none() && room_id.is_none()
    }
}

/// Adds a transcript.
///
/// # Errors
/// Those of the database.
pub async fn create(conn: &mut AsyncPgConnection, new: &NewTranscript) -> QueryResult<Transcript> {
    conn.transaction(async |conn| {
        let created = diesel::insert_into(transcript::table)
            .values(new)
            .returning(Transcript::as_returning())
            .get_result(conn)
            .await?;
        search::refresh_front(conn, new.id).await?;
        Ok(created)
    })
    .await
}

/// The transcript with this id, deleted or not; `policy` says what a viewer may do with it.
///
/// # Errors
/// Those of the database.
pub async fn get(mut conn: &AsyncPgConnection, id: TranscriptId) -> QueryResult<Option<Transcript>> {
    Transcript::query().find(id).first(&mut conn).await.optional()
}

/// The same, held still until the caller's transaction ends.
///
/// # Errors
/// Those of the database.
pub async fn get_locked(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<Option<Transcript>> {
    // Not FOR UPDATE: rows that refer to the transcript may be added meanwhile.
    Transcript::query().find(id).for_no_key_update().first(conn).await.optional()
}

/// Holds several still until the caller's transaction ends, always in the same order: two who change the same ones don't wait for each
/// other for ever.
///
/// # Errors
/// Those of the database.
pub async fn hold(conn: &mut AsyncPgConnection, ids: &[TranscriptId]) -> QueryResult<()> {
    let these = transcript::table.filter(transcript::id.eq_any(ids)).select(transcript::id);
    let _held: Vec<TranscriptId> = these.order(transcript::id.asc()).for_no_key_update().load(conn).await?;
    Ok(())
}

/// Changes fields; `None` when there is no such transcript.
///
/// # Errors
/// Those of the database.
pub async fn patch(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    patch: &Patch,
) -> QueryResult<Option<Transcript>> {
    if patch.is_empty() {
        return get(conn, id).await;
    }
    conn.transaction(async |conn| {
        let patched = diesel::update(transcript::table.find(id))
            .set(patch)
            .returning(Transcript::as_returning())
            .get_result(conn)
            .await
            .optional()?;
        search::refresh_front(conn, id).await?;
        Ok(patched)
    })
    .await
}

/// Notes how long the recording is, in milliseconds.
///
/// # Errors
/// Those of the database.
pub async fn set_duration(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    milliseconds: f64,
) -> QueryResult<()> {
    diesel::update(transcript::table.find(id))
        .set(transcript::duration.eq(milliseconds))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Sets the status; stages set it themselves.
///
/// # Errors
/// Those of the database.
pub async fn set_status(conn: &mut AsyncPgConnection, id: TranscriptId, status: Status) -> QueryResult<()> {
    diesel::update(transcript::table.find(id))
        .set(transcript::status.eq(status))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Notes how many of the recording's channels carry a side of their own: see [`Transcript::channels`].
///
/// # Errors
/// Those of the database.
pub async fn set_channels(conn: &mut AsyncPgConnection, id: TranscriptId, channels: i16) -> QueryResult<()> {
    diesel::update(transcript::table.find(id))
        .set(transcript::channels.eq(channels))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Marks a transcript as changed when something that belongs to it was: readers poll by `change_seq`.
///
/// # Errors
/// Those of the database.
pub async fn touch(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<()> {
    diesel::update(transcript::table.find(id))
        .set(transcript::updated_at.eq(diesel::dsl::now))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Moves a transcript to the trash; false when it was there already, or is not at all.
///
/// # Errors
/// Those of the database.
pub async fn delete(conn: &mut AsyncPgConnection, id: TranscriptId, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(transcript::table.find(id).filter(transcript::deleted_at.is_null()))
        .set(transcript::deleted_at.eq(Some(now)))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// What was moved to the trash at exactly this moment (to the microsecond): several that were moved at once.
///
/// # Errors
/// Those of the database.
pub async fn deleted_at(conn: &mut AsyncPgConnection, moment: DateTime<Utc>) -> QueryResult<Vec<Transcript>> {
    Transcript::query().filter(transcript::deleted_at.eq(moment)).order(transcript::id.asc()).load(conn).await
}

/// Takes it out of the trash; false when it was not there. Its work goes on with `jobs::restore`.
///
/// # Errors
/// Those of the database.
pub async fn restore(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<bool> {
    diesel::update(transcript::table.find(id).filter(transcript::deleted_at.is_not_null()))
        .set(transcript::deleted_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Removes a transcript that is in the trash, with everything that was made of it; false when it is not there.
/// Its objects in storage are the caller's to remove, or the sweep's.
///
/// # Errors
/// Those of the database.
pub async fn destroy(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<bool> {
    diesel::delete(transcript::table.find(id).filter(transcript::deleted_at.is_not_null()))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}
