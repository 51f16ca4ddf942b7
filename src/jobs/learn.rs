//! What search does not know yet.

use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::db::Pool;
use crate::model::{search, transcript};

/// Transcripts that are looked up at once.
const SOME: i64 = 100;

/// Lets search know the transcripts that are older than it; how many there were. Each is a transaction of its own, and one
/// that another worker has just done is done again, which is harmless. One that fails keeps no other back.
///
/// # Errors
/// The database can't be asked which they are; what was done until then stays.
pub async fn learn(pool: &Pool) -> anyhow::Result<usize> {
    let mut pooled = pool.get().await?;
    let conn: &mut AsyncPgConnection = &mut pooled;
    let (mut learned, mut before) = (0, None);
    loop {
        let some = search::unknown(conn, before, SOME).await?;
        let Some(last) = some.last() else { return Ok(learned) };
        before = Some(*last);
        for id in some {
            let done = conn
                .transaction(async |conn| -> diesel::QueryResult<()> {
                    if transcript::get_locked(conn, id).await?.is_some() {
                        search::refresh_words(conn, id).await?;
                    }
                    Ok(())
                })
                .await;
            match done {
                Ok(()) => learned += 1,
                Err(error) => tracing::warn!(%error, transcript.id = %id, "search can't know a transcript"),
            }
        }
    }
}
