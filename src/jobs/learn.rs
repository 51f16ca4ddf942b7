//! What search does not know yet.

use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::db::Pool;
use crate::model::{search, transcript};

/// Transcripts that are looked up at once.
const SOME: i64 = 100;

/// Lets search know the transcripts that are older than it; how many there were. Each is a transaction of its own, and one
/// that another worker has just done is done again, which is harmless.
///
/// # Errors
/// The database's; what was done until then stays.
pub async fn learn(pool: &Pool) -> anyhow::Result<usize> {
    let mut pooled = pool.get().await?;
    let conn: &mut AsyncPgConnection = &mut pooled;
    let mut learned = 0;
    loop {
        let some = search::unknown(conn, SOME).await?;
        if some.is_empty() {
            return Ok(learned);
        }
        for id in some {
            conn.transaction(async |conn| -> diesel::QueryResult<()> {
                if transcript::get_locked(conn, id).await?.is_some() {
                    search::refresh_words(conn, id).await?;
                }
                Ok(())
            })
            .await?;
            learned += 1;
        }
    }
}
