//! `GET …/find`: where something is said.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::whole::pattern;
use crate::app::App;
use crate::ids::TranscriptId;
use crate::model::edit::Found;
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::{ApiPath, ApiQuery};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Places of one answer.
const LIMIT_MAX: usize = 1000;

/// What to find.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct FindQuery {
    #[serde(default)]
    #[param(min_length = 1, max_length = 500)]
    q: String,
    #[serde(default)]
    case_sensitive: bool,
    #[serde(default)]
    whole_words: bool,
    #[serde(default = "most")]
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: usize,
}

fn most() -> usize {
    LIMIT_MAX
}

/// What was found, in order of the text.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct FoundOut {
    /// To be named by who replaces it.
    revision: String,
    total: usize,
    places: Vec<FoundPlaceOut>,
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct FoundPlaceOut {
    segment: usize,
    /// When its first word begins and its last one ends, in seconds.
    start: f64,
    end: f64,
    speaker: Option<i32>,
    before: String,
    text: String,
    after: String,
}

impl From<Found> for FoundPlaceOut {
    fn from(found: Found) -> Self {
        let Found { segment, start, end, speaker, before, text, after } = found;
        Self { segment, start, end, speaker, before, text, after }
    }
}

/// Finds text
///
/// Within each segment, also across its words: what `edits/replace` would replace, in the same order.
#[utoipa::path(get, path = "/transcripts/{id}/find", operation_id = "find_text", tag = "text",
    params(("id" = TranscriptId, Path), FindQuery), responses((status = 200, body = FoundOut), Fails<409>))]
pub(in crate::web) async fn find(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<FindQuery>,
) -> Result<Json<FoundOut>, ApiError> {
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read).await?;
    within("limit", query.limit, 1..=LIMIT_MAX)?;
    let find = pattern("q", &query.q, query.case_sensitive, query.whole_words)?;
    let desk = super::desk(&mut conn, id).await?;
    drop(conn);
    let places = desk.layer().find_all(&find, query.limit);
    Ok(Json(FoundOut {
        revision: desk.revision().to_string(),
        total: places.total,
        places: places.found.into_iter().map(FoundPlaceOut::from).collect(),
    }))
}
