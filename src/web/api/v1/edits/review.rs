//! `…/doubts`: the words that the machine was not sure of, and what a person says of them.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::change::{About, Asked, change, refused};
use super::named::{REVISION, named};
use super::segments::limited;
use super::shapes::{TextConflict, TextOut};
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::edit::{DECIDED_MAX, Doubt, Place, Standing, alike};
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::{ApiJson, ApiPath, ApiQuery};
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// Groups of one answer.
const LIMIT_MAX: usize = 200;

/// Which words are doubtful.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct DoubtsQuery {
    /// Words less probable than this.
    #[serde(default = "half")]
    #[param(minimum = 0, maximum = 1, default = 0.5)]
    below: f32,
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: usize,
}

fn half() -> f32 {
    0.5
}

fn fifty() -> usize {
    50
}

/// What is doubtful.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct DoubtsOut {
    /// To be named by who decides.
    revision: String,
    can_undo: bool,
    can_redo: bool,
    /// How many places are doubtful, and how many groups of those alike they make.
    places: usize,
    total: usize,
    /// The first groups, in order of the text.
    groups: Vec<DoubtGroupOut>,
}

/// Places where the same is said: case and punctuation make no difference.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct DoubtGroupOut {
    text: String,
    places: Vec<DoubtOut>,
}

/// A doubtful word, or a few in a row.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct DoubtOut {
    segment: usize,
    /// The first of them, and how many there are.
    word: usize,
    count: usize,
    start: f64,
    end: f64,
    speaker: Option<i32>,
    /// Of the least certain word.
    probability: f32,
    text: String,
    before: String,
    after: String,
}

impl From<Doubt> for DoubtOut {
    fn from(doubt: Doubt) -> Self {
        let Doubt { segment, word, count, start, end, speaker, probability, text, before, after } = doubt;
        Self { segment, word, count, start, end, speaker, probability, text, before, after }
    }
}

/// Words that the machine was not sure of
///
/// Without those that a person wrote, or confirmed.
#[utoipa::path(get, path = "/transcripts/{id}/doubts", operation_id = "list_doubts", tag = "text",
    params(("id" = TranscriptId, Path), DoubtsQuery),
    responses((status = 200, body = DoubtsOut), Fails<403>, Fails<409>))]
pub(in crate::web) async fn list(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    ApiQuery(query): ApiQuery<DoubtsQuery>,
) -> Result<Json<DoubtsOut>, ApiError> {
    within("below", query.below, 0.0..=1.0)?;
    within("limit", query.limit, 1..=LIMIT_MAX)?;
    let mut conn = read::connect(&app).await?;
    read::allowed(&mut conn, viewer, id, |may| may.read && may.write).await?;
    let desk = super::desk(&mut conn, id).await?;
    drop(conn);
    let standing = Standing::of(&desk.log);
    let doubts = desk.layer().doubts(query.below);
    let places = doubts.len();
    let groups = alike(doubts);
    Ok(Json(DoubtsOut {
        revision: desk.revision().to_string(),
        can_undo: !standing.applied.is_empty(),
        can_redo: !standing.undone.is_empty(),
        places,
        total: groups.len(),
        groups: groups
            .into_iter()
            .take(query.limit)
            .map(|group| DoubtGroupOut {
                text: group.text,
                places: group.places.into_iter().map(DoubtOut::from).collect(),
            })
            .collect(),
    }))
}

/// What a person says of doubtful words.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct Decision {
    /// As `If-Match`, without quotation marks.
    #[schema(pattern = r"^[0-9]+\.[0-9]+$")]
    revision: Option<String>,
    /// What is said there; punctuation around it stays where it brings none. An empty one takes the words out; left out: they are right.
    #[schema(max_length = 200)]
    text: Option<String>,
    #[schema(min_items = 1, max_items = 1000)]
    places: Vec<PlaceIn>,
}

/// Words in a row.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web) struct PlaceIn {
    segment: usize,
    word: usize,
    #[serde(default = "one")]
    #[schema(minimum = 1, default = 1)]
    count: usize,
}

fn one() -> usize {
    1
}

/// Says of words that they are right, or what is said there
///
/// In all the places named, as one change that can be undone. What is right is doubtful no longer, also when the recording is heard again.
#[utoipa::path(post, path = "/transcripts/{id}/doubts", operation_id = "settle_doubts", tag = "text",
    params(("id" = TranscriptId, Path), ("If-Match" = Option<String>, Header, pattern = r#"^"[0-9]+\.[0-9]+"$"#, description = REVISION)), request_body = Decision,
    responses((status = 200, body = TextOut, headers(("ETag" = String))), (status = 409, body = TextConflict)))]
pub(in crate::web) async fn settle(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiPath(id): ApiPath<TranscriptId>,
    headers: HeaderMap,
    ApiJson(body): ApiJson<Decision>,
) -> Result<Response, ApiError> {
    let revision = named(&headers, body.revision.as_deref())?;
    let text = body.text.as_deref().map(|text| limited(text, super::segments::WORD_TEXT_MAX)).transpose()?;
    within("places", body.places.len(), 1..=DECIDED_MAX)?;
    let place = |one: &PlaceIn| Place { segment: one.segment, word: one.word, count: one.count };
    let places: Vec<Place> = body.places.iter().map(place).collect();
    if places.iter().any(|one| one.count == 0) {
        return Err(Error::Invalid { field: "count", message: "must be at least 1".into() }.into());
    }
    let asked = Asked { viewer, id, revision, about: About::Everything, yours: None };
    change(&app, asked, move |_, layer, pieces, _| {
        let made = match &text {
            None => layer.confirm(pieces, &places),
            Some(text) => layer.correct(pieces, &places, text),
        };
        Ok((made.map_err(refused)?, None))
    })
    .await
}
