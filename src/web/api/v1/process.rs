//! `POST …/process`: run again, from a stage on or from what failed.

use axum::Json;
use axum::extract::State;
use diesel_async::AsyncConnection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::jobs;
use crate::model::stage::{self, Restart, Stage, StageStatus};
use crate::model::transcript;
use crate::policy::Viewer;
use crate::web::api::document::Fails;
use crate::web::extract::{ApiPath, ApiQuery, OptionalJson};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Where to start; from what failed, or else the beginning, if left out.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[schema(as = ProcessFrom)]
pub(in crate::web) struct From {
    #[param(value_type = Option<Stage>)]
    #[schema(value_type = Option<Stage>)]
    from: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) enum Again {
    #[serde(rename = "ok")]
    Started,
    #[serde(rename = "already running")]
    Running,
}

/// What came of it, as an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct AgainOut {
    status: Again,
}

/// Runs again, from what failed, else from the beginning, or from a stage
///
/// What is shown stays until the new result is complete. The stage stands in the query or in the body.
#[utoipa::path(post, path = "/transcripts/{id}/process", operation_id = "process_transcript", tag = "recording",
    params(("id" = TranscriptId, Path), From), request_body = Option<From>,
    responses((status = 200, body = AgainOut), Fails<400>))]
pub(in crate::web) async fn process(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<From>,
    OptionalJson(body): OptionalJson<From>,
) -> Result<Json<AgainOut>, ApiError> {
    let from = body.and_then(|body| body.from).or(query.from);
    let mut conn = read::connect(&app).await?;
    let status = again(&app, &mut conn, viewer, id, from.as_deref()).await?;
    Ok(Json(AgainOut { status }))
}

/// Starts a new run, unless one is under way.
///
/// # Errors
/// The transcript is not there, is locked or has no recording; there is no such stage, or what it needs is not done.
pub(in crate::web) async fn again(
    app: &App,
    conn: &mut Connection,
    viewer: Viewer,
    id: TranscriptId,
    from: Option<&str>,
) -> Result<Again, Error> {
    let from = from.filter(|name| !name.is_empty()).map(stage_named).transpose()?;
    start(app, conn, id, Some(viewer), from).await
}

/// Tries again what failed, whosever it is: for those who look after the installation, who need not see it for that.
///
/// # Errors
/// The transcript is not there or is locked, or nothing of it has failed.
pub(in crate::web) async fn retry(
    app: &App,
    conn: &mut Connection,
    id: TranscriptId,
) -> Result<Again, Error> {
    let states = stage::list(conn, id).await?;
    if !states.iter().any(|state| state.status == StageStatus::Failed) {
        return Err(Error::Conflict(
            "nothing of this transcript has failed; it may run again already".into(),
        ));
    }
    start(app, conn, id, None, None).await
}

/// For `viewer`, if they may; without one, for whoever looks after the installation.
async fn start(
    app: &App,
    conn: &mut Connection,
    id: TranscriptId,
    viewer: Option<Viewer>,
    from: Option<Stage>,
) -> Result<Again, Error> {
    let restarted: Result<Option<Restart>, Error> = conn
        .transaction(async |conn| {
            let row = match viewer {
                Some(viewer) => read::held(conn, viewer, id, |may| may.process).await?,
                None => transcript::get_locked(conn, id).await?.ok_or(Error::NotFound("Transcript"))?,
            };
            if row.locked {
                return Err(Error::BadRequest("Transcript is locked".into()));
            }
            if row.recording_id.is_none() {
                return Err(Error::BadRequest("Recording is not ready for processing".into()));
            }
            if stage::busy(&stage::list(conn, id).await?) {
                return Ok(None);
            }
            match jobs::reprocess(conn, id, from).await? {
                Some(restart) => Ok(Some(restart)),
                None => Err(Error::BadRequest(
                    "What this stage needs is not done: start from an earlier one".into(),
                )),
            }
        })
        .await;
    if restarted?.is_none() {
        return Ok(Again::Running);
    }
    jobs::tell(conn, app.bus(), id).await;
    Ok(Again::Started)
}

fn stage_named(name: &str) -> Result<Stage, Error> {
    name.parse().map_err(|message| Error::Invalid { field: "from", message })
}
