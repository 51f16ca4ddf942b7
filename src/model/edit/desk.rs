//! A text on somebody's desk: the version that is shown, its log, and what a change leads to.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::apply::Outcome;
use super::change::Change;
use super::layer::{Layer, Piece};
use super::log::{Standing, replay};
use super::{Edit, add, list};
use crate::ids::{TranscriptId, UserId};
use crate::model::output::{self, Output};
use crate::model::segment::{self, Segment};
use crate::model::stage::Stage;
use crate::model::{participant, search, transcript};

/// Which state of a text somebody saw: the machine's version, and how many changes of it and of names were made. In words "3.12".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    pub version: i32,
    pub edit: i32,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.version, self.edit)
    }
}

impl FromStr for Revision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if plain { text.parse().map_err(|_| ()) } else { Err(()) }
        };
        let (version, edit) = text.split_once('.').ok_or(())?;
        Ok(Self { version: number(version)?, edit: number(edit)? })
    }
}

/// The text of a transcript, to be read or changed.
#[derive(Clone, Debug)]
pub struct Desk {
    pub transcript: TranscriptId,
    pub output: Output,
    pub log: Vec<Edit>,
    machine: Vec<Segment>,
}

impl Desk {
    /// The text that is shown; `None` until it is assembled. Who changes it holds the transcript's row.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open(conn: &mut AsyncPgConnection, of: TranscriptId) -> QueryResult<Option<Self>> {
        let Some(output) = output::current(conn, of, Stage::Assemble).await? else { return Ok(None) };
        let machine = segment::all(conn, output.id).await?;
        Ok(Some(Self { transcript: of, output, log: list(conn, of).await?, machine }))
    }

    pub fn revision(&self) -> Revision {
        Revision { version: self.output.version, edit: self.log.last().map_or(0, |edit| edit.revision) }
    }

    /// The text as it is now.
    pub fn layer(&self) -> Layer {
        self.replayed().0
    }

    /// The same, with how much of each change that counts could be applied, by its place in the log.
    pub fn replayed(&self) -> (Layer, HashMap<usize, Outcome>) {
        replay(self.machine.clone(), self.output.id, &self.log)
    }

    /// The text as it was when so many changes had been made.
    pub fn layer_at(&self, edit: i32) -> Layer {
        let until = self.log.partition_point(|one| one.revision <= edit);
        replay(self.machine.clone(), self.output.id, &self.log[..until]).0
    }

    /// The text as it was in a revision, whose version may be another; `None` when there was no such revision.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn layer_of(&self, conn: &mut AsyncPgConnection, of: Revision) -> QueryResult<Option<Layer>> {
        if of.edit > self.revision().edit {
            return Ok(None);
        }
        if of.version == self.output.version {
            return Ok(Some(self.layer_at(of.edit)));
        }
        let versions = output::versions(conn, self.transcript, Stage::Assemble).await?;
        let Some(made) = versions.into_iter().find(|one| one.version == of.version && one.complete) else {
            return Ok(None);
        };
        let machine = segment::all(conn, made.id).await?;
        let until = self.log.partition_point(|one| one.revision <= of.edit);
        Ok(Some(replay(machine, made.id, &self.log[..until]).0))
    }

    /// Writes a change down, in the caller's transaction, which holds the transcript's row; what is searched follows, and so do names that
    /// went along with a voice, or were given. False, and nothing is written: they are others by now than this would take back.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn write(
        &mut self,
        conn: &mut AsyncPgConnection,
        change: &Change,
        by: Option<UserId>,
    ) -> QueryResult<bool> {
        if !self.follow(conn, change).await? {
            return Ok(false);
        }
        let revision = self.revision().edit.saturating_add(1);
        self.log.push(add(conn, self.transcript, revision, change, Some(self.output.id), by).await?);
        transcript::touch(conn, self.transcript).await?;
        // What was confirmed reads as it did.
        if matches!(change, Change::Confirm { .. }) {
            return Ok(true);
        }
        search::refresh_words(conn, self.transcript).await?;
        Ok(true)
    }

    /// Who went along when two voices became one goes back as that is undone, and along again as it is done again; so with names. Whether
    /// they are what that was done to.
    async fn follow(&self, conn: &mut AsyncPgConnection, change: &Change) -> QueryResult<bool> {
        let standing = Standing::of(&self.log);
        let meant = match change {
            Change::Undo => standing.applied.last(),
            Change::Redo => standing.undone.last(),
            _ => None,
        };
        let undo = *change == Change::Undo;
        match meant.map(|place| &self.log[*place].change) {
            Some(Change::Merge { speaker, moved: Some((one, own)), .. }) => {
                let (from, to) = if undo { (*speaker, *own) } else { (*own, *speaker) };
                participant::follow(conn, self.transcript, *one, from, to).await?;
                Ok(true)
            }
            Some(Change::Name { people }) => {
                let people = people.iter().map(|one| if undo { one.back() } else { one.clone() });
                participant::turn(conn, self.transcript, &people.collect::<Vec<_>>()).await
            }
            _ => Ok(true),
        }
    }
}

/// Where, among the segments of `now`, one stands that reads as it did in `then`, word by word, said by the same one.
pub fn same(then: &Layer, piece: &Piece, now: &Layer, pieces: &[Piece]) -> Option<usize> {
    pieces.iter().position(|other| {
        let alike = |at: &super::At| match (then.token(*at), now.token(*at)) {
            (Some(a), Some(b)) => a.text == b.text && a.speaker == b.speaker,
            _ => false,
        };
        other.at == piece.at && piece.at.iter().all(alike)
    })
}
