use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{StageState, StageStatus};
use crate::db::schema::{app_user, stage_state, transcript};
use crate::model::transcript::Transcript;

/// A stage that has failed for good, and whose it is.
#[derive(Clone, Debug)]
pub struct Failed {
    pub transcript: Transcript,
    /// The owner's address; `None`: nobody's, or one without an address.
    pub email: Option<String>,
    pub state: StageState,
}

/// What has failed for good, of everything that is not in the trash, the last first; and how much that is.
///
/// # Errors
/// Those of the database.
pub async fn failed(
    conn: &mut AsyncPgConnection,
    limit: i64,
    offset: i64,
) -> QueryResult<(Vec<Failed>, i64)> {
    let of = stage_state::table
        .inner_join(transcript::table.on(transcript::id.eq(stage_state::transcript_id)))
        .left_join(app_user::table.on(transcript::user_id.eq(app_user::id.nullable())))
        .filter(stage_state::status.eq(StageStatus::Failed))
        .filter(transcript::deleted_at.is_null());
    let total = of.count().get_result(conn).await?;
    let rows: Vec<(StageState, Transcript, Option<String>)> = of
        .select((StageState::as_select(), Transcript::as_select(), app_user::email.nullable()))
        .order((stage_state::finished_at.desc().nulls_last(), transcript::id.desc()))
        .limit(limit)
        .offset(offset)
        .load(conn)
        .await?;
    let failed = |(state, transcript, email)| Failed { transcript, email, state };
    Ok((rows.into_iter().map(failed).collect(), total))
}
