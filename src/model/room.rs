//! Rooms: which transcripts belong together, for whom, and who is told when one is finished.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Bool;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::audit::{self, Action, Actor, Thing};
use super::text_enum::text_enum;
use super::user::Viewer;
use crate::db::schema::room;
use crate::ids::{RoomId, UserId};

/// What the name of a room reads as when it is gone.
pub const DELETED: &str = "Deleted Room";

text_enum! {
    /// How many people its meetings are for.
    RoomMode { Normal = "normal", Group = "group" }
}

text_enum! {
    /// Where its meetings are recorded.
    RecordingType { None = "none", Local = "local", Cloud = "cloud" }
}

text_enum! {
    /// When that begins.
    RecordingTrigger {
        None = "none",
        Prompt = "prompt",
        Automatic = "automatic",
        SecondParticipant = "automatic-2nd-participant",
    }
}

text_enum! {
    /// Who carries its meetings.
    Platform { Whereby = "whereby", Daily = "daily", Livekit = "livekit" }
}

/// A room.
#[derive(Clone, HasQuery)]
#[diesel(table_name = room)]
pub struct Room {
    pub id: RoomId,
    pub name: String,
    /// `None`: nobody's.
    pub user_id: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub zulip_auto_post: bool,
    pub zulip_stream: Option<String>,
    pub zulip_topic: Option<String>,
    pub is_locked: bool,
    pub room_mode: RoomMode,
    pub recording_type: RecordingType,
    pub recording_trigger: RecordingTrigger,
    /// Everybody who is logged in may see it and put transcripts into it.
    pub is_shared: bool,
    pub webhook_url: Option<String>,
    /// Never absent where there is an address.
    pub webhook_secret: Option<String>,
    pub ics_url: Option<String>,
    /// Seconds.
    pub ics_fetch_interval: i32,
    pub ics_enabled: bool,
    pub ics_last_sync: Option<DateTime<Utc>>,
    pub ics_last_etag: Option<String>,
    pub platform: Platform,
    pub skip_consent: bool,
    pub email_transcript_to: Option<String>,
    pub store_video: bool,
    /// In the trash since.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// Without addresses and secrets.
impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Room").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Room {
    /// Address and secret of its webhook, if it has one and is not in the trash.
    pub fn webhook(&self) -> Option<(&str, &str)> {
        self.webhook_url.as_deref().zip(self.webhook_secret.as_deref()).filter(|_| self.deleted_at.is_none())
    }
}

/// What may be said of a room; `None` leaves a field alone, `Some(None)` empties it.
#[derive(Clone, Default, Insertable, AsChangeset)]
#[diesel(table_name = room)]
pub struct Patch {
    pub name: Option<String>,
    pub zulip_auto_post: Option<bool>,
    pub zulip_stream: Option<Option<String>>,
    pub zulip_topic: Option<Option<String>>,
    pub is_locked: Option<bool>,
    pub room_mode: Option<RoomMode>,
    pub recording_type: Option<RecordingType>,
    pub recording_trigger: Option<RecordingTrigger>,
    pub is_shared: Option<bool>,
    pub webhook_url: Option<Option<String>>,
    pub webhook_secret: Option<Option<String>>,
    pub ics_url: Option<Option<String>>,
    pub ics_fetch_interval: Option<i32>,
    pub ics_enabled: Option<bool>,
    pub platform: Option<Platform>,
    pub skip_consent: Option<bool>,
    pub email_transcript_to: Option<Option<String>>,
    pub store_video: Option<bool>,
}

/// Adds a room; what `said` leaves open has the table's default, and its platform is the ancestor's.
///
/// # Errors
/// See [`is_taken`]; else those of the database.
pub async fn create(
    conn: &mut AsyncPgConnection,
    owner: Option<UserId>,
    said: &Patch,
    now: DateTime<Utc>,
) -> QueryResult<Room> {
    let said = &Patch { platform: said.platform.or(Some(Platform::Daily)), ..said.clone() };
    diesel::insert_into(room::table)
        .values((room::id.eq(RoomId::new()), room::user_id.eq(owner), room::created_at.eq(now), said))
        .returning(Room::as_returning())
        .get_result(conn)
        .await
}

/// Changes a room, in the trash or not; `None` when there is none.
///
/// # Errors
/// See [`is_taken`]; else those of the database.
pub async fn patch(conn: &mut AsyncPgConnection, id: RoomId, patch: &Patch) -> QueryResult<Option<Room>> {
    diesel::update(room::table.find(id))
        // The name stands for "something": a statement that sets nothing is none.
        .set((room::id.eq(id), patch))
        .returning(Room::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Whether it failed because another room has that name.
pub fn is_taken(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, about) => {
            about.constraint_name() == Some("room_name")
        }
        _ => false,
    }
}

/// The room with this id, deleted or not; `policy` says what a viewer may do with it.
///
/// # Errors
/// Those of the database.
pub async fn get(conn: &mut AsyncPgConnection, id: RoomId) -> QueryResult<Option<Room>> {
    Room::query().find(id).first(conn).await.optional()
}

/// The room that has this name now.
///
/// # Errors
/// Those of the database.
pub async fn by_name(conn: &mut AsyncPgConnection, name: &str) -> QueryResult<Option<Room>> {
    Room::query().filter(room::name.eq(name).and(room::deleted_at.is_null())).first(conn).await.optional()
}

/// How many rooms somebody has, those in the trash aside.
///
/// # Errors
/// Those of the database.
pub async fn count(conn: &mut AsyncPgConnection, owner: Option<UserId>) -> QueryResult<i64> {
    room::table
        .filter(room::user_id.is_not_distinct_from(owner).and(room::deleted_at.is_null()))
        .select(count_star())
        .first(conn)
        .await
}

/// A page of the rooms that a viewer's list shows, the newest first, and how many there are on all. `page` counts from 1.
///
/// # Errors
/// Those of the database.
pub async fn list(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    page: i64,
    size: i64,
) -> QueryResult<(Vec<Room>, i64)> {
    let total = listed(viewer).select(count_star()).first(conn).await?;
    let offset = page.max(1).saturating_sub(1).saturating_mul(size);
    Ok((some(conn, viewer, offset, size).await?, total))
}

/// The newest of them.
///
/// # Errors
/// Those of the database.
pub async fn newest(conn: &mut AsyncPgConnection, viewer: Viewer, most: i64) -> QueryResult<Vec<Room>> {
    some(conn, viewer, 0, most).await
}

async fn some(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    offset: i64,
    most: i64,
) -> QueryResult<Vec<Room>> {
    listed(viewer)
        .select(Room::as_select())
        .order((room::created_at.desc(), room::id.desc()))
        .limit(most)
        .offset(offset)
        .load(conn)
        .await
}

/// One's own and those that are shared; where nobody logs in, and for administrators, also what nobody owns.
fn listed(viewer: Viewer) -> room::BoxedQuery<'static, Pg> {
    let query = room::table.filter(room::deleted_at.is_null()).into_boxed();
    let shared = || room::is_shared.nullable();
    match viewer {
        Viewer::Visitor { public: false } => query.filter(diesel::dsl::sql::<Bool>("false")),
        Viewer::Key { scopes, .. } if !scopes.read => query.filter(diesel::dsl::sql::<Bool>("false")),
        Viewer::Anonymous => query.filter(room::user_id.is_null()),
        Viewer::Visitor { public: true } => query.filter(room::is_shared.or(room::user_id.is_null())),
        Viewer::User(user) | Viewer::Key { user, .. } => query.filter(shared().or(room::user_id.eq(user))),
        Viewer::Admin(user) => query.filter(shared().or(room::user_id.eq(user)).or(room::user_id.is_null())),
    }
}

/// What rooms are called, for those who see a transcript in them.
///
/// # Errors
/// Those of the database.
pub async fn names(
    mut conn: &AsyncPgConnection,
    ids: impl IntoIterator<Item = RoomId>,
) -> QueryResult<HashMap<RoomId, String>> {
    let ids: Vec<RoomId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(RoomId, String, Option<DateTime<Utc>>)> = room::table
        .filter(room::id.eq_any(ids))
        .select((room::id, room::name, room::deleted_at))
        .load(&mut conn)
        .await?;
    let shown = |name, deleted: Option<_>| if deleted.is_some() { DELETED.to_owned() } else { name };
    Ok(rows.into_iter().map(|(id, name, deleted)| (id, shown(name, deleted))).collect())
}

/// Moves a room to the trash; false when it was there already, or is not at all. Its transcripts stay.
///
/// # Errors
/// Those of the database.
pub async fn delete(conn: &mut AsyncPgConnection, id: RoomId, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(room::table.find(id).filter(room::deleted_at.is_null()))
        .set(room::deleted_at.eq(Some(now)))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Takes it out of the trash; false when it was not there.
///
/// # Errors
/// See [`is_taken`]; else those of the database.
pub async fn restore(conn: &mut AsyncPgConnection, id: RoomId) -> QueryResult<bool> {
    diesel::update(room::table.find(id).filter(room::deleted_at.is_not_null()))
        .set(room::deleted_at.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// Removes for good what was put into the trash before `before`; the audit log has it.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    conn.transaction(async |conn| {
        let gone: Vec<RoomId> = diesel::delete(room::table.filter(room::deleted_at.lt(before)))
            .returning(room::id)
            .get_results(conn)
            .await?;
        for id in &gone {
            let now = crate::clock::now();
            audit::note(conn, Actor::program(), Action::Expire, Thing::Room(*id), now).await?;
        }
        Ok(gone.len())
    })
    .await
}
