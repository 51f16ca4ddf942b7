//! What happens to a transcript is told in the order in which it happened, whichever processes it happens in.
//!
//! An event is noted in the transaction that it tells of ([`note`]) and told when that is kept for good ([`tell`]). Whoever goes on
//! with the transcript tells first what is noted: it waits for one that is at it, and does it for one that has died.

use chrono::TimeDelta;
use diesel::QueryResult;
use diesel::result::Error as QueryError;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::environment::Environment;
use crate::bus::{Bus, Event, ROUND};
use crate::clock;
use crate::ids::TranscriptId;
use crate::model::untold;

/// What can't be told for so long is told nobody any more: whoever watches has read everything anew long before, and it holds back what
/// comes after it.
const LONGEST: TimeDelta = TimeDelta::days(1);

/// Notes what is to be told, in the caller's transaction; [`tell`] follows it.
///
/// # Errors
/// Those of the database.
pub(super) async fn note(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    events: &[Event],
) -> QueryResult<()> {
    let texts: Result<Vec<_>, _> = events.iter().map(serde_json::to_string).collect();
    let texts = texts.map_err(|error| QueryError::SerializationError(error.into()))?;
    untold::note(conn, transcript, &texts).await
}

/// Tells those who watch what was noted; true if nothing of it is left. What can't be told now, as it is while Redis is away, is told
/// with what comes next, or by the sweep; some of it twice, if Redis has heard it and could not say so. What can't be told for a day is
/// let go.
pub async fn tell(conn: &mut AsyncPgConnection, bus: &Bus, transcript: TranscriptId) -> bool {
    let told = conn
        .transaction(async |conn| {
            let (mut waiting, mut events, mut done) = (Vec::new(), Vec::new(), Vec::new());
            for one in untold::take(conn, transcript).await? {
                match serde_json::from_str::<Event>(&one.event) {
                    Ok(event) => {
                        events.push(event);
                        waiting.push(one);
                    }
                    Err(error) => {
                        tracing::error!(%transcript, %error, "an event of another version is not told");
                        done.push(one.id);
                    }
                }
            }
            let mut over = bus.publish_all(transcript, &events).await;
            let limit = clock::now() - LONGEST;
            let old = waiting.iter().skip(over).take_while(|one| one.noted_at < limit).count();
            if old > 0 {
                tracing::warn!(%transcript, old, "what happened could not be told for a day, and will not be");
                metrics::counter!("reflector_events_let_go_total").increment(old as u64);
                over += old;
                over += bus.publish_all(transcript, events.get(over..).unwrap_or_default()).await;
            }
            let left = waiting.len().saturating_sub(over);
            if left > 0 {
                tracing::warn!(%transcript, left, "what happened can't be told now");
            }
            done.extend(waiting.iter().take(over).map(|one| one.id));
            if !done.is_empty() {
                untold::told(conn, &done).await?;
            }
            QueryResult::Ok(left == 0)
        })
        .await;
    told.unwrap_or_else(|error| {
        tracing::warn!(%transcript, %error, "what happened can't be told now");
        false
    })
}

/// Tells what others left untold. Where Redis is away it ends with the first: the others would not be told either.
///
/// # Errors
/// Those of the database.
pub async fn tell_left(conn: &mut AsyncPgConnection, bus: &Bus) -> QueryResult<()> {
    for transcript in untold::left(conn).await? {
        if tell(conn, bus, transcript).await {
            continue;
        }
        // It may be one that Redis alone does not take.
        if !matches!(tokio::time::timeout(ROUND, bus.ping()).await, Ok(Ok(()))) {
            tracing::warn!("Redis is away: what was not told waits for the next sweep");
            break;
        }
    }
    Ok(())
}

/// As [`tell`], on a connection of the pool.
pub(super) async fn tell_now(env: &Environment, transcript: TranscriptId) {
    match env.pool.get().await {
        Ok(mut conn) => {
            tell(&mut conn, &env.bus, transcript).await;
        }
        Err(error) => tracing::warn!(%transcript, %error, "what happened can't be told now"),
    }
}
