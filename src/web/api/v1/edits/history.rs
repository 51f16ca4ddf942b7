//! `GET …/edits`: what was changed, by whom, and whether it counts.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shapes::EditOut;
use crate::app::App;
use crate::ids::{TranscriptId, UserId};
use crate::model::edit::{Desk, Edit, Standing};
use crate::model::user;
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::{ApiPath, ApiQuery};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Changes of one answer.
const LIMIT_MAX: usize = 100;

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct HistoryQuery {
    /// Only older ones than this.
    before: Option<i32>,
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: usize,
}

fn fifty() -> usize {
    50
}

/// What was changed, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct HistoryOut {
    revision: String,
    can_undo: bool,
    can_redo: bool,
    /// How many there are.
    total: usize,
    edits: Vec<EditOut>,
}

/// What was changed, by whom, and whether it counts
///
/// It tells words that were taken away, so it is for those who may change the text.
#[utoipa::path(get, path = "/transcripts/{id}/edits", operation_id = "list_edits", tag = "text",
    params(("id" = TranscriptId, Path), HistoryQuery),
    responses((status = 200, body = HistoryOut), Fails<403>, Fails<409>))]
pub(in crate::web) async fn history(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<HistoryQuery>,
) -> Result<Json<HistoryOut>, ApiError> {
    within("limit", query.limit, 1..=LIMIT_MAX)?;
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read && may.write).await?;
    let desk = super::desk(&mut conn, id).await?;
    let older = |edit: &Edit| query.before.is_none_or(|before| edit.revision < before);
    let mut edits = entries(&desk, older, query.limit);
    let by: Vec<UserId> = edits.iter().filter_map(|edit| edit.user_id).collect();
    let names = user::names(&mut conn, &by).await?;
    drop(conn);
    for edit in &mut edits {
        edit.user_name = edit.user_id.and_then(|id| names.get(&id).cloned());
    }
    let standing = Standing::of(&desk.log);
    Ok(Json(HistoryOut {
        revision: desk.revision().to_string(),
        can_undo: !standing.applied.is_empty(),
        can_redo: !standing.undone.is_empty(),
        total: desk.log.len(),
        edits,
    }))
}

/// Changes that are meant, the newest first.
pub(super) fn entries(desk: &Desk, meant: impl Fn(&Edit) -> bool, limit: usize) -> Vec<EditOut> {
    let (_, outcomes) = desk.replayed();
    let wanted = desk.log.iter().enumerate().rev().filter(|(_, edit)| meant(edit)).take(limit);
    wanted.map(|(number, edit)| EditOut::new(edit, outcomes.get(&number).copied())).collect()
}
