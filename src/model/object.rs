//! Which objects of the storage the rows lead to.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, SmallInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Stage, StageStatus};
use crate::db::schema::{recording, stage_state, transcript, upload_part};
use crate::ids::{RecordingId, TranscriptId};

/// A transcript as far as its sound goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    pub transcript: TranscriptId,
    /// Whether its sound must be there: it was decoded, and nobody deleted it. If not, it still may be.
    pub expected: bool,
    /// Channels of their own beside the mix, whose objects are numbered from 0: none, or more than one.
    pub channels: u8,
}

/// Every transcript, deleted ones too while their rows are there; oldest first.
///
/// # Errors
/// Those of the database.
pub async fn sounds(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Sound>> {
    let decoded = stage_state::table
        .filter(stage_state::transcript_id.eq(transcript::id))
        .filter(stage_state::stage.eq(Stage::Ingest))
        .filter(stage_state::status.eq(StageStatus::Done));
    // A backup is also made right before the step that adds the column: then nothing has channels of its own.
    let channels = sql::<Nullable<SmallInt>>("(to_jsonb(transcript) ->> 'channels')::smallint");
    let rows: Vec<(TranscriptId, bool, bool, Option<i16>)> = transcript::table
        .select((transcript::id, transcript::audio_deleted, exists(decoded), channels))
        .order(transcript::id.asc())
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(transcript, deleted, decoded, channels)| Sound {
            transcript,
            expected: decoded && !deleted,
            channels: channels
                .and_then(|number| u8::try_from(number).ok())
                .filter(|channels| *channels > 1)
                .unwrap_or(0),
        })
        .collect())
}

/// Every part of every upload that was not deleted, by recording and number.
///
/// # Errors
/// Those of the database.
pub async fn parts(conn: &mut AsyncPgConnection) -> QueryResult<Vec<(RecordingId, i32)>> {
    upload_part::table
        .inner_join(recording::table)
        .filter(recording::deleted_at.is_null())
        .select((upload_part::recording_id, upload_part::part))
        .order((upload_part::recording_id.asc(), upload_part::part.asc()))
        .load(conn)
        .await
}
