//! How old the last backup is.

use anyhow::bail;
use chrono::{DateTime, TimeDelta, Utc};

use crate::clock;
use crate::db::{Address, Pool};
use crate::model::backup::{self, Backup};

/// A daily backup that is older than this did not happen: a day, and two hours to do it in.
pub const PATIENCE: TimeDelta = TimeDelta::hours(26);

/// Says how old and how large the last backup is. A new system has 26 hours to make its first.
///
/// # Errors
/// There is none although there is something to lose, it is older than 26 hours, or objects were missing in it.
pub async fn freshness(at: impl Into<Address>) -> anyhow::Result<String> {
    let pool = Pool::new(at, 1)?;
    let mut conn = pool.get().await?;
    let last = backup::last(&mut conn).await?;
    judge(last.as_ref(), backup::something_since(&mut conn).await?, clock::now())
}

fn judge(last: Option<&Backup>, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> anyhow::Result<String> {
    let Some(last) = last else {
        match since {
            None => return Ok("none yet, and nothing to back up".into()),
            Some(since) if now - since < PATIENCE => {
                return Ok("none yet; the oldest transcript is of today".into());
            }
            Some(since) => {
                bail!("there was none yet, and there are transcripts since {}", since.format("%Y-%m-%d"))
            }
        }
    };
    let age = now - last.finished_at;
    let said = format!(
        "the last ended {} hours ago, {:.1} MB ({})",
        age.num_hours(),
        last.size_bytes as f64 / 1e6,
        last.kind
    );
    if age > PATIENCE {
        bail!("{said}; it should be at most {} hours old", PATIENCE.num_hours());
    }
    if last.missing > 0 {
        bail!("{said}, but {} objects that the database names were missing in the storage", last.missing);
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BackupId;
    use crate::model::backup::BackupKind;

    #[test]
    fn a_backup_older_than_26_hours_is_wrong_and_a_new_system_has_as_long_to_make_one() {
        let now = clock::now();
        let of = |hours, missing| Backup {
            id: BackupId::new(),
            kind: BackupKind::Archive,
            finished_at: now - TimeDelta::hours(hours),
            size_bytes: 1_500_000,
            objects: 3,
            missing,
            encrypted: true,
        };
        assert!(judge(Some(&of(25, 0)), None, now).unwrap().contains("25 hours ago, 1.5 MB"));
        assert!(judge(Some(&of(27, 0)), None, now).is_err());
        assert!(judge(Some(&of(1, 2)), None, now).unwrap_err().to_string().contains("2 objects"));
        assert!(judge(None, None, now).is_ok());
        assert!(judge(None, Some(now - TimeDelta::hours(25)), now).is_ok());
        assert!(judge(None, Some(now - TimeDelta::hours(27)), now).is_err());
    }
}
