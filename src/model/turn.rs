//! Who spoke when, and how each voice sounds: one version of `diarize`.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::{turn, voice};
use crate::ids::OutputId;

/// A stretch in which one voice speaks; others may speak at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = turn, check_for_backend(diesel::pg::Pg))]
pub struct Turn {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// From 0, in order of first appearance. Speakers of different channels have different numbers.
    pub speaker: i32,
    /// In which channel it was found, from 0; `None` for the mix of all.
    pub channel: Option<i16>,
}

/// How a speaker sounds, as a vector to compare.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = voice, check_for_backend(diesel::pg::Pg))]
pub struct Voice {
    pub speaker: i32,
    pub embedding: Vec<f32>,
}

/// Stores the turns, in their order, and the voices of a version.
///
/// # Errors
/// Those of the database.
pub async fn store(
    conn: &mut AsyncPgConnection,
    output: OutputId,
    turns: &[Turn],
    voices: &[Voice],
) -> QueryResult<()> {
    let numbered: Vec<_> = (0i32..)
        .zip(turns)
        .map(|(idx, one)| {
            (
                turn::output_id.eq(output),
                turn::idx.eq(idx),
                turn::start.eq(one.start),
                turn::end.eq(one.end),
                turn::speaker.eq(one.speaker),
                turn::channel.eq(one.channel),
            )
        })
        .collect();
    for batch in numbered.chunks(1000) {
        diesel::insert_into(turn::table).values(batch.to_vec()).execute(conn).await?;
    }
    let rows: Vec<_> = voices
        .iter()
        .map(|one| {
            (
                voice::output_id.eq(output),
                voice::speaker.eq(one.speaker),
                voice::embedding.eq(one.embedding.clone()),
            )
        })
        .collect();
    diesel::insert_into(voice::table).values(rows).execute(conn).await?;
    Ok(())
}

/// The turns of a version, in order.
///
/// # Errors
/// Those of the database.
pub async fn turns(conn: &mut AsyncPgConnection, output: OutputId) -> QueryResult<Vec<Turn>> {
    turn::table
        .filter(turn::output_id.eq(output))
        .order(turn::idx.asc())
        .select(Turn::as_select())
        .load(conn)
        .await
}

/// The voices of a version, by speaker.
///
/// # Errors
/// Those of the database.
pub async fn voices(conn: &mut AsyncPgConnection, output: OutputId) -> QueryResult<Vec<Voice>> {
    voice::table
        .filter(voice::output_id.eq(output))
        .order(voice::speaker.asc())
        .select(Voice::as_select())
        .load(conn)
        .await
}
