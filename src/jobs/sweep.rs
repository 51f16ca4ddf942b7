//! What nobody needs any more: uploads that were given up, objects that no row names, what dead workers left. And recordings that
//! nobody finished.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;

use super::again::try_again;
use super::environment::Environment;
use super::retention::{Keep, expire, forget};
use super::start;
use super::tell::{tell, tell_left};
use crate::clock;
use crate::db::Connection;
use crate::ids::{RecordingId, TranscriptId};
use crate::model::recording::open::{self, End};
use crate::model::{idempotency, quote, recording, room, sweep, transcript};
use crate::storage::StorageKey;

const BETWEEN: Duration = Duration::from_secs(3600);
/// An upload that has had no new part for so long was given up.
const PATIENCE: TimeDelta = TimeDelta::days(1);
/// A recording that is being made and has been silent for so long is finished as it is: nothing that was said is lost.
const SILENCE: TimeDelta = TimeDelta::hours(6);
/// A room that was deleted can be restored for so long.
const ROOMS: TimeDelta = TimeDelta::days(30);

/// Sweeps every hour, for as long as it is polled, and deletes before what was kept long enough. What failed is tried again, each so many
/// `times`.
pub async fn sweep_for_ever(env: Environment, keep: Keep, times: u32) {
    loop {
        match try_again(&env.pool, &env.bus, times, clock::now()).await {
            Ok(0) => {}
            Ok(begun) => tracing::info!(begun, "what failed for a reason that may pass is tried again"),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "not everything that failed is tried again; the next sweep looks"
                )
            }
        }
        if keep.deletes() {
            match expire(&env.pool, &env.storage, &env.bus, keep.limits(clock::now())).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "transcripts were kept as long as the settings say"),
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "not everything was deleted that should be; it is tried again"
                    )
                }
            }
        }
        match super::learn(&env.pool).await {
            Ok(learned) if learned > 0 => tracing::info!(learned, "transcripts can be searched now"),
            Ok(_) => {}
            Err(error) => tracing::warn!(error = format!("{error:#}"), "search does not know everything yet"),
        }
        if let Err(error) = forget(&env.pool, keep, clock::now()).await {
            tracing::warn!(error = format!("{error:#}"), "the audit log is longer than it should be");
        }
        match sweep(&env).await {
            Ok(removed) if removed > 0 => tracing::info!(removed, "objects that nobody needs were removed"),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the sweep was not finished; it comes again")
            }
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Sweeps once; the number of objects that were removed.
///
/// Every worker sweeps, and needs no lock for it: each step asks for what is old, removes it, and takes no offence when
/// another has removed it meanwhile. A folder in scratch belongs to one machine, where the lock of its process decides.
///
/// # Errors
/// The database's, or the store's; what was removed until then is.
pub async fn sweep(env: &Environment) -> anyhow::Result<usize> {
    env.scratch.sweep()?;
    let mut removed = env.storage.sweep().await?;
    let before = clock::now() - PATIENCE;

    let mut conn = env.pool.get().await?;
    idempotency::forget(&mut conn, before).await?;
    room::forget(&mut conn, clock::now() - ROOMS).await?;
    quote::forget(&mut conn, clock::now()).await?;
    end_silent(env, &mut conn).await?;
    tell_left(&mut conn, &env.bus).await?;
    for given_up in sweep::abandoned_recordings(&mut conn, before).await? {
        for part in recording::parts(&mut conn, given_up.id).await? {
            let key = StorageKey::UploadPart { recording: given_up.id, part: part.part.unsigned_abs() };
            env.storage.delete(&key).await?;
            removed += 1;
        }
        sweep::forget_recording(&mut conn, given_up.id).await?;
    }

    // An object is written before its row, so a young one may yet get one; ids carry the time they were made.
    let keys = env.storage.list("").await?;
    let old = |id: uuid::Uuid| made(id).is_some_and(|made| made < before);
    let recordings: BTreeSet<RecordingId> = keys
        .iter()
        .filter_map(|key| match key {
            StorageKey::UploadPart { recording, .. } if old(recording.0) => Some(*recording),
            _ => None,
        })
        .collect();
    let transcripts: BTreeSet<TranscriptId> =
        keys.iter().filter_map(transcript_of).filter(|transcript| old(transcript.0)).collect();
    let recordings: Vec<_> = recordings.into_iter().collect();
    let transcripts: Vec<_> = transcripts.into_iter().collect();
    let recordings = sweep::unnamed_recordings(&mut conn, &recordings).await?;
    let transcripts = sweep::unnamed_transcripts(&mut conn, &transcripts).await?;
    drop(conn);
    for key in keys {
        let unnamed = match key {
            StorageKey::UploadPart { recording, .. } => recordings.contains(&recording),
            _ => transcript_of(&key).is_some_and(|transcript| transcripts.contains(&transcript)),
        };
        if unnamed {
            env.storage.delete(&key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Ends recordings that nobody goes on with, and starts the work on them.
async fn end_silent(env: &Environment, conn: &mut Connection) -> anyhow::Result<()> {
    for silent in open::silent(conn, clock::now() - SILENCE).await? {
        let id = silent.transcript_id;
        let started: Result<_, diesel::result::Error> = conn
            .transaction(async |conn| {
                // In the order in which every other change of both locks them.
                let row = transcript::get_locked(conn, id).await?;
                // In the trash by now: it can be gone on with when it is taken out.
                if row.is_none_or(|row| row.deleted_at.is_some()) {
                    return Ok(None);
                }
                match open::end(conn, silent.id, None, clock::now()).await? {
                    End::Complete { .. } => start(conn, id).await,
                    End::Nothing => open::forget_empty(conn, &silent).await.map(|_| None),
                    End::Already | End::Missing(_) | End::Counted(_) | End::Unknown => Ok(None),
                }
            })
            .await;
        if started?.is_some() {
            tracing::info!(transcript = %id, "nobody went on with this recording: it is finished as it is");
            tell(conn, &env.bus, id).await;
        }
    }
    Ok(())
}

fn transcript_of(key: &StorageKey) -> Option<TranscriptId> {
    match key {
        StorageKey::UploadPart { .. } => None,
        StorageKey::Mp3 { transcript }
        | StorageKey::Peaks { transcript }
        | StorageKey::Pcm { transcript }
        | StorageKey::Channel { transcript, .. } => Some(*transcript),
    }
}

/// When an id was made; `None` for one that does not carry it.
fn made(id: uuid::Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_the_time_it_was_made() {
        let age = clock::now() - made(RecordingId::new().0).unwrap();
        assert!(age < TimeDelta::minutes(1));
        assert_eq!(made(uuid::Uuid::nil()), None);
    }
}
