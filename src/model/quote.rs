//! Quotes: a few seconds of a recording behind a link of their own.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::schema::quote;
use crate::ids::{QuoteId, TranscriptId};

/// A quote. Times are seconds.
#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = quote)]
pub struct Quote {
    pub id: QuoteId,
    pub transcript_id: TranscriptId,
    token_hash: String,
    pub start: f64,
    pub end: f64,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl Quote {
    /// One of `transcript` from `start` to `end`, behind a link with this hash.
    pub fn new(
        transcript: TranscriptId,
        (start, end): (f64, f64),
        token_hash: String,
        created_at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self { id: QuoteId::new(), transcript_id: transcript, token_hash, start, end, created_at, expires_at }
    }
}

/// Notes a quote; as it is kept.
///
/// # Errors
/// Those of the database.
pub async fn create(conn: &mut AsyncPgConnection, new: &Quote) -> QueryResult<Quote> {
    diesel::insert_into(quote::table).values(new).returning(Quote::as_returning()).get_result(conn).await
}

/// The quote behind a link with this hash, if it has not ended.
///
/// # Errors
/// Those of the database.
pub async fn find(
    conn: &mut AsyncPgConnection,
    token_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Quote>> {
    Quote::query()
        .filter(quote::token_hash.eq(token_hash).and(quote::expires_at.gt(now)))
        .first(conn)
        .await
        .optional()
}

/// A transcript's quotes that have not ended, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Quote>> {
    Quote::query()
        .filter(quote::transcript_id.eq(transcript).and(quote::expires_at.gt(now)))
        .order((quote::created_at.desc(), quote::id.desc()))
        .load(conn)
        .await
}

/// Takes a quote back; false if the transcript has no such one.
///
/// # Errors
/// Those of the database.
pub async fn revoke(
    conn: &mut AsyncPgConnection,
    transcript: TranscriptId,
    id: QuoteId,
) -> QueryResult<bool> {
    let this = quote::table.find(id).filter(quote::transcript_id.eq(transcript));
    diesel::delete(this).execute(conn).await.map(|rows| rows == 1)
}

/// Forgets those that ended before `before`.
///
/// # Errors
/// Those of the database.
pub async fn forget(conn: &mut AsyncPgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(quote::table.filter(quote::expires_at.lt(before))).execute(conn).await
}
