//! What failed for a reason that may pass, a server that was away all day or a full disk, is tried again by itself: once a day, after five
//! o'clock (UTC), for some days.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::start::reprocess;
use super::tell::tell;
use crate::bus::Bus;
use crate::db::Pool;
use crate::ids::TranscriptId;
use crate::model::again::{self, Tried};
use crate::model::audit::{self, Action, Actor, Thing};
use crate::model::stage::{self, StageState, StageStatus};
use crate::model::transcript::{self, Transcript};

/// The hour of the day, UTC, after which it is done.
const HOUR: u32 = 5;
/// What failed longer ago is left to people: nobody expects it to begin.
const OLDEST: TimeDelta = TimeDelta::days(7);

/// Reasons that may pass, by their names in the catalogue: what was tried again and again for hours, a disk that somebody makes room on,
/// something that is missing and is put there. Not a file that can't be read, nor what stopped its worker.
const PASSING: [&str; 9] = [
    "why-tried",
    "why-scratch-full",
    "why-storage-full",
    "why-decoding-full",
    "why-decoding-slow",
    "why-program",
    "why-speech-model",
    "why-server-settings",
    "why-llm-settings",
];

/// Whether what failed, and all of it, may pass; false where nothing has failed, or something is at work.
fn may_pass(states: &[StageState]) -> bool {
    let mut failed = states.iter().filter(|state| state.status == StageStatus::Failed).peekable();
    let passes = |state: &StageState| {
        let why = state.error_remark.as_ref().and_then(|remark| remark.get("id")?.as_str());
        why.is_some_and(|why| PASSING.contains(&why))
    };
    failed.peek().is_some() && !stage::busy(states) && failed.all(passes)
}

/// When something failed last.
fn failed_at(states: &[StageState]) -> Option<DateTime<Utc>> {
    let failed = states.iter().filter(|state| state.status == StageStatus::Failed);
    failed.filter_map(|state| state.finished_at).max()
}

/// What is to be expected of something that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// Only a person can try it again.
    Failed,
    /// It is tried again by itself, and was so often.
    Again { tried: u32 },
    /// It was tried again by itself so often, and will not be any more.
    Over { tried: u32 },
}

impl Outlook {
    /// Of a transcript with these stages. `times`: how often it is tried at most.
    pub fn of(
        row: &Transcript,
        states: &[StageState],
        tried: Option<&Tried>,
        times: u32,
        now: DateTime<Utc>,
    ) -> Self {
        // A run of somebody else's in between is none of ours.
        let tried = tried.filter(|tried| tried.run == row.run);
        let tried = tried.map_or(0, |tried| tried.tries.unsigned_abs());
        let old = failed_at(states).is_none_or(|last| last < slot(now) - OLDEST);
        if !may_pass(states) || row.locked || row.recording_id.is_none() || row.deleted_at.is_some() {
            return Self::Failed;
        }
        match tried {
            0 if times == 0 || old => Self::Failed,
            tried if tried >= times || old => Self::Over { tried },
            tried => Self::Again { tried },
        }
    }
}

/// The newest five o'clock.
fn slot(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.date_naive().and_time(NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default()).and_utc();
    if today <= now { today } else { today.checked_sub_days(Days::new(1)).unwrap_or(today) }
}

/// Tries again what failed before the newest five o'clock and was not tried since; how many that were. `times`: how often each is tried
/// at most.
///
/// Every worker asks: who holds the transcript's row looks whether another was there first.
///
/// # Errors
/// The database's, where it can't say which they are; one that can't be begun is left to the next round.
pub async fn try_again(pool: &Pool, bus: &Bus, times: u32, now: DateTime<Utc>) -> anyhow::Result<usize> {
    if times == 0 {
        return Ok(0);
    }
    let mut conn = pool.get().await?;
    let mut begun = 0;
    for id in again::failed(&mut conn, slot(now) - OLDEST, slot(now)).await? {
        match conn.transaction(async |conn| begin(conn, id, times, now).await).await {
            Ok(true) => {
                tracing::info!(transcript = %id, "what failed is tried again");
                tell(&mut conn, bus, id).await;
                begun += 1;
            }
            Ok(false) => {}
            // Those after it are no worse for that; it has its turn in the next round.
            Err(error) => tracing::warn!(transcript = %id, %error, "what failed could not be tried again"),
        }
    }
    Ok(begun)
}

/// Begins a run, unless there is a reason not to by now.
async fn begin(
    conn: &mut AsyncPgConnection,
    id: TranscriptId,
    times: u32,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let Some(row) = transcript::get_locked(conn, id).await? else { return Ok(false) };
    let states = stage::list(conn, id).await?;
    let tried = again::tried(conn, &[id]).await?.remove(&id);
    let before = |at: Option<DateTime<Utc>>| at.is_none_or(|at| at < slot(now));
    let due = before(tried.as_ref().map(|tried| tried.tried_at)) && before(failed_at(&states));
    let outlook = Outlook::of(&row, &states, tried.as_ref(), times, now);
    let (true, Outlook::Again { tried }) = (due, outlook) else { return Ok(false) };
    let Some(restart) = reprocess(conn, id, None).await? else { return Ok(false) };
    let tries = i32::try_from(tried).unwrap_or(i32::MAX).saturating_add(1);
    again::note(conn, &Tried { transcript_id: id, run: restart.run, tries, tried_at: now }).await?;
    audit::note(conn, Actor::program(), Action::Process, Thing::Transcript(id), now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Stage;

    fn failed(why: &str) -> StageState {
        let error_remark = Some(json!({ "id": why }));
        StageState { status: StageStatus::Failed, error_remark, ..StageState::waiting(Stage::Title, 1) }
    }

    #[test]
    fn five_o_clock_comes_once_a_day() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, wanted) in [
            ("2026-03-01T04:59:59Z", "2026-02-28T05:00:00Z"),
            ("2026-03-01T05:00:00Z", "2026-03-01T05:00:00Z"),
            ("2026-03-01T23:00:00Z", "2026-03-01T05:00:00Z"),
        ] {
            assert_eq!(slot(at(now)), at(wanted), "{now}");
        }
    }

    #[test]
    fn what_may_pass_is_all_that_failed_while_nothing_is_at_work() {
        let done = StageState { status: StageStatus::Done, ..StageState::waiting(Stage::Ingest, 1) };
        let queued = StageState { status: StageStatus::Queued, ..done.clone() };
        let unknown = StageState { error_remark: None, ..failed("why-tried") };
        for (states, wanted) in [
            (vec![done.clone()], false),
            (vec![done.clone(), failed("why-tried")], true),
            (vec![done, failed("why-storage-full"), failed("why-no-audio")], false),
            (vec![failed("why-tried"), queued], false),
            (vec![failed("why-gave-up")], false),
            (vec![unknown], false),
        ] {
            assert_eq!(may_pass(&states), wanted, "{states:?}");
        }
    }

    #[test]
    fn every_reason_has_its_words() {
        for why in PASSING {
            let text: crate::catalogue::Remark = serde_json::from_value(json!({ "id": why })).unwrap();
            assert_ne!(text.to_string(), why);
        }
    }
}
