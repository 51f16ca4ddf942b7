//! Names for the speakers of a transcript: a person's layer over the machine's numbers.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use super::edit::{self, Called, Renamed};
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

/// One of a list that takes the old one's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Who it is, if the old list has them.
    pub id: Option<ParticipantId>,
    pub name: String,
    pub speaker: Option<i32>,
}

/// Participants of one transcript.
pub const PARTICIPANTS_MAX: usize = 1000;

/// A change of participants that was refused, or went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ParticipantError {
    /// Another participant has that voice.
    #[error("that speaker is already assigned to somebody")]
    SpeakerTaken,
    /// This transcript has no such participant.
    #[error("there is no such participant")]
    Unknown,
    #[error("a transcript may have at most {PARTICIPANTS_MAX} participants")]
    TooMany,
    /// Its log is full.
    #[error("there are too many changes")]
    LogFull,
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
pub async fn list(mut conn: &AsyncPgConnection, transcript: TranscriptId) -> QueryResult<Vec<Participant>> {
    Participant::query()
        .filter(participant::transcript_id.eq(transcript))
        .order((participant::speaker.asc().nulls_last(), participant::id.asc()))
        .load(&mut conn)
        .await
}

/// What to call the voices of several transcripts.
///
/// # Errors
/// Those of the database.
pub async fn names_of(
    conn: &mut AsyncPgConnection,
    transcripts: &[TranscriptId],
) -> QueryResult<HashMap<TranscriptId, SpeakerNames>> {
    let mut of: HashMap<TranscriptId, Vec<Participant>> = HashMap::new();
    let query = participant::table.filter(participant::transcript_id.eq_any(transcripts));
    let rows: Vec<(TranscriptId, Participant)> =
        query.select((participant::transcript_id, Participant::as_select())).load(conn).await?;
    for (transcript, one) in rows {
        of.entry(transcript).or_default().push(one);
    }
    Ok(of.into_iter().map(|(transcript, people)| (transcript, SpeakerNames::new(&people))).collect())
}

/// Adds a participant.
///
/// # Errors
/// [`ParticipantError`]
pub async fn create(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    name: &str,
    speaker: Option<i32>,
    by: Option<UserId>,
) -> Result<Participant, ParticipantError> {
    conn.transaction(async |conn| {
        let before = hold(conn, of).await?;
        let created = insert(conn, of, (ParticipantId::new(), name, speaker)).await?;
        changed(conn, of, &before, by).await?;
        Ok(created)
    })
    .await
}

/// Renames a participant, or gives them another voice.
///
/// # Errors
/// [`ParticipantError`]
pub async fn update(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
    change: &Change,
    by: Option<UserId>,
) -> Result<Participant, ParticipantError> {
    if change.name.is_none() && change.speaker.is_none() {
        return get(conn, of, id).await?.ok_or(ParticipantError::Unknown);
    }
    conn.transaction(async |conn| {
        let before = hold(conn, of).await?;
        let updated = set(conn, of, id, change).await?;
        changed(conn, of, &before, by).await?;
        Ok(updated)
    })
    .await
}

/// Gives a participant another voice, in the caller's transaction, which holds the transcript's row, renews what is searched and has a
/// change of its own in the log: if they have that one still, and nobody has the other.
///
/// # Errors
/// Those of the database.
pub async fn follow(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
    from: i32,
    to: i32,
) -> QueryResult<()> {
    let people = list(conn, of).await?;
    let who = |voice: i32| people.iter().find(|one| one.speaker == Some(voice)).map(|one| one.id);
    if who(from) != Some(id) || who(to).is_some() {
        return Ok(());
    }
    diesel::update(participant::table.find(id).filter(participant::transcript_id.eq(of)))
        .set(participant::speaker.eq(Some(to)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes participants what they are to be, as [`follow`]. False, and nothing is done: one of them is not what they were, or another has
/// a voice by now that is to be theirs.
pub(super) async fn turn(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    people: &[Renamed],
) -> QueryResult<bool> {
    let now = list(conn, of).await?;
    let called = |id: ParticipantId| now.iter().find(|one| one.id == id).map(Called::from);
    let others: Vec<i32> = now
        .iter()
        .filter(|one| people.iter().all(|person| person.id != one.id))
        .filter_map(|one| one.speaker)
        .collect();
    let fits = |one: &Renamed| {
        let voice = one.after.as_ref().and_then(|after| after.speaker);
        called(one.id) == one.before && voice.is_none_or(|voice| !others.contains(&voice))
    };
    if !people.iter().all(fits) {
        return Ok(false);
    }
    // First none of them has a voice, so that two may swap theirs.
    let all: Vec<ParticipantId> = people.iter().map(|one| one.id).collect();
    let meant = participant::transcript_id.eq(of).and(participant::id.eq_any(all));
    diesel::update(participant::table.filter(meant))
        .set(participant::speaker.eq(None::<i32>))
        .execute(conn)
        .await?;
    for one in people {
        match (&one.before, &one.after) {
            (None, Some(after)) => {
                insert(conn, of, (one.id, after.name.as_str(), after.speaker)).await?;
            }
            (Some(_), Some(after)) => {
                diesel::update(participant::table.find(one.id))
                    .set((participant::name.eq(&after.name), participant::speaker.eq(after.speaker)))
                    .execute(conn)
                    .await?;
            }
            (_, None) => {
                remove(conn, of, &[one.id]).await?;
            }
        }
    }
    Ok(true)
}

/// Removes a participant; their voice is then called by its number again.
///
/// # Errors
/// [`ParticipantError`]
pub async fn delete(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
    by: Option<UserId>,
) -> Result<(), ParticipantError> {
    conn.transaction(async |conn| {
        let before = hold(conn, of).await?;
        if remove(conn, of, &[id]).await? == 0 {
            return Err(ParticipantError::Unknown);
        }
        changed(conn, of, &before, by).await
    })
    .await
}

/// Makes the list what it should be: who is not on it goes. Who is named twice is what is said of them last.
///
/// # Errors
/// [`ParticipantError`]
pub async fn replace(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    wanted: &[Wanted],
    by: Option<UserId>,
) -> Result<(), ParticipantError> {
    conn.transaction(async |conn| {
        let old = hold(conn, of).await?;
        let known = |one: &Wanted| one.id.filter(|id| old.iter().any(|old| old.id == *id));
        let gone = old.iter().map(|old| old.id).filter(|id| !wanted.iter().any(|new| new.id == Some(*id)));
        remove(conn, of, &gone.collect::<Vec<_>>()).await?;
        // First nobody has a voice, so that two may swap theirs.
        diesel::update(participant::table.filter(participant::transcript_id.eq(of)))
            .set(participant::speaker.eq(None::<i32>))
            .execute(conn)
            .await?;
        for one in wanted {
            match known(one) {
                Some(id) => {
                    let change = Change { name: Some(one.name.clone()), speaker: Some(one.speaker) };
                    set(conn, of, id, &change).await?;
                }
                None => {
                    insert(conn, of, (ParticipantId::new(), one.name.as_str(), one.speaker)).await?;
                }
            }
        }
        changed(conn, of, &old, by).await
    })
    .await
}

/// Gives voices names, whether they had one or not; an empty one takes it away. What a click on "Speaker 2" does.
///
/// # Errors
/// [`ParticipantError`]
pub async fn name_speakers(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    names: &[(i32, String)],
    by: Option<UserId>,
) -> Result<(), ParticipantError> {
    conn.transaction(async |conn| {
        let old = hold(conn, of).await?;
        for (speaker, name) in names {
            let before = old.iter().find(|one| one.speaker == Some(*speaker));
            match before {
                Some(before) if name.is_empty() => {
                    remove(conn, of, &[before.id]).await?;
                }
                Some(before) => {
                    let change = Change { name: Some(name.clone()), speaker: None };
                    set(conn, of, before.id, &change).await?;
                }
                None if name.is_empty() => {}
                None => {
                    insert(conn, of, (ParticipantId::new(), name.as_str(), Some(*speaker))).await?;
                }
            }
        }
        changed(conn, of, &old, by).await
    })
    .await
}

/// Holds the transcript's row until the caller's transaction ends, before anything else, as every writer does: two that took
/// their rows in another order would wait for each other. Then who takes part.
async fn hold(conn: &mut AsyncPgConnection, of: TranscriptId) -> Result<Vec<Participant>, ParticipantError> {
    transcript::get_locked(conn, of).await?.ok_or(diesel::result::Error::NotFound)?;
    Ok(list(conn, of).await?)
}

/// Writes it down and tells readers and search, in the caller's transaction, if there are not too many now.
async fn changed(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    before: &[Participant],
    by: Option<UserId>,
) -> Result<(), ParticipantError> {
    let now = list(conn, of).await?;
    if now.len() > PARTICIPANTS_MAX {
        return Err(ParticipantError::TooMany);
    }
    let people = edit::renamed(before, &now);
    if !people.is_empty() && !edit::note(conn, of, people, by).await? {
        return Err(ParticipantError::LogFull);
    }
    transcript::touch(conn, of).await?;
    Ok(search::refresh_front(conn, of).await?)
}

async fn insert(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    (id, name, speaker): (ParticipantId, &str, Option<i32>),
) -> QueryResult<Participant> {
    diesel::insert_into(participant::table)
        .values((
            participant::id.eq(id),
            participant::transcript_id.eq(of),
            participant::name.eq(name),
            participant::speaker.eq(speaker),
        ))
        .returning(Participant::as_returning())
        .get_result(conn)
        .await
}

async fn set(
    conn: &mut AsyncPgConnection,
    of: TranscriptId,
    id: ParticipantId,
    change: &Change,
) -> Result<Participant, ParticipantError> {
    diesel::update(participant::table.find(id).filter(participant::transcript_id.eq(of)))
        .set(change)
        .returning(Participant::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or(ParticipantError::Unknown)
}

async fn remove(conn: &mut AsyncPgConnection, of: TranscriptId, ids: &[ParticipantId]) -> QueryResult<usize> {
    let meant = participant::transcript_id.eq(of).and(participant::id.eq_any(ids));
    diesel::delete(participant::table.filter(meant)).execute(conn).await
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

/// What to call each voice: its participant's name, else "Speaker N", counted from 1.
#[derive(Clone, Debug, Default)]
pub struct SpeakerNames(BTreeMap<i32, String>);

impl SpeakerNames {
    pub fn new(participants: &[Participant]) -> Self {
        Self(participants.iter().filter_map(|one| Some((one.speaker?, one.name.clone()))).collect())
    }

    /// The name that voice `speaker`, counted from 0, was given.
    pub fn given(&self, speaker: i32) -> Option<&str> {
        self.0.get(&speaker).map(String::as_str)
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
