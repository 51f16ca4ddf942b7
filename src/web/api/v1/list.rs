//! `GET /v1/transcripts`: a page of them.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shapes::TranscriptOut;
use crate::app::App;
use crate::error::Error;
use crate::ids::RoomId;
use crate::model::transcript::{self, Filter, ListOrder, PAGE_SIZE_MAX};
use crate::model::{SourceKind, Status};
use crate::web::api::v1::within;
use crate::web::extract::ApiQuery;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Longest text to look for, in characters.
const MAX_ASKED: usize = 500;

/// What to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ListQuery {
    source_kind: Option<SourceKind>,
    room_id: Option<RoomId>,
    /// In title or name, in any case.
    #[param(max_length = 500)]
    search_term: Option<String>,
    /// Standing there: one status, or several with commas between. Ours
    #[param(max_length = 100, example = "uploaded,processing")]
    status: Option<String>,
    /// Only what changed after this number; with `sort_by=change_seq` in that order.
    change_seq_from: Option<i64>,
    sort_by: Option<SortBy>,
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<i64>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    size: Option<i64>,
}

/// In which order: the newest first, or what changed first; and, ours, the oldest, longest or shortest first, or by title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SortBy {
    CreatedAt,
    ChangeSeq,
    Oldest,
    Longest,
    Shortest,
    Title,
}

/// Statuses by their names.
///
/// # Errors
/// One of them is none.
fn statuses(names: &str) -> Result<Vec<Status>, Error> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let status = |name: &str| name.parse().map_err(|message| Error::Invalid { field: "status", message });
    names.map(status).collect()
}

/// The ancestor's envelope of a page.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct PageOut<T> {
    pub items: Vec<T>,
    pub total: i64,
    pub page: i64,
    pub size: i64,
    pub pages: i64,
}

impl<T> PageOut<T> {
    pub fn new(items: Vec<T>, total: i64, page: i64, size: i64) -> Self {
        Self { items, total, page, size, pages: total.div_euclid(size) + i64::from(total % size != 0) }
    }
}

/// Which page, and how many on it.
///
/// # Errors
/// One of them is out of bounds.
pub(in crate::web) fn paged(page: Option<i64>, size: Option<i64>) -> Result<(i64, i64), Error> {
    let (page, size) = (page.unwrap_or(1), size.unwrap_or(50));
    if page < 1 {
        return Err(Error::Invalid { field: "page", message: "must be at least 1".into() });
    }
    Ok((page, within("size", size, 1..=PAGE_SIZE_MAX)?))
}

/// What somebody looks for.
///
/// # Errors
/// It is too long.
pub(in crate::web) fn asked(field: &'static str, text: String) -> Result<String, Error> {
    // PostgreSQL's texts can't hold a zero.
    let text = text.replace('\0', " ");
    if text.chars().count() > MAX_ASKED {
        return Err(Error::Invalid { field, message: format!("has more than {MAX_ASKED} characters") });
    }
    Ok(text)
}

/// Transcripts, newest first
#[utoipa::path(get, path = "/transcripts", operation_id = "list_transcripts", tag = "transcripts", params(ListQuery),
    responses((status = 200, body = PageOut<TranscriptOut>)))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Result<Json<PageOut<TranscriptOut>>, ApiError> {
    let (page, size) = paged(query.page, query.size)?;
    let search_term = query.search_term.map(|term| asked("search_term", term)).transpose()?;
    let order = match query.sort_by {
        None | Some(SortBy::CreatedAt) => ListOrder::Newest,
        Some(SortBy::ChangeSeq) => ListOrder::Change,
        Some(SortBy::Oldest) => ListOrder::Oldest,
        Some(SortBy::Longest) => ListOrder::Longest,
        Some(SortBy::Shortest) => ListOrder::Shortest,
        Some(SortBy::Title) => ListOrder::Title,
    };
    let statuses = statuses(query.status.as_deref().unwrap_or_default())?;
    let filter = Filter {
        viewer,
        source_kind: query.source_kind,
        room_id: query.room_id,
        search_term,
        statuses,
        change_seq_from: query.change_seq_from,
        order,
        page,
        size,
    };
    let mut conn = read::connect(&app).await?;
    let found = transcript::list(&mut conn, &filter).await?;
    Ok(Json(PageOut::new(found.items.into_iter().map(Into::into).collect(), found.total, page, size)))
}
