//! Deletes what was kept long enough: rows first, then every object they named.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncPgConnection;

use crate::bus::{Bus, Event};
use crate::clock;
use crate::config::Config;
use crate::db::Pool;
use crate::ids::TranscriptId;
use crate::model::audit::{self, Action};
use crate::model::retention::{self, Limits};
use crate::storage::{self, Storage};

/// Transcripts that are looked up at once.
const AT_ONCE: i64 = 100;

/// For how long things are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// What nobody owns, on a public site. Elsewhere everything may be nobody's, and stays, as it does where nobody logs in and nobody
    /// said after how many days it goes.
    pub ownerless: Option<TimeDelta>,
    /// What is in the trash.
    pub trash: Option<TimeDelta>,
    /// Entries of the audit log.
    pub audit: Option<TimeDelta>,
}

impl Keep {
    /// What the settings say.
    pub fn of(config: &Config) -> Self {
        let days = |days: u32| (days > 0).then(|| TimeDelta::days(i64::from(days)));
        Self {
            ownerless: config.retention.ownerless_days(&config.auth).and_then(days),
            trash: days(config.retention.trash_days),
            audit: days(config.retention.audit_days),
        }
    }

    /// The limits at a moment.
    pub fn limits(self, now: DateTime<Utc>) -> Limits {
        Limits { ownerless: self.ownerless.map(|age| now - age), trash: self.trash.map(|age| now - age) }
    }

    /// Whether any transcript is ever deleted.
    pub fn deletes(self) -> bool {
        self.ownerless.is_some() || self.trash.is_some()
    }
}

/// Deletes all that was kept long enough, and tells those who watch; how many transcripts that were.
///
/// Several workers may do so at once: who removes the row removes the objects. An object that the store does not give up belongs to no
/// row any more, and the sweep removes it.
///
/// # Errors
/// The database's; what was deleted until then is.
pub async fn expire(pool: &Pool, storage: &Storage, bus: &Bus, limits: Limits) -> anyhow::Result<usize> {
    let mut removed = 0;
    let mut conn = pool.get().await?;
    loop {
        let expired = retention::expired(&mut conn, limits, AT_ONCE).await?;
        let before = removed;
        for one in &expired {
            if remove(&mut conn, storage, bus, (limits, Action::Expire), one.id).await? {
                removed += 1;
            }
        }
        // Nothing went: the rest is being removed by others.
        if expired.is_empty() || removed == before {
            return Ok(removed);
        }
    }
}

/// All that nobody owns, however young.
pub fn ownerless(now: DateTime<Utc>) -> Limits {
    Limits { ownerless: Some(now + TimeDelta::days(1)), trash: None }
}

/// Deletes one transcript that nobody owns now and for ever, at its operator's word; false when there is no such one.
///
/// # Errors
/// The database's.
pub async fn remove_ownerless(
    pool: &Pool,
    storage: &Storage,
    bus: &Bus,
    id: TranscriptId,
) -> anyhow::Result<bool> {
    let how = (ownerless(clock::now()), Action::Destroy);
    remove(&mut *pool.get().await?, storage, bus, how, id).await
}

/// Forgets entries of the audit log that were kept long enough.
///
/// # Errors
/// Those of the database.
pub async fn forget(pool: &Pool, keep: Keep, now: DateTime<Utc>) -> anyhow::Result<()> {
    if let Some(age) = keep.audit {
        audit::forget(&mut *pool.get().await?, now - age).await?;
    }
    Ok(())
}

async fn remove(
    conn: &mut AsyncPgConnection,
    storage: &Storage,
    bus: &Bus,
    (limits, action): (Limits, Action),
    id: TranscriptId,
) -> anyhow::Result<bool> {
    let Some(recordings) = retention::remove(conn, limits, action, id).await? else { return Ok(false) };
    tracing::info!(transcript = %id, "deleted, with all that was made of it");
    let folders =
        std::iter::once(storage::folder(id)).chain(recordings.into_iter().map(storage::upload_folder));
    for folder in folders {
        if let Err(error) = storage.delete_all(&folder).await {
            tracing::warn!(%error, folder, "objects of a deleted transcript are left to the sweep");
        }
    }
    bus.announce(&Event::TranscriptDeleted { id }).await;
    bus.publish(id, &Event::Rights {}).await;
    Ok(true)
}
