//! What rooms' webhooks were told, and what they answered last: a short log for the room's owner.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::text_enum::text_enum;
use crate::db::schema::webhook_delivery;
use crate::ids::{DeliveryId, RoomId, TranscriptId};

/// Deliveries of a room that are kept; older ones that wait for nothing are forgotten.
pub const KEPT: i64 = 100;

text_enum! {
    /// What happened; the ancestor's words.
    DeliveryEvent {
        Completed = "transcript.completed",
        /// A person asks whether the receiver is there.
        Test = "test",
    }
}

text_enum! {
    /// Where a delivery stands.
    DeliveryStatus {
        /// For its first attempt, or the next one.
        Waiting = "waiting",
        Delivered = "delivered",
        /// For good, unless a person has it tried again.
        Failed = "failed",
    }
}

/// An event on its way to a receiver.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = webhook_delivery)]
pub struct Delivery {
    pub id: DeliveryId,
    pub room_id: RoomId,
    pub transcript_id: Option<TranscriptId>,
    /// Of the transcript.
    pub run: i32,
    pub event: DeliveryEvent,
    pub status: DeliveryStatus,
    /// Begun so far.
    pub attempts: i32,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    pub tried_at: Option<DateTime<Utc>>,
    pub duration_ms: Option<i32>,
    /// HTTP's.
    pub answer_status: Option<i32>,
    /// The beginning of what was answered.
    pub answer: Option<String>,
    /// Why it was not delivered.
    pub error: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = webhook_delivery, treat_none_as_null = true)]
pub struct Attempted {
    pub duration_ms: Option<i32>,
    pub answer_status: Option<i32>,
    pub answer: Option<String>,
    pub error: Option<String>,
}

/// Notes that a transcript of a room is finished, in the caller's transaction. `None` when that is known of this run.
///
/// # Errors
/// Those of the database.
pub async fn plan(
    conn: &mut AsyncPgConnection,
    room: RoomId,
    transcript: TranscriptId,
    run: i32,
    now: DateTime<Utc>,
) -> QueryResult<Option<DeliveryId>> {
    let planned = diesel::insert_into(webhook_delivery::table)
        .values((
            webhook_delivery::id.eq(DeliveryId::new()),
            webhook_delivery::room_id.eq(room),
            webhook_delivery::transcript_id.eq(Some(transcript)),
            webhook_delivery::run.eq(run),
            webhook_delivery::event.eq(DeliveryEvent::Completed),
            webhook_delivery::status.eq(DeliveryStatus::Waiting),
            webhook_delivery::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(webhook_delivery::id)
        .get_result(conn)
        .await
        .optional()?;
    trim(conn, room).await?;
    Ok(planned)
}

/// Notes a test that was made, with its outcome.
///
/// # Errors
/// Those of the database.
pub async fn tested(
    conn: &mut AsyncPgConnection,
    id: DeliveryId,
    room: RoomId,
    delivered: bool,
    attempted: &Attempted,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let status = if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed };
    diesel::insert_into(webhook_delivery::table)
        .values((
            webhook_delivery::id.eq(id),
            webhook_delivery::room_id.eq(room),
            webhook_delivery::event.eq(DeliveryEvent::Test),
            webhook_delivery::status.eq(status),
            webhook_delivery::attempts.eq(1),
            webhook_delivery::created_at.eq(now),
            webhook_delivery::tried_at.eq(now),
            webhook_delivery::duration_ms.eq(attempted.duration_ms),
            webhook_delivery::answer_status.eq(attempted.answer_status),
            webhook_delivery::answer.eq(&attempted.answer),
            webhook_delivery::error.eq(&attempted.error),
        ))
        .execute(conn)
        .await?;
    trim(conn, room).await
}

/// Keeps the newest [`KEPT`] of a room, and whatever still waits.
async fn trim(conn: &mut AsyncPgConnection, room: RoomId) -> QueryResult<()> {
    let newest = diesel::alias!(webhook_delivery as newest);
    let kept = newest
        .filter(newest.field(webhook_delivery::room_id).eq(room))
        .order((newest.field(webhook_delivery::created_at).desc(), newest.field(webhook_delivery::id).desc()))
        .limit(KEPT)
        .select(newest.field(webhook_delivery::id));
    let old = webhook_delivery::table
        .filter(webhook_delivery::room_id.eq(room))
        .filter(webhook_delivery::status.ne(DeliveryStatus::Waiting))
        .filter(webhook_delivery::id.ne_all(kept));
    diesel::delete(old).execute(conn).await.map(|_| ())
}

/// Counts an attempt that begins; `None` when there is nothing to deliver any more.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    id: DeliveryId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Delivery>> {
    let waiting =
        webhook_delivery::table.find(id).filter(webhook_delivery::status.eq(DeliveryStatus::Waiting));
    diesel::update(waiting)
        .set((
            webhook_delivery::attempts.eq(webhook_delivery::attempts + 1),
            webhook_delivery::tried_at.eq(Some(now)),
        ))
        .returning(Delivery::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Notes how an attempt ended, and where the delivery stands now.
///
/// # Errors
/// Those of the database.
pub async fn conclude(
    conn: &mut AsyncPgConnection,
    id: DeliveryId,
    status: DeliveryStatus,
    attempted: &Attempted,
) -> QueryResult<()> {
    diesel::update(webhook_delivery::table.find(id))
        .set((webhook_delivery::status.eq(status), attempted))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Has it wait for an attempt again, in the caller's transaction; false when the room has no such delivery, or it was a test.
///
/// # Errors
/// Those of the database.
pub async fn again(conn: &mut AsyncPgConnection, room: RoomId, id: DeliveryId) -> QueryResult<bool> {
    let theirs = webhook_delivery::table
        .find(id)
        .filter(webhook_delivery::room_id.eq(room))
        .filter(webhook_delivery::event.eq(DeliveryEvent::Completed));
    diesel::update(theirs)
        .set(webhook_delivery::status.eq(DeliveryStatus::Waiting))
        .execute(conn)
        .await
        .map(|rows| rows == 1)
}

/// A room's deliveries, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, room: RoomId, limit: i64) -> QueryResult<Vec<Delivery>> {
    Delivery::query()
        .filter(webhook_delivery::room_id.eq(room))
        .order((webhook_delivery::created_at.desc(), webhook_delivery::id.desc()))
        .limit(limit)
        .load(conn)
        .await
}
