//! What happens to a transcript is told in the order in which it happened, whichever processes it happens in.
//!
//! An event is noted in the transaction that it tells of ([`note`]) and told when that is kept for good ([`tell`]). Whoever goes on
//! with the transcript tells first what is noted: it waits for one that is at it, and does it for one that has died.

use diesel::QueryResult;
use diesel::result::Error as QueryError;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::environment::Environment;
use crate::bus::{Bus, Event};
use crate::ids::TranscriptId;
use crate::model::untold;

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

/// Tells those who watch what was noted. What can't be told now, as it is while Redis is away, is told with what comes next, or by the
/// sweep; some of it twice, if Redis has heard it and could not say so.
pub async fn tell(conn: &mut AsyncPgConnection, bus: &Bus, transcript: TranscriptId) {
    let told = conn
        .transaction(async |conn| {
            let (mut ids, mut events, mut done) = (Vec::new(), Vec::new(), Vec::new());
            for (id, text) in untold::take(conn, transcript).await? {
                match serde_json::from_str::<Event>(&text) {
                    Ok(event) => {
                        ids.push(id);
                        events.push(event);
                    }
                    Err(error) => {
                        tracing::error!(%transcript, %error, "an event of another version is not told");
                        done.push(id);
                    }
                }
            }
            let told = bus.publish_all(transcript, &events).await;
            let left = ids.split_off(told.min(ids.len())).len();
            if left > 0 {
                tracing::warn!(%transcript, left, "what happened can't be told now");
            }
            done.extend(ids);
            if done.is_empty() { QueryResult::Ok(()) } else { untold::told(conn, &done).await }
        })
        .await;
    if let Err(error) = told {
        tracing::warn!(%transcript, %error, "what happened can't be told now");
    }
}

/// As [`tell`], on a connection of the pool.
pub(super) async fn tell_now(env: &Environment, transcript: TranscriptId) {
    match env.pool.get().await {
        Ok(mut conn) => tell(&mut conn, &env.bus, transcript).await,
        Err(error) => tracing::warn!(%transcript, %error, "what happened can't be told now"),
    }
}
