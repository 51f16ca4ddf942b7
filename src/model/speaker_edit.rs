//! Who says which words, as people corrected it: a layer over the machine's segments, which are never edited.

mod apply;

use diesel::prelude::*;
use diesel::sql_types::{Array, Double};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::segment::{self, Segment};
use super::text_enum::text_enum;
use crate::db::schema::speaker_edit;
use crate::ids::{OutputId, TranscriptId, UserId};

pub use apply::{Said, apply, said};

text_enum! {
    /// What a correction is about.
    EditKind {
        /// These words.
        Assign = "assign",
        /// The voices that say these words are one.
        Merge = "merge",
    }
}

/// A correction: `speaker` says these words. Two arrays of one length.
#[derive(Clone, Debug, PartialEq, HasQuery)]
#[diesel(table_name = speaker_edit)]
pub struct SpeakerEdit {
    pub kind: EditKind,
    pub speaker: i32,
    /// As the segments have them.
    pub word_text: Vec<String>,
    /// Seconds.
    pub word_start: Vec<f64>,
}

/// Corrections of a transcript in the order in which they were made.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, of: TranscriptId) -> QueryResult<Vec<SpeakerEdit>> {
    SpeakerEdit::query()
        .filter(speaker_edit::transcript_id.eq(of))
        .order(speaker_edit::seq.asc())
        .load(conn)
        .await
}

/// Corrections of one transcript, and words of all of them: each is gone through whenever the text is read.
pub const EDITS_MAX: i64 = 10_000;
pub const EDIT_WORDS_MAX: i64 = 1_000_000;

/// Whether a transcript may have one more correction, of so many words.
///
/// # Errors
/// Those of the database.
pub async fn has_room(conn: &mut AsyncPgConnection, of: TranscriptId, words: usize) -> QueryResult<bool> {
    let (edits, before): (i64, Option<i64>) = speaker_edit::table
        .filter(speaker_edit::transcript_id.eq(of))
        .select((diesel::dsl::count_star(), diesel::dsl::sum(cardinality(speaker_edit::word_start))))
        .first(conn)
        .await?;
    let words = i64::try_from(words).unwrap_or(i64::MAX).saturating_add(before.unwrap_or(0));
    Ok(edits < EDITS_MAX && words <= EDIT_WORDS_MAX)
}

diesel::define_sql_function! {
    /// PostgreSQL's number of an array's elements.
    fn cardinality(array: Array<Double>) -> Integer;
}

/// Adds a correction, in the caller's transaction, which holds the transcript's row.
///
/// # Errors
/// Those of the database.
pub async fn add(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    edit: &SpeakerEdit,
    by: Option<UserId>,
) -> QueryResult<()> {
    diesel::insert_into(speaker_edit::table)
        .values((
            speaker_edit::transcript_id.eq(of),
            speaker_edit::kind.eq(edit.kind),
            speaker_edit::speaker.eq(edit.speaker),
            speaker_edit::word_text.eq(&edit.word_text),
            speaker_edit::word_start.eq(&edit.word_start),
            speaker_edit::user_id.eq(by),
        ))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The segments of a version as people corrected them.
///
/// # Errors
/// Those of the database.
pub async fn segments(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    output: OutputId,
) -> QueryResult<Vec<Segment>> {
    let edits = list(conn, of).await?;
    Ok(apply(segment::all(conn, output).await?, &edits))
}
