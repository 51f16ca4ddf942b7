//! What people changed about a text: a layer over the machine's segments, which are never edited. A log that only grows, so
//! that everything can be undone, and every state that was shown can be made again.

mod apply;
mod change;
mod compare;
mod desk;
mod doubt;
mod find;
mod layer;
mod log;
mod make;
mod names;
mod seek;
mod text;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::output;
use super::segment::{self, Segment};
use super::stage::Stage;
use crate::db::schema::edit;
use crate::ids::{OutputId, TranscriptId, UserId};

pub use apply::Outcome;
pub use change::{At, Change, ChangeKind, Run, Words};
pub use compare::{Difference, compare};
pub use desk::{Desk, Revision, same};
pub use doubt::{Alike, DECIDED_MAX, Doubt, Place, alike};
pub use layer::{Layer, Piece, Token};
pub use log::{Standing, replay, shown};
pub use make::{PLACES_MAX, Refusal, Replaced, SEGMENT_TEXT_MAX};
pub use names::{Called, Renamed, called_at, renamed};
pub use seek::{Found, Places};
pub use text::tidy;

/// Changes of one transcript, undone ones and undoing included, and words of all of them: each is gone through whenever the text is
/// read.
pub const EDITS_MAX: usize = 10_000;
pub const EDIT_WORDS_MAX: usize = 1_000_000;

/// A change in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// From 1, without gaps.
    pub revision: i32,
    pub change: Change,
    /// The version of the text that it was made on; `None` where that is gone, or was not noted.
    pub output: Option<OutputId>,
    pub user: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = edit, check_for_backend(diesel::pg::Pg))]
struct Row {
    revision: i32,
    change: serde_json::Value,
    output_id: Option<OutputId>,
    user_id: Option<UserId>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> QueryResult<Edit> {
        let change = serde_json::from_value(self.change)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        Ok(Edit {
            revision: self.revision,
            change,
            output: self.output_id,
            user: self.user_id,
            created_at: self.created_at,
        })
    }
}

/// Changes of a transcript in the order in which they were made.
///
/// # Errors
/// Those of the database, and a change that can't be read.
pub async fn list(mut conn: &AsyncPgConnection, of: TranscriptId) -> QueryResult<Vec<Edit>> {
    let rows: Vec<Row> = edit::table
        .filter(edit::transcript_id.eq(of))
        .order(edit::revision.asc())
        .select(Row::as_select())
        .load(&mut conn)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Whether a transcript with this log may have one more change, of so many words.
pub fn has_room(log: &[Edit], words: usize) -> bool {
    let before: usize = log.iter().map(|edit| edit.change.size()).sum();
    log.len() < EDITS_MAX && before + words <= EDIT_WORDS_MAX
}

/// Adds a change to the log, in the caller's transaction, which holds the transcript's row.
async fn add(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    revision: i32,
    change: &Change,
    output: Option<OutputId>,
    by: Option<UserId>,
) -> QueryResult<Edit> {
    let json = serde_json::to_value(change)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let created_at: DateTime<Utc> = diesel::insert_into(edit::table)
        .values((
            edit::transcript_id.eq(of),
            edit::revision.eq(revision),
            edit::change.eq(json),
            edit::words.eq(i64::try_from(change.size()).unwrap_or(i64::MAX)),
            edit::output_id.eq(output),
            edit::user_id.eq(by),
        ))
        .returning(edit::created_at)
        .get_result(conn)
        .await?;
    Ok(Edit { revision, change: change.clone(), output, user: by, created_at })
}

/// Writes down what became of participants, in the caller's transaction, which holds the transcript's row; false when the log is full.
pub(super) async fn note(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    people: Vec<Renamed>,
    by: Option<UserId>,
) -> QueryResult<bool> {
    let log = list(conn, of).await?;
    let change = Change::Name { people };
    if !has_room(&log, change.size()) {
        return Ok(false);
    }
    // Who takes part may be known before anything is heard.
    let made_on = output::current(conn, of, Stage::Assemble).await?.map(|output| output.id);
    let revision = log.last().map_or(0, |edit| edit.revision).saturating_add(1);
    add(conn, of, revision, &change, made_on, by).await?;
    Ok(true)
}

/// Which state a transcript's text and names are in; its version is 0 until the text is assembled.
///
/// # Errors
/// Those of the database.
pub async fn revision(conn: &mut AsyncPgConnection, of: TranscriptId) -> QueryResult<Revision> {
    let version = output::current(conn, of, Stage::Assemble).await?.map_or(0, |output| output.version);
    let all = edit::table.filter(edit::transcript_id.eq(of));
    let last: Option<i32> = all.select(diesel::dsl::max(edit::revision)).first(conn).await?;
    Ok(Revision { version, edit: last.unwrap_or(0) })
}

/// The segments of a version as people changed them.
///
/// # Errors
/// Those of the database.
pub async fn segments(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    output: OutputId,
) -> QueryResult<Vec<Segment>> {
    let log = list(conn, of).await?;
    Ok(shown(segment::all(conn, output).await?, output, &log))
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
