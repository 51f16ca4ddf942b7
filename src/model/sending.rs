//! What is sent of transcripts: letters and messages that people ask for, that rooms wish, and that tell an operator of a failure.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::delivery::DeliveryStatus;
use super::text_enum::text_enum;
use crate::db::schema::{app_user, sending, zulip_message};
use crate::ids::{RoomId, SendingId, TranscriptId, UserId};

/// Key of the advisory lock of whoever asks for something to be sent ("reflects").
const LOCK: i64 = 0x7265_666c_6563_7473;

text_enum! {
    /// By whose wish it is sent.
    Purpose {
        /// Somebody asked for it.
        Asked = "asked",
        /// The transcript's room wishes it.
        Room = "room",
        /// The operator wants to know of failures.
        Failure = "failure",
    }
}

text_enum! {
    /// By what.
    Channel { Email = "email", Zulip = "zulip", Webhook = "webhook" }
}

/// What is to be sent.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sending)]
pub struct Wish {
    pub transcript_id: TranscriptId,
    pub purpose: Purpose,
    pub channel: Channel,
    /// An e-mail address, or a stream.
    pub target: String,
    /// Of that stream.
    pub topic: Option<String>,
    pub include_topics: bool,
    pub room_id: Option<RoomId>,
    /// Who asked; `None` also where nobody logs in.
    pub user_id: Option<UserId>,
    /// Of the transcript.
    pub run: i32,
    /// Why it failed, where that is what is told.
    pub reason: Option<String>,
}

/// Something on its way, or arrived, or not.
#[derive(Clone, Debug, HasQuery)]
#[diesel(table_name = sending)]
pub struct Sending {
    pub id: SendingId,
    #[diesel(embed)]
    pub wish: Wish,
    pub status: DeliveryStatus,
    /// Begun so far.
    pub attempts: i32,
    pub created_at: DateTime<Utc>,
    pub tried_at: Option<DateTime<Utc>>,
    /// Why the last attempt did not succeed.
    pub error: Option<String>,
}

/// Why nothing was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// When so many were asked for that the next may be.
    pub oldest: DateTime<Utc>,
}

/// Notes what somebody asks for, in the caller's transaction, unless they had more than `most` sent by that channel since `since`.
/// What they have waiting to be sent to the same place is not noted twice: its id is given.
///
/// # Errors
/// Those of the database.
pub async fn ask(
    conn: &mut AsyncPgConnection,
    wanted: &[Wish],
    (since, now): (DateTime<Utc>, DateTime<Utc>),
    most: i64,
) -> QueryResult<Result<Vec<SendingId>, TooMany>> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(LOCK)
        .execute(conn)
        .await?;
    let mut ids = Vec::new();
    for one in wanted {
        let same = sending::table
            .filter(sending::transcript_id.eq(one.transcript_id))
            .filter(sending::purpose.eq(Purpose::Asked))
            .filter(sending::channel.eq(one.channel))
            .filter(sending::target.eq(&one.target))
            .filter(sending::topic.is_not_distinct_from(&one.topic))
            .filter(sending::user_id.is_not_distinct_from(one.user_id))
            .filter(sending::status.eq(DeliveryStatus::Waiting))
            // One that is on its way just now may have been written before what was corrected since.
            .filter(sending::attempts.eq(0).or(sending::error.is_not_null()));
        let waiting = diesel::update(same)
            .set(sending::include_topics.eq(one.include_topics))
            .returning(sending::id)
            .get_results::<SendingId>(conn)
            .await?;
        if let Some(id) = waiting.into_iter().next() {
            ids.push(id);
            continue;
        }
        let asked: Vec<DateTime<Utc>> = sending::table
            .filter(sending::purpose.eq(Purpose::Asked))
            .filter(sending::channel.eq(one.channel))
            .filter(sending::user_id.is_not_distinct_from(one.user_id))
            .filter(sending::created_at.gt(since))
            .order(sending::created_at.desc())
            .limit(most)
            .select(sending::created_at)
            .load(conn)
            .await?;
        if let (Some(oldest), true) =
            (asked.last(), i64::try_from(asked.len()).is_ok_and(|have| have >= most))
        {
            return Ok(Err(TooMany { oldest: *oldest }));
        }
        ids.extend(plan(conn, one, now).await?);
    }
    Ok(Ok(ids))
}

/// Notes what is to be sent, in the caller's transaction; `None` when it is sent by itself and noted of this run already.
///
/// # Errors
/// Those of the database.
pub async fn plan(
    conn: &mut AsyncPgConnection,
    one: &Wish,
    now: DateTime<Utc>,
) -> QueryResult<Option<SendingId>> {
    diesel::insert_into(sending::table)
        .values((
            sending::id.eq(SendingId::new()),
            sending::status.eq(DeliveryStatus::Waiting),
            sending::created_at.eq(now),
            one,
        ))
        .on_conflict_do_nothing()
        .returning(sending::id)
        .get_result(conn)
        .await
        .optional()
}

/// Counts an attempt that begins; `None` when there is nothing to send any more.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    id: SendingId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Sending>> {
    let waiting = sending::table.find(id).filter(sending::status.eq(DeliveryStatus::Waiting));
    diesel::update(waiting)
        .set((sending::attempts.eq(sending::attempts + 1), sending::tried_at.eq(Some(now))))
        .returning(Sending::as_returning())
        .get_result(conn)
        .await
        .optional()
}

/// Notes how an attempt ended, and where it stands now.
///
/// # Errors
/// Those of the database.
pub async fn conclude(
    conn: &mut AsyncPgConnection,
    id: SendingId,
    status: DeliveryStatus,
    error: Option<&str>,
) -> QueryResult<()> {
    diesel::update(sending::table.find(id))
        .set((sending::status.eq(status), sending::error.eq(error)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// Has what failed wait for an attempt again, in the caller's transaction; false when the transcript has no such thing, or it is not for
/// this person.
///
/// # Errors
/// Those of the database.
pub async fn again(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    id: SendingId,
    whose: Whose,
) -> QueryResult<bool> {
    let failed = sending::table
        .find(id)
        .filter(sending::transcript_id.eq(transcript))
        .filter(sending::purpose.ne(Purpose::Failure))
        .filter(sending::status.eq(DeliveryStatus::Failed));
    let set = sending::status.eq(DeliveryStatus::Waiting);
    let done = match whose {
        Whose::All => diesel::update(failed).set(set).execute(conn).await?,
        Whose::Of(user) => {
            diesel::update(failed.filter(sending::user_id.eq(user))).set(set).execute(conn).await?
        }
    };
    Ok(done == 1)
}

/// Which of a transcript's somebody may know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All that people and rooms sent: for whoever owns it.
    All,
    /// What this person asked for.
    Of(UserId),
}

/// What was sent of a transcript, the newest first, and the address of whoever asked. What an operator is told is not in it.
///
/// # Errors
/// Those of the database.
pub async fn list(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    whose: Whose,
    limit: i64,
) -> QueryResult<Vec<(Sending, Option<String>)>> {
    let mut query = sending::table
        .left_join(app_user::table.on(app_user::id.nullable().eq(sending::user_id)))
        .filter(sending::transcript_id.eq(transcript))
        .filter(sending::purpose.ne(Purpose::Failure))
        .into_boxed();
    if let Whose::Of(user) = whose {
        query = query.filter(sending::user_id.eq(user));
    }
    query
        .select((Sending::as_select(), app_user::email.nullable()))
        .order((sending::created_at.desc(), sending::id.desc()))
        .limit(limit)
        .load(conn)
        .await
}

/// A place in Zulip where a transcript's message stands, or is to.
#[derive(Clone, Debug)]
pub struct Place<'p> {
    pub transcript: TranscriptId,
    pub realm: &'p str,
    pub stream: &'p str,
    pub topic: &'p str,
}

/// What [`claim`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's until then; the message that stands there, if one does.
    Ours(Option<i64>),
    /// Somebody else is posting there.
    Taken,
}

/// Claims a place until `until`, so that two who post at once make one message.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    place: &Place<'_>,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<Claim> {
    conn.transaction(async |conn| {
        diesel::insert_into(zulip_message::table)
            .values((
                zulip_message::transcript_id.eq(place.transcript),
                zulip_message::realm.eq(place.realm),
                zulip_message::stream.eq(place.stream),
                zulip_message::topic.eq(place.topic),
            ))
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        let free = zulip_message::table
            .find((place.transcript, place.realm, place.stream, place.topic))
            .filter(zulip_message::claimed_until.is_null().or(zulip_message::claimed_until.le(now)));
        let found: Option<Option<i64>> = diesel::update(free)
            .set(zulip_message::claimed_until.eq(Some(until)))
            .returning(zulip_message::message_id)
            .get_result(conn)
            .await
            .optional()?;
        Ok(found.map_or(Claim::Taken, Claim::Ours))
    })
    .await
}

/// Gives a place back, with the message that stands there now.
///
/// # Errors
/// Those of the database.
pub async fn release(
    conn: &mut AsyncPgConnection,
    place: &Place<'_>,
    message: Option<i64>,
) -> QueryResult<()> {
    diesel::update(zulip_message::table.find((place.transcript, place.realm, place.stream, place.topic)))
        .set((zulip_message::claimed_until.eq(None::<DateTime<Utc>>), zulip_message::message_id.eq(message)))
        .execute(conn)
        .await
        .map(|_| ())
}
