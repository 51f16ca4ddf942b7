//! Names for the speakers of a transcript: a person's layer over the machine's numbers.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use super::{search, transcript};
use crate::db::schema::participant;
use crate::ids::{ParticipantId, TranscriptId, UserId};

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, Serialize)]
#[diesel(table_name = participant)]
pub struct Participant {
    pub id: ParticipantId,
    /// Number of their voice, from 0; `None` when it is not known which one is theirs.
    pub speaker: Option<i32>,
    pub name: String,
    pub user_id: Option<UserId>,
    pub email: Option<String>,
}

/// What may change about a participant; `None` leaves it, `Some(None)` takes the speaker away.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = participant)]
pub struct Change {
    pub name: Option<String>,
    pub speaker: Option<Option<i32>>,
}

/// A change of participants that was refused, or went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantError {
    /// Another participant has that voice.
    #[error("that speaker is already assigned to somebody")]
    SpeakerTaken,
    #[error(transparent)]
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for ParticipantError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::UniqueViolation;
        match error {
            diesel::result::Error::DatabaseError(UniqueViolation, _) => Self::SpeakerTaken,
            error => Self::Database(error),
        }
    }
}

/// The participants of a transcript: those with a voice by its number, then the others.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<Participant>> {
    Participant::query()
        .filter(participant::transcript_id.eq(transcript))
        .order((participant::speaker.asc().nulls_last(), participant::id.asc()))
        .load(conn)
        .await
}

/// Adds a participant.
///
/// # Errors
/// [`ParticipantError::SpeakerTaken`], or those of the database.
pub async fn create(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    name: &str,
    speaker: Option<i32>,
) -> Result<Participant, ParticipantError> {
    conn.transaction(async |conn| {
        let created = diesel::insert_into(participant::table)
            .values((
                participant::id.eq(ParticipantId::new()),
                participant::transcript_id.eq(of),
                participant::name.eq(name),
                participant::speaker.eq(speaker),
            ))
            .returning(Participant::as_returning())
            .get_result(conn)
            .await?;
        changed(conn, of).await?;
        Ok(created)
    })
    .await
}

/// Renames a participant, or gives them another voice; `None` when there is no such participant in this transcript.
///
/// # Errors
/// [`ParticipantError::SpeakerTaken`], or those of the database.
pub async fn update(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
    change: &Change,
) -> Result<Option<Participant>, ParticipantError> {
    if change.name.is_none() && change.speaker.is_none() {
        return Ok(get(conn, of, id).await?);
    }
    conn.transaction(async |conn| {
        let updated = diesel::update(participant::table.find(id).filter(participant::transcript_id.eq(of)))
            .set(change)
            .returning(Participant::as_returning())
            .get_result(conn)
            .await
            .optional()?;
        if updated.is_some() {
            changed(conn, of).await?;
        }
        Ok(updated)
    })
    .await
}

/// Tells readers and search, in the caller's transaction.
async fn changed(conn: &mut AsyncPgConnection, of: TranscriptId) -> QueryResult<()> {
    transcript::touch(conn, of).await?;
    search::refresh_front(conn, of).await
}

/// Gives a voice a name, whether it had one or not: what a click on "Speaker 2" does.
///
/// # Errors
/// Those of the database.
pub async fn name_speaker(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    speaker: i32,
    name: &str,
) -> QueryResult<Participant> {
    conn.transaction(async |conn| {
        let named = diesel::insert_into(participant::table)
            .values((
                participant::id.eq(ParticipantId::new()),
                participant::transcript_id.eq(of),
                participant::name.eq(name),
                participant::speaker.eq(Some(speaker)),
            ))
            .on_conflict((participant::transcript_id, participant::speaker))
            .do_update()
            .set(participant::name.eq(name))
            .returning(Participant::as_returning())
            .get_result(conn)
            .await?;
        changed(conn, of).await?;
        Ok(named)
    })
    .await
}

/// One participant of a transcript.
///
/// # Errors
/// Those of the database.
pub async fn get(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
) -> QueryResult<Option<Participant>> {
    Participant::query().find(id).filter(participant::transcript_id.eq(of)).first(conn).await.optional()
}

/// Removes a participant; false when there is no such one in this transcript.
///
/// # Errors
/// Those of the database.
pub async fn delete(conn: &mut AsyncPgConnection, of: TranscriptId, id: ParticipantId) -> QueryResult<bool> {
    conn.transaction(async |conn| {
        let removed = diesel::delete(participant::table.find(id).filter(participant::transcript_id.eq(of)))
            .execute(conn)
            .await?;
        if removed > 0 {
            changed(conn, of).await?;
        }
        Ok(removed > 0)
    })
    .await
}

/// What to call each voice: its participant's name, else "Speaker N", counted from 1.
#[derive(Clone, Debug, Default)]
pub struct SpeakerNames(BTreeMap<i32, String>);

impl SpeakerNames {
    pub fn new(participants: &[Participant]) -> Self {
        Self(participants.iter().filter_map(|one| Some((one.speaker?, one.name.clone()))).collect())
    }

    /// The name of voice `speaker`, counted from 0.
    pub fn name(&self, speaker: i32) -> String {
        self.0.get(&speaker).cloned().unwrap_or_else(|| format!("Speaker {}", speaker.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unnamed_speakers_count_from_one() {
        let ada = Participant {
            id: ParticipantId::new(),
            speaker: Some(1),
            name: "Ada".into(),
            user_id: None,
            email: None,
        };
        let silent = Participant { speaker: None, name: "Silent".into(), ..ada.clone() };
        let names = SpeakerNames::new(&[ada, silent]);
        assert_eq!([0, 1, 2].map(|speaker| names.name(speaker)), ["Speaker 1", "Ada", "Speaker 3"]);
    }
}
