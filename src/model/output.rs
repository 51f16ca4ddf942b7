//! Versions of what stages made. A version is written once; `stage_state.current_output` says which one is shown.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::stage::{self, Attempt, Stage};
use super::{search, transcript};
use crate::db::schema::{output, stage_state};
use crate::ids::{OutputId, TranscriptId};

/// One version of one stage's machine output; what it holds hangs on its id (segments, turns, topics …).
#[derive(Clone, Debug, PartialEq, Eq, HasQuery)]
#[diesel(table_name = output)]
pub struct Output {
    pub id: OutputId,
    pub transcript_id: TranscriptId,
    pub stage: Stage,
    /// From 1.
    pub version: i32,
    /// The run that made it.
    pub run: i32,
    /// Whether all of it is there. An incomplete one is being written, or was given up.
    pub complete: bool,
    /// Which model or method made it.
    pub method: String,
    /// Language of its text, once known.
    pub language: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Opens a new version for an attempt to write into, and removes what an earlier attempt left unfinished.
/// `None` when the attempt is stale: someone else is at it, and this one should stop.
///
/// # Errors
/// Those of the database.
pub async fn open(
    conn: &mut AsyncPgConnection,
    attempt: &Attempt,
    method: &str,
    language: Option<&str>,
) -> QueryResult<Option<OutputId>> {
    use diesel_async::AsyncConnection as _;
    conn.transaction(async |conn| {
        if !stage::is_current_locked(conn, attempt).await? {
            return Ok(None);
        }
        let of_stage = output::transcript_id.eq(attempt.transcript).and(output::stage.eq(attempt.stage));
        diesel::delete(output::table.filter(of_stage).filter(output::complete.eq(false)))
            .execute(conn)
            .await?;
        let newest: Option<i32> =
            output::table.filter(of_stage).select(diesel::dsl::max(output::version)).first(conn).await?;
        let id = OutputId::new();
        diesel::insert_into(output::table)
            .values((
                output::id.eq(id),
                output::transcript_id.eq(attempt.transcript),
                output::stage.eq(attempt.stage),
                output::version.eq(newest.unwrap_or(0) + 1),
                output::run.eq(attempt.run),
                output::method.eq(method),
                output::language.eq(language),
            ))
            .execute(conn)
            .await?;
        Ok(Some(id))
    })
    .await
}

/// Notes the language of a version, for when it is detected on the way.
///
/// # Errors
/// Those of the database.
pub async fn set_language(conn: &mut AsyncPgConnection, id: OutputId, language: &str) -> QueryResult<()> {
    diesel::update(output::table.find(id))
        .set(output::language.eq(Some(language)))
        .execute(conn)
        .await
        .map(|_| ())
}

/// The version with this id.
///
/// # Errors
/// Those of the database.
pub async fn get(conn: &mut AsyncPgConnection, id: OutputId) -> QueryResult<Option<Output>> {
    Output::query().find(id).first(conn).await.optional()
}

/// The version of a stage that is shown: complete, and the newest unless an older one was restored.
///
/// # Errors
/// Those of the database.
pub async fn current(
    conn: &mut AsyncPgConnection,
    transcript_id: TranscriptId,
    stage: Stage,
) -> QueryResult<Option<Output>> {
    output::table
        .inner_join(stage_state::table.on(stage_state::current_output.eq(output::id.nullable())))
        .filter(stage_state::transcript_id.eq(transcript_id).and(stage_state::stage.eq(stage)))
        .select(Output::as_select())
        .first(conn)
        .await
        .optional()
}

/// As [`current`], those of all stages that have one.
///
/// # Errors
/// Those of the database.
pub async fn all_current(
    mut conn: &AsyncPgConnection,
    transcript_id: TranscriptId,
) -> QueryResult<Vec<Output>> {
    output::table
        .inner_join(stage_state::table.on(stage_state::current_output.eq(output::id.nullable())))
        .filter(stage_state::transcript_id.eq(transcript_id))
        .select(Output::as_select())
        .load(&mut conn)
        .await
}

/// All versions of a stage, the newest first.
///
/// # Errors
/// Those of the database.
pub async fn versions(
    mut conn: &AsyncPgConnection,
    transcript_id: TranscriptId,
    stage: Stage,
) -> QueryResult<Vec<Output>> {
    Output::query()
        .filter(output::transcript_id.eq(transcript_id).and(output::stage.eq(stage)))
        .order(output::version.desc())
        .load(&mut conn)
        .await
}

/// Shows an older (or newer) complete version again; false when there is no such version. What was made from the
/// version shown before stays as it is until its stages run again.
///
/// # Errors
/// Those of the database.
pub async fn restore(
    conn: &mut AsyncPgConnection,
    transcript_id: TranscriptId,
    stage: Stage,
    version: i32,
) -> QueryResult<bool> {
    use diesel_async::AsyncConnection as _;
    conn.transaction(async |conn| {
        let wanted: Option<OutputId> = output::table
            .filter(output::transcript_id.eq(transcript_id).and(output::stage.eq(stage)))
            .filter(output::version.eq(version).and(output::complete.eq(true)))
            .select(output::id)
            .first(conn)
            .await
            .optional()?;
        let Some(wanted) = wanted else { return Ok(false) };
        diesel::update(stage_state::table.find((transcript_id, stage)))
            .set(stage_state::current_output.eq(Some(wanted)))
            .execute(conn)
            .await?;
        transcript::touch(conn, transcript_id).await?;
        search::refresh_words(conn, transcript_id).await?;
        Ok(true)
    })
    .await
}

/// The text to show: the assembled one, else what `transcribe` has so far (then `provisional`: no speakers yet, and
/// more may follow). An older assembled version stays in sight until a new run has made its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub output: Output,
    pub provisional: bool,
}

/// Which version of the text to show, if there is any text.
///
/// # Errors
/// Those of the database.
pub async fn shown(conn: &mut AsyncPgConnection, transcript_id: TranscriptId) -> QueryResult<Option<Shown>> {
    let assembled = current(conn, transcript_id, Stage::Assemble).await?;
    shown_beside(conn, transcript_id, assembled).await
}

/// The same, where the assembled one is known.
pub(super) async fn shown_beside(
    conn: &AsyncPgConnection,
    transcript_id: TranscriptId,
    assembled: Option<Output>,
) -> QueryResult<Option<Shown>> {
    if let Some(output) = assembled {
        return Ok(Some(Shown { output, provisional: false }));
    }
    let newest = versions(conn, transcript_id, Stage::Transcribe).await?.into_iter().next();
    Ok(newest.map(|output| Shown { output, provisional: true }))
}
