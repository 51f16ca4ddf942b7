//! `GET /v1/audit`: who did what with which transcript, and which room.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::{PageOut, paged};
use crate::app::App;
use crate::error::Error;
use crate::ids::{ApiKeyId, AuditId, RoomId, TranscriptId, UserId};
use crate::model::audit::{self, Action, Entry, Filter};
use crate::policy;
use crate::web::api::document::Fails;
use crate::web::extract::ApiQuery;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct AuditQuery {
    transcript_id: Option<TranscriptId>,
    room_id: Option<RoomId>,
    action: Option<Action>,
    /// Then or later, and before `to`.
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    size: Option<i64>,
}

/// What somebody did with a transcript.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct AuditOut {
    id: AuditId,
    at: DateTime<Utc>,
    action: Action,
    transcript_id: Option<TranscriptId>,
    room_id: Option<RoomId>,
    user_id: Option<UserId>,
    /// An account's address, `visitor`, `anybody` where nobody logs in, or `reflector` for what it did by itself.
    who: String,
    key_id: Option<ApiKeyId>,
    /// From where, as far as proxies can be believed.
    address: String,
}

impl From<Entry> for AuditOut {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, action, transcript_id, room_id, user_id, who, key_id, address, .. } = entry;
        Self { id, at, action, transcript_id, room_id, user_id, who, key_id, address }
    }
}

/// Who did what with which transcript, newest first
///
/// An owner sees what happened to theirs, an administrator everything; for others there is no such thing.
#[utoipa::path(get, path = "/audit", operation_id = "list_audit", tag = "account", params(AuditQuery),
    responses((status = 200, body = PageOut<AuditOut>), Fails<404>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiQuery(query): ApiQuery<AuditQuery>,
) -> Result<Json<PageOut<AuditOut>>, ApiError> {
    let trail = policy::trail(viewer).ok_or(Error::NotFound("Audit log"))?;
    let (page, size) = paged(query.page, query.size)?;
    let AuditQuery { transcript_id, room_id, action, from, to, .. } = query;
    let filter = Filter { trail, transcript_id, room_id, action, who: None, from, to, page, size };
    let mut conn = read::connect(&app).await?;
    let (rows, total) = audit::list(&mut conn, &filter).await?;
    Ok(Json(PageOut::new(rows.into_iter().map(Into::into).collect(), total, page, size)))
}
