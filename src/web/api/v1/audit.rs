//! `GET /v1/audit`: who did what with which transcript, and which room.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::list::{PageOut, paged};
use crate::app::App;
use crate::error::Error;
use crate::ids::{ApiKeyId, AuditId, RoomId, TranscriptId, UserId};
use crate::model::audit::{self, Action, Entry, Filter};
use crate::policy;
use crate::web::extract::ApiQuery;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Which entries.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct AuditQuery {
    transcript_id: Option<TranscriptId>,
    room_id: Option<RoomId>,
    action: Option<Action>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    page: Option<i64>,
    size: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(in crate::web) struct AuditOut {
    id: AuditId,
    at: DateTime<Utc>,
    action: Action,
    transcript_id: Option<TranscriptId>,
    room_id: Option<RoomId>,
    user_id: Option<UserId>,
    who: String,
    key_id: Option<ApiKeyId>,
    address: String,
}

impl From<Entry> for AuditOut {
    fn from(entry: Entry) -> Self {
        let Entry { id, at, action, transcript_id, room_id, user_id, who, key_id, address, .. } = entry;
        Self { id, at, action, transcript_id, room_id, user_id, who, key_id, address }
    }
}

pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiQuery(query): ApiQuery<AuditQuery>,
) -> Result<Json<PageOut<AuditOut>>, ApiError> {
    let trail = policy::trail(viewer).ok_or(Error::NotFound("Audit log"))?;
    let (page, size) = paged(query.page, query.size)?;
    let AuditQuery { transcript_id, room_id, action, from, to, .. } = query;
    let filter = Filter { trail, transcript_id, room_id, action, from, to, page, size };
    let mut conn = read::connect(&app).await?;
    let (rows, total) = audit::list(&mut conn, &filter).await?;
    Ok(Json(PageOut::new(rows.into_iter().map(Into::into).collect(), total, page, size)))
}
