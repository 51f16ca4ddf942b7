//! Who says which words, as people corrected it: a layer over the machine's segments, which are never edited.

mod apply;

use diesel::prelude::*;
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
