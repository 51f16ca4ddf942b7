//! `…/versions` and `…/compare`: what the machine heard each time, which of it is shown, and what differs.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tell;
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{Desk, Difference, Layer, Revision, compare as differences};
use crate::model::output;
use crate::model::stage::Stage;
use crate::web::api::document::Fails;
use crate::web::api::v1::{Done, ok};
use crate::web::extract::{ApiPath, ApiQuery};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Differences of one answer.
const SHOWN: usize = 500;

/// What the machine heard, each time that it listened; the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct VersionsOut {
    /// Of the text that is shown.
    revision: String,
    versions: Vec<VersionOut>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct VersionOut {
    /// From 1: the first number of a revision.
    version: i32,
    /// It is the one that is shown.
    current: bool,
    /// Which model.
    method: String,
    language: Option<String>,
    created_at: DateTime<Utc>,
}

/// Versions of the machine's text
#[utoipa::path(get, path = "/transcripts/{id}/versions", operation_id = "list_versions", tag = "text",
    params(("id" = TranscriptId, Path)), responses((status = 200, body = VersionsOut), Fails<403>, Fails<409>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
) -> Result<Json<VersionsOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read && may.write).await?;
    let desk = super::desk(&mut conn, id).await?;
    let made = output::versions(&conn, id, Stage::Assemble).await?;
    let versions = made.into_iter().filter(|one| one.complete).map(|one| VersionOut {
        version: one.version,
        current: one.id == desk.output.id,
        method: one.method,
        language: one.language,
        created_at: one.created_at,
    });
    Ok(Json(VersionsOut { revision: desk.revision().to_string(), versions: versions.collect() }))
}

/// Shows another version of the machine's text
///
/// With what people changed, where its words are the same. What was made from the other one (topics, summary) stays until it is made
/// anew.
#[utoipa::path(post, path = "/transcripts/{id}/versions/{version}/restore", operation_id = "restore_version", tag = "text",
    params(("id" = TranscriptId, Path), ("version" = i32, Path)),
    responses((status = 200, body = Done), Fails<400>, Fails<409>))]
pub(in crate::web) async fn restore(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath((id, version)): ApiPath<(TranscriptId, i32)>,
) -> Result<Json<Done>, ApiError> {
    let mut conn = read::connect(&app).await?;
    let restored: Result<bool, Error> = conn
        .transaction(async |conn| {
            read::held(conn, viewer, id, |may| may.read && may.write).await?;
            Ok(output::restore(conn, id, Stage::Assemble, version).await?)
        })
        .await;
    if !restored? {
        return Err(Error::NotFound("Version").into());
    }
    tell(&app, &mut conn, id).await?;
    Ok(ok())
}

/// Which two states of the text.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct CompareQuery {
    /// A revision; left out: what the machine heard, as it is shown.
    #[param(pattern = r"^[0-9]+\.[0-9]+$")]
    from: Option<String>,
    /// A revision; left out: the text as it is now.
    #[param(pattern = r"^[0-9]+\.[0-9]+$")]
    to: Option<String>,
}

/// What differs.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct CompareOut {
    from: String,
    to: String,
    total: usize,
    /// The first 500, in order of the text.
    differences: Vec<DifferenceOut>,
}

/// A place where two states differ.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct DifferenceOut {
    start: f64,
    before: String,
    after: String,
    /// Only who says it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    speakers: Option<SpeakersOut>,
}

/// Who says it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct SpeakersOut {
    before: Option<i32>,
    after: Option<i32>,
}

impl From<Difference> for DifferenceOut {
    fn from(one: Difference) -> Self {
        let speakers = one.speakers.map(|(before, after)| SpeakersOut { before, after });
        Self { start: one.start, before: one.before, after: one.after, speakers }
    }
}

/// Compares two states of the text
///
/// It tells words that were taken away, so it is for those who may change the text.
#[utoipa::path(get, path = "/transcripts/{id}/compare", operation_id = "compare_text", tag = "text",
    params(("id" = TranscriptId, Path), CompareQuery),
    responses((status = 200, body = CompareOut), Fails<403>, Fails<409>))]
pub(in crate::web) async fn compare(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<CompareQuery>,
) -> Result<Json<CompareOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read && may.write).await?;
    let desk = super::desk(&mut conn, id).await?;
    let now = desk.revision();
    let from = revision("from", query.from.as_deref())?.unwrap_or(Revision { edit: 0, ..now });
    let to = revision("to", query.to.as_deref())?.unwrap_or(now);
    let before = state(&mut conn, &desk, "from", from).await?;
    let after = state(&mut conn, &desk, "to", to).await?;
    drop(conn);
    let all = differences(&before, &after);
    Ok(Json(CompareOut {
        from: from.to_string(),
        to: to.to_string(),
        total: all.len(),
        differences: all.into_iter().take(SHOWN).map(DifferenceOut::from).collect(),
    }))
}

fn revision(field: &'static str, text: Option<&str>) -> Result<Option<Revision>, Error> {
    let read = |text: &str| {
        text.parse().map_err(|()| Error::Invalid { field, message: "is no revision, as 3.12".into() })
    };
    text.map(read).transpose()
}

async fn state(
    conn: &mut diesel_async::AsyncPgConnection,
    desk: &Desk,
    field: &'static str,
    of: Revision,
) -> Result<Layer, Error> {
    let unknown = || Error::Invalid { field, message: "is none of this transcript's".into() };
    desk.layer_of(conn, of).await?.ok_or_else(unknown)
}
