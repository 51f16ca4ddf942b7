//! How much people keep: recordings as they were uploaded, and the sound that was made of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::ids::UserId;

/// What one person keeps; or nobody's.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Used {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub user_id: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub email: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub transcripts: i64,
    /// Of these, in the trash.
    #[diesel(sql_type = BigInt)]
    pub trashed: i64,
    /// Length of all recordings.
    #[diesel(sql_type = Double)]
    pub seconds: f64,
    /// Bytes, as uploaded.
    #[diesel(sql_type = BigInt)]
    pub uploaded: i64,
    /// Bytes of the decoded sound and of what is played, as their formats have it: an mp3 of 64 kbit/s, and 16,000 samples of two
    /// bytes a second for the mix and for each channel of its own.
    #[diesel(sql_type = BigInt)]
    pub decoded: i64,
    /// Bytes of both, in the trash.
    #[diesel(sql_type = BigInt)]
    pub in_trash: i64,
}

/// The most people that are listed.
const MOST: i64 = 200;

/// Whoever keeps something, most first; with `of` that person alone.
///
/// # Errors
/// Those of the database.
pub async fn used(conn: &mut AsyncPgConnection, of: Option<UserId>) -> QueryResult<Vec<Used>> {
    diesel::sql_query(
        "SELECT k.user_id, u.email, count(*) AS transcripts, count(*) FILTER (WHERE k.trashed) AS trashed,
                coalesce(sum(k.seconds), 0)::float8 AS seconds, coalesce(sum(k.uploaded), 0)::bigint AS uploaded,
                coalesce(sum(k.decoded), 0)::bigint AS decoded,
                coalesce(sum(k.uploaded + k.decoded) FILTER (WHERE k.trashed), 0)::bigint AS in_trash
         FROM (
             SELECT t.user_id, t.deleted_at IS NOT NULL AS trashed, t.duration / 1000 AS seconds,
                    coalesce(p.bytes, 0) AS uploaded,
                    CASE WHEN t.audio_deleted THEN 0
                         ELSE t.duration / 1000 * (8000 + 32000 * (1 + CASE WHEN t.channels > 1 THEN t.channels ELSE 0 END))
                    END AS decoded
             FROM transcript t LEFT JOIN (
                 SELECT r.transcript_id, sum(p.size) AS bytes FROM recording r JOIN upload_part p ON p.recording_id = r.id
                 WHERE r.deleted_at IS NULL GROUP BY r.transcript_id
             ) p ON p.transcript_id = t.id
             WHERE $1::uuid IS NULL OR t.user_id = $1
         ) k LEFT JOIN app_user u ON u.id = k.user_id
         GROUP BY k.user_id, u.email ORDER BY sum(k.uploaded) + sum(k.decoded) DESC, u.email LIMIT $2",
    )
    .bind::<Nullable<SqlUuid>, _>(of)
    .bind::<BigInt, _>(MOST)
    .load(conn)
    .await
}
