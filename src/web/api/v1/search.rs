//! `GET /v1/transcripts/search`: full text of everything that the viewer's list may show.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::asked;
use super::transcripts::language;
use crate::app::App;
use crate::db::Connection;
use crate::error::Error;
use crate::ids::{RoomId, TranscriptId, UserId};
use crate::model::search::{self, Ask, Found, Hit, LIMIT_MAX, PassageKind, Snippet};
use crate::model::{SourceKind, Status};
use crate::policy::{self, Viewer};
use crate::web::api::document::Fails;
use crate::web::api::v1::within;
use crate::web::extract::ApiQuery;
use crate::web::read;
use crate::web::respond::ApiError;
use crate::web::viewer::Asking;

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct SearchQuery {
    /// Words, all of which must occur; `"in a row"`, `begin*`, `-without`, `one OR other`. Empty lists all.
    #[param(max_length = 500)]
    q: String,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    #[param(minimum = 0, default = 0)]
    offset: Option<i64>,
    room_id: Option<RoomId>,
    source_kind: Option<SourceKind>,
    /// Made then or later, and not after `to`.
    from: Option<DateTime<Utc>>,
    /// Made then or earlier.
    to: Option<DateTime<Utc>>,
    /// Searches the trash instead: for whoever is logged in.
    #[serde(default)]
    include_deleted: bool,
    /// Code of the spoken language, region aside.
    #[param(min_length = 2, max_length = 12, pattern = "^[A-Za-z0-9-]+$")]
    language: Option<String>,
    /// A part of a participant's name: what they say is looked at.
    #[param(max_length = 500)]
    speaker: Option<String>,
}

/// The ancestor's envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct SearchOut {
    results: Vec<ResultOut>,
    total: i64,
    query: String,
    limit: i64,
    offset: i64,
}

/// A transcript that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct ResultOut {
    id: TranscriptId,
    title: Option<String>,
    user_id: Option<UserId>,
    room_id: Option<RoomId>,
    room_name: Option<String>,
    source_kind: SourceKind,
    created_at: DateTime<Utc>,
    status: Status,
    /// 0 to 1.
    rank: f64,
    /// Milliseconds.
    duration: f64,
    search_snippets: Vec<String>,
    /// The same with place and time: ours.
    search_places: Vec<PlaceOut>,
    total_match_count: i64,
    change_seq: i64,
    /// As it is spoken: ours.
    source_language: String,
}

/// A snippet and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct PlaceOut {
    kind: PassageKind,
    /// Seconds: where to listen. 0 for notes, which have no time.
    start: f64,
    speaker: Option<i32>,
    text: String,
    /// What was found in the text: from and to, in characters.
    highlights: Vec<(usize, usize)>,
}

impl From<&Snippet> for PlaceOut {
    fn from(snippet: &Snippet) -> Self {
        let text = &snippet.excerpt.text;
        let characters = |at: usize| text[..at].chars().count();
        let marks = &snippet.excerpt.marks;
        Self {
            kind: snippet.kind,
            start: snippet.start,
            speaker: snippet.speaker,
            text: text.clone(),
            highlights: marks.iter().map(|mark| (characters(mark.start), characters(mark.end))).collect(),
        }
    }
}

impl From<Hit> for ResultOut {
    fn from(hit: Hit) -> Self {
        let row = hit.item.transcript;
        Self {
            id: row.id,
            title: hit.item.title,
            user_id: row.user_id,
            room_id: row.room_id,
            room_name: hit.item.room_name,
            source_kind: row.source_kind,
            created_at: row.created_at,
            status: row.status,
            rank: hit.rank,
            duration: row.duration,
            search_snippets: hit.snippets.iter().map(|snippet| snippet.excerpt.text.clone()).collect(),
            search_places: hit.snippets.iter().map(Into::into).collect(),
            total_match_count: hit.matches,
            change_seq: row.change_seq,
            source_language: row.source_language,
        }
    }
}

/// Full text of titles, names, topics, summaries, notes and words
#[utoipa::path(get, path = "/transcripts/search", operation_id = "search_transcripts", tag = "transcripts",
    params(SearchQuery), responses((status = 200, body = SearchOut), Fails<400>))]
pub(in crate::web) async fn search(
    State(app): State<App>,
    Asking(viewer): Asking,
    ApiQuery(query): ApiQuery<SearchQuery>,
) -> Result<Json<SearchOut>, ApiError> {
    // The trash is what somebody has thrown away: whoever is nobody has none.
    if query.include_deleted && matches!(viewer, Viewer::Visitor { .. }) {
        return Err(Error::Unauthorized.into());
    }
    let (limit, offset) = (query.limit.unwrap_or(20), query.offset.unwrap_or(0));
    within("limit", limit, 1..=LIMIT_MAX)?;
    if offset < 0 {
        return Err(Error::Invalid { field: "offset", message: "must be at least 0".into() }.into());
    }
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from > to
    {
        return Err(Error::BadRequest("'from' must not be after 'to'".into()).into());
    }
    let ask = Ask {
        query: asked("q", query.q)?,
        trash: query.include_deleted,
        source_kind: query.source_kind,
        room_id: query.room_id,
        from: query.from,
        to: query.to,
        language: query.language.map(|code| language("language", code)).transpose()?,
        speaker: query.speaker.map(|name| asked("speaker", name)).transpose()?,
        notes: policy::reads_notes(viewer),
        limit,
        offset,
        ..Ask::new(viewer)
    };
    let mut conn = read::connect(&app).await?;
    let found = visible(&mut conn, &ask).await?;
    Ok(Json(SearchOut {
        results: found.hits.into_iter().map(Into::into).collect(),
        total: found.total,
        query: ask.query,
        limit,
        offset,
    }))
}

/// Searches, and has `policy` look at each transcript before anything of it is shown: the query finds only what the
/// viewer's list may hold, and this stands even where the query is wrong.
///
/// # Errors
/// Those of the database.
pub(in crate::web) async fn visible(conn: &mut Connection, ask: &Ask) -> Result<Found, Error> {
    let mut found = search::search(conn, ask).await?;
    found.hits.retain(|hit| {
        let may = may_see(ask.viewer, hit, ask.trash);
        if !may {
            tracing::error!(transcript.id = %hit.item.transcript.id, "search found what may not be seen");
        }
        may
    });
    Ok(found)
}

fn may_see(viewer: Viewer, hit: &Hit, trash: bool) -> bool {
    let may = policy::capabilities(viewer, (&hit.item.transcript).into());
    if trash { may.restore } else { may.read }
}
