//! What the processes that work on speech have in memory: each keeps a row of its own.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::engine_state;

/// A process that was not heard of for so long has ended.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// One process.
#[derive(Clone, Debug, PartialEq, HasQuery, Insertable, AsChangeset)]
#[diesel(table_name = engine_state, treat_none_as_null = true)]
pub struct EngineState {
    /// Host and process.
    pub worker: String,
    pub model: String,
    /// `cpu` or `cuda:0`; `None` until its engine runs.
    pub device: Option<String>,
    /// What it computes with, such as `bf16`.
    pub numbers: Option<String>,
    /// Its models are in memory.
    pub loaded: bool,
    /// Why they could not be loaded.
    pub failure: Option<String>,
    /// Of the whole process.
    pub memory_bytes: i64,
    pub seen_at: DateTime<Utc>,
}

/// Notes how a process is, and forgets those that have ended.
///
/// # Errors
/// Those of the database.
pub async fn note(conn: &mut AsyncPgConnection, state: &EngineState) -> QueryResult<()> {
    diesel::insert_into(engine_state::table)
        .values(state)
        .on_conflict(engine_state::worker)
        .do_update()
        .set(state)
        .execute(conn)
        .await?;
    let ended = engine_state::table.filter(engine_state::seen_at.lt(state.seen_at - SILENCE));
    diesel::delete(ended).execute(conn).await.map(|_| ())
}

/// Those that live.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<EngineState>> {
    EngineState::query()
        .filter(engine_state::seen_at.ge(now - SILENCE))
        .order(engine_state::worker.asc())
        .load(conn)
        .await
}
