//! Who did what with which transcript, and which room.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use diesel::dsl::count_star;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::text_enum::text_enum;
use super::transcript::escape_like;
use crate::db::schema::{audit, room, transcript};
use crate::ids::{ApiKeyId, AuditId, RoomId, TranscriptId, UserId};

text_enum! {
    /// What was done.
    Action {
        View = "view",
        Play = "play",
        Export = "export",
        Edit = "edit",
        Process = "process",
        Share = "share",
        Delete = "delete",
        Restore = "restore",
        Destroy = "destroy",
        /// Deleted by itself, because it was kept as long as the settings say.
        Expire = "expire",
    }
}

/// Somebody who looks or listens again within so long does the same thing still.
const PERIOD: TimeDelta = TimeDelta::minutes(10);

impl Action {
    /// Whether it is noted once a period, and not every time.
    fn lasts(self) -> bool {
        matches!(self, Self::View | Self::Play)
    }

    /// When the period began in which it is noted once; `None`: it is noted every time.
    pub fn period(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        at.duration_trunc(PERIOD).ok().filter(|_| self.lasts())
    }
}

/// One entry.
#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = audit)]
pub struct Entry {
    pub id: AuditId,
    pub at: DateTime<Utc>,
    pub action: Action,
    /// `None`: a room.
    pub transcript_id: Option<TranscriptId>,
    /// `None`: a transcript.
    pub room_id: Option<RoomId>,
    pub user_id: Option<UserId>,
    /// An account's address, or what stands for those without one.
    pub who: String,
    pub key_id: Option<ApiKeyId>,
    /// From where, as far as proxies can be believed.
    pub address: String,
    period: Option<DateTime<Utc>>,
}

/// What something is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    Transcript(TranscriptId),
    Room(RoomId),
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Transcript(id) => write!(f, "transcript {id}"),
            Self::Room(id) => write!(f, "room {id}"),
        }
    }
}

/// Who does something.
#[derive(Clone, Debug)]
pub struct Actor {
    pub user_id: Option<UserId>,
    pub who: String,
    pub key_id: Option<ApiKeyId>,
    pub address: String,
}

impl Actor {
    /// The program itself, by its settings.
    pub fn program() -> Self {
        Self { user_id: None, who: "reflector".into(), key_id: None, address: String::new() }
    }
}

diesel::define_sql_function! {
    /// Sets one of PostgreSQL's settings; `local`: for the transaction that it is evaluated in.
    fn set_config(name: Text, value: Text, local: Bool) -> Text;
}

/// Notes what was done. It is in the log when this returns; for looking and listening nobody waits until the disk has it, too: a power
/// cut may cost those of the last second.
///
/// # Errors
/// Those of the database.
pub async fn note(
    conn: &mut AsyncPgConnection,
    actor: Actor,
    action: Action,
    thing: Thing,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let (transcript_id, room_id) = match thing {
        Thing::Transcript(id) => (Some(id), None),
        Thing::Room(id) => (None, Some(id)),
    };
    let Actor { user_id, who, key_id, address } = actor;
    let period = action.period(at);
    let entry = Entry {
        id: AuditId::new(),
        at,
        action,
        transcript_id,
        room_id,
        user_id,
        who,
        key_id,
        address,
        period,
    };
    let insert = diesel::insert_into(audit::table).values(entry).on_conflict_do_nothing();
    if action.lasts() {
        let at_ease = set_config("synchronous_commit", "off", true);
        let _set: Vec<String> = insert.returning(at_ease).get_results(conn).await?;
        return Ok(());
    }
    insert.execute(conn).await.map(|_| ())
}

/// Whose transcripts' and rooms' entries somebody may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trail {
    All,
    /// Of what this person owns.
    Of(UserId),
}

/// Which entries to list.
#[derive(Clone, Debug)]
pub struct Filter {
    pub trail: Trail,
    pub transcript_id: Option<TranscriptId>,
    pub room_id: Option<RoomId>,
    pub action: Option<Action>,
    /// A part of who did it, in any case.
    pub who: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// 1-based.
    pub page: i64,
    pub size: i64,
}

/// A page of entries, newest first, and how many there are.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, filter: &Filter) -> QueryResult<(Vec<Entry>, i64)> {
    let total = filtered(filter).select(count_star()).get_result(conn).await?;
    let rows = filtered(filter)
        .select(Entry::as_select())
        .order((audit::at.desc(), audit::id.desc()))
        .limit(filter.size)
        .offset(filter.page.saturating_sub(1).saturating_mul(filter.size))
        .load(conn)
        .await?;
    Ok((rows, total))
}

fn filtered(filter: &Filter) -> audit::BoxedQuery<'_, Pg> {
    let mut query = audit::table.into_boxed();
    if let Trail::Of(user) = filter.trail {
        let own = transcript::table.filter(transcript::user_id.eq(user)).select(transcript::id.nullable());
        let rooms = room::table.filter(room::user_id.eq(user)).select(room::id.nullable());
        // As arrays, whose entries are looked for by index: for subqueries PostgreSQL would read the whole log.
        let own = diesel::dsl::array::<Nullable<SqlUuid>, _>(own);
        let rooms = diesel::dsl::array::<Nullable<SqlUuid>, _>(rooms);
        query = query.filter(audit::transcript_id.eq_any(own).or(audit::room_id.eq_any(rooms)));
    }
    if let Some(id) = filter.transcript_id {
        query = query.filter(audit::transcript_id.eq(id));
    }
    if let Some(id) = filter.room_id {
        query = query.filter(audit::room_id.eq(id));
    }
    if let Some(action) = filter.action {
        query = query.filter(audit::action.eq(action));
    }
    if let Some(who) = &filter.who {
        query = query.filter(audit::who.ilike(format!("%{}%", escape_like(who))));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit::at.le(to));
    }
    query
}

/// Forgets entries that are older; how many.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(audit::table.filter(audit::at.lt(before))).execute(conn).await
}
